// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "hub/loop.h"
#include "hub/wording.h"
#include "options.h"
#include "pages.h"
#include "show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { URL_BYTES = 2100, WORDS = 96, INDENT = 10 };

// ------------------------------------------------------------------- lines

static void print_names(const json_t *delivery)
{
    char text[URL_BYTES], hash[WORDS];
    const char *whole = show_string(delivery, "callback");
    printf("%-*s%s\n", INDENT,
           show_text(show_string(delivery, "state"), hash, sizeof hash),
           show_text(show_string(delivery, "topic"), text, sizeof text));
    printf("%*sto %s", INDENT, "",
           show_text(*whole ? whole : show_string(delivery, "host"), text,
                     sizeof text));
    printf(
        ", number %" PRId64 ", #%s\n", show_number(delivery, "id"),
        show_text(show_string(delivery, "callback_hash"), hash, sizeof hash));
}

static void print_owed(const json_t *delivery, int64_t now)
{
    char since[WORDING_MAX];
    int64_t from = show_number(delivery, "owed.from");
    int64_t to = show_number(delivery, "owed.to");
    printf("%*s", INDENT, "");
    if (to > from)
        printf("owed updates %" PRId64 " to %" PRId64, from, to);
    else
        printf("owed update %" PRId64, from);
    printf(", %" PRId64 " attempt%s since the newest",
           show_number(delivery, "attempts"),
           show_number(delivery, "attempts") == 1 ? "" : "s");
    if (show_number(delivery, "failing_since") > 0)
        printf(
            ", failing since %s",
            wording_when(show_number(delivery, "failing_since"), now, since));
    putchar('\n');
}

static void print_next(const json_t *delivery, int64_t now)
{
    char when[WORDING_MAX], name[URL_BYTES];
    int64_t due = show_number(delivery, "due");
    printf("%*s", INDENT, "");
    if (show_truth(delivery, "paused"))
        puts("paused by an operator until it is resumed");
    else if (show_truth(delivery, "waits"))
        printf("waits for %s, which is broken, paused, or has much to take: "
               "websubctl origins\n",
               show_text(show_string(delivery, "origin"), name, sizeof name));
    else if (due == 0)
        puts("left alone until the next update, a renewal or a resend");
    else if (due <= now)
        puts("next try now");
    else
        printf("next try %s\n", wording_when(due, now, when));
}

static void print_attempts(const json_t *delivery)
{
    size_t index;
    json_t *one, *last = json_object_get(delivery, "last");
    bool tried = strcmp(show_string(delivery, "state"), "lagging") == 0;
    if (tried && json_array_size(last) == 0)
        printf("%*sno answer yet to the first attempt\n", INDENT, "");
    json_array_foreach(last, index, one)
    {
        char when[24], outcome[WORDS];
        printf("%*s%s  %s, after %" PRId64 " ms\n", INDENT, "",
               show_time(show_number(one, "at"), when),
               show_text(show_string(one, "outcome"), outcome, sizeof outcome),
               show_number(one, "latency_ms"));
    }
}

static void row(const json_t *delivery)
{
    // The daemon is on the same machine.
    int64_t now = loop_now().unix;
    print_names(delivery);
    print_owed(delivery, now);
    print_next(delivery, now);
    print_attempts(delivery);
}

static void summary(const json_t *page, size_t items, bool cut)
{
    int64_t lag = show_number(page, "totals.lagging");
    int64_t wait = show_number(page, "totals.waiting");
    if (items > 0)
        printf("\n%zu shown%s; ", items, cut ? ", there may be more" : "");
    if (lag > 0)
        printf("in all %" PRId64 " lag%s, of whom %" PRId64
               " wait%s for an origin\n",
               lag, lag == 1 ? "s" : "", wait, wait == 1 ? "s" : "");
    else if (items > 0)
        puts("in all nobody lags any more");
    if (show_truth(page, "totals.paused"))
        puts("all deliveries are paused: websubctl resume --all");
}

// ----------------------------------------------------------------- command

// Who has everything may be paused all the same, but lags behind nothing.
static const char *nothing(bool narrowed, bool paused)
{
    if (paused)
        return "nobody of these lags behind; websubctl subscriptions "
               "--state=paused shows also who is paused and owed nothing";
    return narrowed ? "nobody of these lags behind" : "nobody lags behind";
}

int ctl_deliveries(const struct ctl *ctl, int argc, char *argv[])
{
    const char *topic = NULL, *callback = NULL, *origin = NULL;
    bool lagging = false, stopped = false, waiting = false, paused = false;
    const struct option_value options[] = {
        { .name = "topic", .value = &topic },
        { .name = "callback", .value = &callback },
        { .name = "origin", .value = &origin },
        { .name = "lagging", .on = &lagging },
        { .name = "stopped", .on = &stopped },
        { .name = "waiting", .on = &waiting },
        { .name = "paused", .on = &paused },
    };
    const char **const places[] = { &topic, &callback };
    if (!options_read(argc, argv, options, sizeof options / sizeof *options,
                      places, sizeof places / sizeof *places))
        return CTL_USAGE;
    bool narrowed =
        topic || callback || origin || lagging || stopped || waiting;
    const struct admin_parameter parameters[] = {
        { "topic", topic },
        { "callback", callback },
        { "origin", origin },
        { "lagging", lagging ? "1" : NULL },
        { "stopped", stopped ? "1" : NULL },
        { "waiting", waiting ? "1" : NULL },
        { "paused", paused ? "1" : NULL },
    };
    return pages_print(
        ctl, &(struct pages){
                 .path = "/admin/deliveries",
                 .list = "deliveries",
                 .parameters = parameters,
                 .parameter_count = sizeof parameters / sizeof *parameters,
                 .row = row,
                 .nothing = nothing(narrowed, paused),
                 .summary = summary,
             });
}
