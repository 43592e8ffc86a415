// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "options.h"
#include "show.h"
#include "table.h"
#include "terminal.h"
#include "top_sample.h"
#include "trace.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WORDS = 96,
    INTERVAL_MAX = 3600,
    PARTS = 3,  // of the screen below the rates, each with a title
    LISTED = 5, // in each of them, where nobody knows how high the screen is
    LISTED_MAX = 20,
};

// -------------------------------------------------------------------- head

static void print_head(const json_t *status)
{
    char version[WORDS], uptime[32], used[24];
    bool ready = show_truth(status, "ready");
    printf("%swebsubd %s%s, up %s, %s%s%s%s\n", colour_begin(COLOUR_STRONG),
           show_text(show_string(status, "version"), version, sizeof version),
           colour_end(COLOUR_STRONG),
           show_duration(show_number(status, "uptime_ms"), uptime),
           colour_begin(ready ? COLOUR_GOOD : COLOUR_BAD),
           ready ? "ready" : "not ready",
           colour_end(ready ? COLOUR_GOOD : COLOUR_BAD),
           show_truth(status, "halted") ? ", all deliveries are paused" : "");
    printf("%" PRId64 " topics, %" PRId64 " subscriptions, %" PRId64
           " lagging, %" PRId64 " of whom wait; %" PRId64
           " pulls held; store %s\n\n",
           show_number(status, "store.topics"),
           show_number(status, "store.subscriptions"),
           show_number(status, "store.lagging"),
           show_number(status, "store.waiting"),
           show_number(status, "pulls.held"),
           show_bytes(show_number(status, "store.used_bytes"), used));
}

static void print_rates(const struct top_sample *before,
                        const struct top_sample *now)
{
    static const struct table_column columns[] = {
        { .title = "WHAT" },
        { .title = "A SECOND", .right = true },
        { .title = "UNDER WAY", .right = true },
        { .title = "QUEUED", .right = true },
    };
    struct table *table = table_new(columns, sizeof columns / sizeof *columns);
    if (!table)
        return;
    for (const struct top_rate *rate = top_rates(); rate->name; rate++) {
        table_text(table, rate->name);
        table_format(table, "%.1f", top_sample_rate(before, now, rate->path));
        if (!rate->in_flight) {
            table_text(table, NULL);
            table_text(table, NULL);
            continue;
        }
        table_number(table, show_number(now->status, rate->in_flight));
        table_number(table, show_number(now->status, rate->queued));
    }
    table_end(table);
}

// ------------------------------------------------------------------- below

// At most `most` of a list, as a new one.
static json_t *cut(const json_t *list, size_t most)
{
    json_t *out = json_array();
    for (size_t i = 0; i < most && i < json_array_size(list); i++)
        json_array_append(out, json_array_get(list, i));
    return out;
}

static void print_origins(const json_t *origins)
{
    static const struct table_column columns[] = {
        { .title = "ORIGIN" },
        { .title = "STATE" },
        { .title = "FAILURES", .right = true },
        { .title = "WAITING", .right = true },
        { .title = "NEXT LOOK (UTC)" },
        { .title = "LAST OUTCOME", .wide = true },
    };
    struct table *table = table_new(columns, sizeof columns / sizeof *columns);
    size_t index;
    const json_t *origin;
    if (!table)
        return;
    json_array_foreach(origins, index, origin)
    {
        table_text(table, show_string(origin, "origin"));
        table_state(table, show_string(origin, "state"));
        table_number(table, show_number(origin, "failures"));
        table_number(table, show_number(origin, "waiting"));
        table_time(table, show_number(origin, "due"));
        table_text(table, show_string(origin, "last_outcome"));
    }
    table_end(table);
    if (json_array_size(origins) == 0)
        puts("no origin is broken, paused or has too much to do");
}

static void print_pulls(const json_t *topics)
{
    static const struct table_column columns[] = {
        { .title = "HELD", .right = true },
        { .title = "PULLED TOPIC", .wide = true },
    };
    struct table *table = table_new(columns, sizeof columns / sizeof *columns);
    size_t index;
    const json_t *topic;
    if (!table)
        return;
    json_array_foreach(topics, index, topic)
    {
        table_number(table, show_number(topic, "held"));
        table_text(table, show_string(topic, "topic"));
    }
    table_end(table);
    if (json_array_size(topics) == 0)
        puts("nobody is held");
}

static void print_traces(const json_t *list)
{
    json_t *answer = json_pack("{s:O}", "traces", list);
    trace_print(answer);
    json_decref(answer);
}

static void print_part(const json_t *whole, const char *member, size_t most,
                       void (*print)(const json_t *list))
{
    json_t *list = cut(json_object_get(whole, member), most);
    putchar('\n');
    print(list);
    json_decref(list);
}

static void print_all(const struct top_sample *before,
                      const struct top_sample *now, size_t most)
{
    print_head(now->status);
    print_rates(before, now);
    print_part(now->origins, "origins", most, print_origins);
    print_part(now->pulls, "topics", most, print_pulls);
    print_part(now->traces, "traces", most, print_traces);
}

// How many rows of each part fit.
static size_t room(void)
{
    size_t taken = 4 + 2 * PARTS + 1, rows = (size_t)terminal_rows();
    for (const struct top_rate *rate = top_rates(); rate->name; rate++)
        taken++;
    size_t most = rows > taken + PARTS ? (rows - taken) / PARTS : 1;
    return most < LISTED_MAX ? most : LISTED_MAX;
}

// ---------------------------------------------------------------- command

static int once(const struct ctl *ctl, int interval_ms)
{
    struct top_sample before, now;
    int code = top_sample_take(ctl, &before);
    if (code != CTL_FINE)
        return code;
    poll(NULL, 0, interval_ms);
    code = top_sample_take(ctl, &now);
    if (code == CTL_FINE && ctl->json) {
        json_t *all = top_sample_json(&before, &now);
        json_dumpf(all, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(all);
    } else if (code == CTL_FINE) {
        print_all(&before, &now, LISTED);
    }
    if (code == CTL_FINE)
        top_sample_clear(&now);
    top_sample_clear(&before);
    return code;
}

static void draw(const struct top_sample *before, const struct top_sample *now)
{
    terminal_clear();
    print_all(before, now, room());
    printf("%sq quits%s", colour_begin(COLOUR_FAINT), colour_end(COLOUR_FAINT));
    fflush(stdout);
}

static int live(const struct ctl *ctl, int interval_ms)
{
    struct top_sample before, now;
    int code = top_sample_take(ctl, &before);
    if (code != CTL_FINE)
        return code;
    if (!terminal_begin()) {
        top_sample_clear(&before);
        return once(ctl, interval_ms);
    }
    draw(&before, &before);
    for (;;) {
        int key = terminal_key(interval_ms);
        if (key == 'q' || key == 'Q' || key < 0)
            break;
        code = top_sample_take(ctl, &now);
        if (code != CTL_FINE)
            break;
        draw(&before, &now);
        top_sample_clear(&before);
        before = now;
    }
    terminal_end();
    top_sample_clear(&before);
    return code;
}

int ctl_top(const struct ctl *ctl, int argc, char *argv[])
{
    const char *interval = "2";
    bool one = false;
    const struct option_value options[] = {
        { .name = "interval", .value = &interval },
        { .name = "once", .on = &one },
    };
    if (!options_read(argc, argv, options, 2, NULL, 0))
        return CTL_USAGE;
    char *rest;
    double seconds = strtod(interval, &rest);
    if (*rest != '\0' || !(seconds >= 0.1) || seconds > INTERVAL_MAX)
        return ctl_usage(argv[0], "--interval is seconds, 0.1 to 3600");
    int interval_ms = (int)(seconds * 1000);
    return one || ctl->json ? once(ctl, interval_ms) : live(ctl, interval_ms);
}
