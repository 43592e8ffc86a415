// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "options.h"
#include "pages.h"
#include "show.h"

#include <inttypes.h>
#include <stdio.h>

enum { WORDS = 80 };

// Of all topics; that of one leaves out the topic.
static const struct table_column columns[] = {
    { .title = "STATE" },
    { .title = "NUMBER", .right = true },
    { .title = "SIGNED", .spare = true },
    { .title = "LEASE LEFT", .right = true, .spare = true },
    { .title = "NEXT TRY (UTC)", .spare = true },
    { .title = "OWED", .spare = true },
    { .title = "LAST OUTCOME", .wide = true },
    { .title = "CALLBACK", .wide = true, .tail = true, .least = 24 },
    { .title = "TOPIC", .wide = true, .least = 20 },
};

enum { COLUMNS = sizeof columns / sizeof *columns };

static const char *owed(const json_t *subscription, char out[WORDS])
{
    int64_t from = show_number(subscription, "owed.from");
    int64_t to = show_number(subscription, "owed.to");
    if (!json_is_object(json_object_get(subscription, "owed")))
        snprintf(out, WORDS, "-");
    else if (to > from)
        snprintf(out, WORDS, "%" PRId64 "..%" PRId64, from, to);
    else
        snprintf(out, WORDS, "%" PRId64, from);
    return out;
}

// The whole URL only if the operator knew it; else what tells it from others.
static void put_callback(struct table *table, const json_t *subscription)
{
    const char *whole = show_string(subscription, "callback");
    if (*whole)
        table_text(table, whole);
    else
        table_format(table, "%s #%s", show_string(subscription, "host"),
                     show_string(subscription, "callback_hash"));
}

static void cells(struct table *table, const json_t *subscription)
{
    char left[32], seqs[WORDS];
    table_state(table, show_string(subscription, "state"));
    table_number(table, show_number(subscription, "id"));
    table_text(table, show_truth(subscription, "signed") ? "yes" : "no");
    table_text(table,
               show_duration(show_number(subscription, "lease_left_ms"), left));
    table_time(table, show_number(subscription, "due"));
    table_text(table, owed(subscription, seqs));
    table_text(table, show_string(subscription, "last_outcome"));
    put_callback(table, subscription);
}

static void cells_with_topic(struct table *table, const json_t *subscription)
{
    cells(table, subscription);
    table_text(table, show_string(subscription, "topic"));
}

static void print_pending(const json_t *page)
{
    size_t index;
    json_t *one;
    json_array_foreach(json_object_get(page, "pending"), index, one)
    {
        char mode[WORDS], when[24], left[32];
        printf("a request to %s of %s waits for its verification, %s more, "
               "tries so far: %" PRId64 "\n",
               show_text(show_string(one, "mode"), mode, sizeof mode),
               show_time(show_number(one, "accepted"), when),
               show_duration(show_number(one, "left_ms"), left),
               show_number(one, "tries"));
    }
}

int ctl_subscriptions(const struct ctl *ctl, int argc, char *argv[])
{
    const char *topic = NULL, *callback = NULL, *state = NULL;
    const char *host = NULL, *origin = NULL;
    const struct option_value options[] = {
        { .name = "topic", .value = &topic },
        { .name = "callback", .value = &callback },
        { .name = "state", .value = &state },
        { .name = "host", .value = &host },
        { .name = "origin", .value = &origin },
    };
    const char **const places[] = { &topic, &callback };
    if (!options_read(argc, argv, options, sizeof options / sizeof *options,
                      places, sizeof places / sizeof *places))
        return CTL_USAGE;
    const struct admin_parameter parameters[] = {
        { "topic", topic }, { "callback", callback }, { "state", state },
        { "host", host },   { "origin", origin },
    };
    return pages_print(
        ctl, &(struct pages){
                 .path = "/admin/subscriptions",
                 .list = "subscriptions",
                 .parameters = parameters,
                 .parameter_count = sizeof parameters / sizeof *parameters,
                 .columns = columns,
                 .column_count = topic ? COLUMNS - 1 : COLUMNS,
                 .cells = topic ? cells : cells_with_topic,
                 .nothing = "no subscriptions",
                 .more = print_pending,
             });
}
