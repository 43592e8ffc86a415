// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "options.h"
#include "pages.h"
#include "show.h"

#include <inttypes.h>
#include <stdio.h>

static const struct table_column columns[] = {
    { .title = "STATE" },
    { .title = "FAILING SINCE", .spare = true },
    { .title = "FAILURES", .right = true },
    { .title = "NEXT LOOK (UTC)" },
    { .title = "WAITING", .right = true, .spare = true },
    { .title = "LAST OUTCOME", .wide = true },
    { .title = "ORIGIN", .wide = true, .least = 24 },
};

// Counting stops somewhere.
static const char *waiting(const json_t *origin, char out[24])
{
    bool counted = json_is_true(json_object_get(origin, "counted"));
    snprintf(out, 24, "%" PRId64 "%s", show_number(origin, "waiting"),
             counted ? "" : "+");
    return out;
}

static void cells(struct table *table, const json_t *origin)
{
    char count[24];
    table_state(table, show_string(origin, "state"));
    table_time(table, show_number(origin, "failing_since"));
    table_number(table, show_number(origin, "failures"));
    table_time(table, show_number(origin, "due"));
    table_text(table, waiting(origin, count));
    table_text(table, show_string(origin, "last_outcome"));
    table_text(table, show_string(origin, "origin"));
}

int ctl_origins(const struct ctl *ctl, int argc, char *argv[])
{
    if (!options_read(argc, argv, NULL, 0, NULL, 0))
        return CTL_USAGE;
    return pages_print(ctl,
                       &(struct pages){
                           .path = "/admin/origins",
                           .list = "origins",
                           .columns = columns,
                           .column_count = sizeof columns / sizeof *columns,
                           .cells = cells,
                           .nothing = "no origin is broken, paused or "
                                      "congested",
                       });
}
