// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "hub/wording.h"
#include "options.h"
#include "pages.h"
#include "show.h"

static const struct table_column columns[] = {
    { .title = "ID", .right = true },   { .title = "HEAD", .right = true },
    { .title = "SUBS", .right = true }, { .title = "STATUS", .wide = true },
    { .title = "LAST UPDATE (UTC)" },   { .title = "TOPIC", .wide = true },
};

// What was no answer has no number that means anything to people.
static void put_status(struct table *table, int64_t status)
{
    char words[WORDING_MAX];
    if (status == 0)
        table_text(table, NULL);
    else if (status > 0)
        table_number(table, status);
    else
        table_text(table, wording_status((int32_t)status, words));
}

static void cells(struct table *table, const json_t *topic)
{
    table_number(table, show_number(topic, "id"));
    table_number(table, show_number(topic, "head"));
    table_number(table, show_number(topic, "subscriptions"));
    put_status(table, show_number(topic, "last_status"));
    table_time(table, show_number(topic, "last_update"));
    table_text(table, show_string(topic, "url"));
}

int ctl_topics(const struct ctl *ctl, int argc, char *argv[])
{
    const char *prefix = NULL, *state = NULL;
    const struct option_value options[] = {
        { .name = "prefix", .value = &prefix },
        { .name = "state", .value = &state },
    };
    if (!options_read(argc, argv, options, 2, NULL, 0))
        return CTL_USAGE;
    const struct admin_parameter parameters[] = {
        { "prefix", prefix },
        { "state", state },
    };
    return pages_print(ctl,
                       &(struct pages){
                           .path = "/admin/topics",
                           .list = "topics",
                           .parameters = parameters,
                           .parameter_count = 2,
                           .columns = columns,
                           .column_count = sizeof columns / sizeof *columns,
                           .cells = cells,
                           .nothing = "no topics",
                       });
}
