// SPDX-License-Identifier: MIT

#include "trace.h"

#include "admin.h"
#include "ctl.h"
#include "options.h"
#include "show.h"
#include "table.h"

#include <inttypes.h>
#include <stdio.h>

enum { URL_BYTES = 2100, WORDS = 96, NAME = 16 };

// --------------------------------------------------------------- one update

static void print_head(const json_t *trace)
{
    char url[URL_BYTES], kind[WORDS], bytes[24];
    const char *topic = show_string(trace, "topic");
    printf("%-*s%s, topic %" PRId64 "\n", NAME, "topic",
           show_text(*topic ? topic : "removed", url, sizeof url),
           show_number(trace, "topic_id"));
    printf("%-*sseq %" PRId64 ", number %" PRId64 ", %s, %s\n", NAME, "update",
           show_number(trace, "seq"), show_number(trace, "number"),
           show_text(show_string(trace, "kind"), kind, sizeof kind),
           show_bytes(show_number(trace, "bytes"), bytes));
}

// What did not happen, or is not known any more, has no line.
static int64_t print_step(const json_t *trace, const char *member,
                          const char *name, int64_t began)
{
    char when[24];
    int64_t at = show_number(trace, member);
    if (at == 0)
        return began;
    if (began == 0)
        printf("%-*s%s.%03d UTC\n", NAME, name, show_time(at, when),
               (int)(at % 1000));
    else
        printf("%-*s+%" PRId64 " ms\n", NAME, name,
               at > began ? at - began : 0);
    return began ? began : at;
}

static void print_steps(const json_t *trace)
{
    static const char *const steps[][2] = {
        { "pinged", "pinged" },
        { "fetch_began", "fetch began" },
        { "fetched", "fetched" },
        { "stored", "stored" },
        { "pulls_released_at", "pulls released" },
        { "first_delivered", "first delivery" },
        { "last_delivered", "last delivery" },
    };
    int64_t began = 0;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        began = print_step(trace, steps[i][0], steps[i][1], began);
}

static void print_counts(const json_t *trace)
{
    bool all = show_truth(trace, "deliveries.counted_all");
    int64_t lag = show_number(trace, "deliveries.lagging");
    printf("%-*s", NAME, "deliveries");
    if (show_truth(trace, "since_start"))
        printf("%" PRId64 " owed, %" PRId64 " delivered, %" PRId64
               " attempts failed, ",
               show_number(trace, "deliveries.owed"),
               show_number(trace, "deliveries.delivered"),
               show_number(trace, "deliveries.failed_attempts"));
    printf(
        "%s%" PRId64 " lag%s%s\n", all ? "" : "over ", lag, lag == 1 ? "s" : "",
        show_truth(trace, "deliveries.under_way") ? ", it is under way" : "");
    if (show_number(trace, "pulls_released") > 0)
        printf("%-*s%" PRId64 " waited for it\n", NAME, "pulls",
               show_number(trace, "pulls_released"));
    if (!show_truth(trace, "since_start"))
        printf("%-*swhat happened before the daemon started, or very long "
               "ago, is not kept\n",
               NAME, "");
}

static const struct table_column lagging_columns[] = {
    { .title = "STATE" },
    { .title = "NUMBER", .right = true },
    { .title = "ATTEMPTS", .right = true },
    { .title = "NEXT TRY (UTC)" },
    { .title = "LAST OUTCOME", .wide = true },
    { .title = "HOST", .wide = true },
};

static void print_lagging(const json_t *trace)
{
    const json_t *list = json_object_get(trace, "lagging"), *one;
    size_t index;
    struct table *table = NULL;
    if (json_array_size(list) > 0)
        table = table_new(lagging_columns,
                          sizeof lagging_columns / sizeof *lagging_columns);
    if (!table)
        return;
    putchar('\n');
    json_array_foreach(list, index, one)
    {
        table_state(table, show_string(one, "state"));
        table_number(table, show_number(one, "id"));
        table_number(table, show_number(one, "attempts"));
        table_time(table, show_number(one, "due"));
        table_text(table, show_string(one, "last_outcome"));
        table_text(table, show_string(one, "host"));
    }
    table_end(table);
    if (show_number(trace, "deliveries.lagging") > (int64_t)index)
        puts("websubctl deliveries TOPIC has the others");
}

static void print(const json_t *trace)
{
    print_head(trace);
    print_steps(trace);
    print_counts(trace);
    print_lagging(trace);
}

int ctl_trace(const struct ctl *ctl, int argc, char *argv[])
{
    const char *topic = NULL, *seq = NULL;
    const struct option_value options[] = {
        { .name = "topic", .value = &topic },
        { .name = "seq", .value = &seq },
    };
    const char **const places[] = { &topic, &seq };
    if (!options_read(argc, argv, options, 2, places, 2))
        return CTL_USAGE;
    if (!topic)
        return ctl_usage(argv[0], "needs a topic");
    const struct admin_parameter parameters[] = {
        { "topic", topic },
        { "seq", seq },
    };
    const struct admin_question question = {
        .method = "GET",
        .path = "/admin/trace",
        .parameters = parameters,
        .count = 2,
        .timeout_s = 60,
    };
    return admin_show(ctl, &question, print);
}

// --------------------------------------------------------------- the newest

static const struct table_column columns[] = {
    { .title = "STORED (UTC)" },
    { .title = "SEQ", .right = true },
    { .title = "FIRST MS", .right = true },
    { .title = "LAST MS", .right = true, .spare = true },
    { .title = "OWED", .right = true },
    { .title = "DELIVERED", .right = true },
    { .title = "FAILED", .right = true, .spare = true },
    { .title = "PULLS", .right = true, .spare = true },
    { .title = "TOPIC", .wide = true, .least = 30 },
};

static void put_span(struct table *table, int64_t from, int64_t to)
{
    if (from > 0 && to > 0)
        table_number(table, to > from ? to - from : 0);
    else
        table_text(table, NULL);
}

static void trace_cells(struct table *table, const json_t *trace)
{
    const char *topic = show_string(trace, "topic");
    int64_t began = show_number(trace, "published");
    table_time(table, show_number(trace, "stored"));
    table_number(table, show_number(trace, "seq"));
    put_span(table, began, show_number(trace, "first_delivered"));
    put_span(table, began, show_number(trace, "last_delivered"));
    table_number(table, show_number(trace, "owed"));
    table_number(table, show_number(trace, "delivered"));
    table_number(table, show_number(trace, "failed_attempts"));
    table_number(table, show_number(trace, "pulls_released"));
    if (*topic)
        table_text(table, topic);
    else
        table_format(table, "topic %" PRId64 ", removed",
                     show_number(trace, "topic_id"));
}

void trace_print(const json_t *answer)
{
    const json_t *list = json_object_get(answer, "traces"), *one;
    size_t index;
    struct table *table = table_new(columns, sizeof columns / sizeof *columns);
    if (!table)
        return;
    json_array_foreach(list, index, one) trace_cells(table, one);
    table_end(table);
    if (json_array_size(list) == 0)
        puts("no updates since the daemon started");
}

int ctl_traces(const struct ctl *ctl, int argc, char *argv[])
{
    const char *limit = "20";
    const struct option_value options[] = { { .name = "limit",
                                              .value = &limit } };
    if (!options_read(argc, argv, options, 1, NULL, 0))
        return CTL_USAGE;
    const struct admin_parameter parameter = { "limit", limit };
    const struct admin_question question = {
        .method = "GET",
        .path = "/admin/traces",
        .parameters = &parameter,
        .count = 1,
        .timeout_s = 60,
    };
    return admin_show(ctl, &question, trace_print);
}
