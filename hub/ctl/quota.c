// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "options.h"
#include "pages.h"
#include "show.h"
#include "steer.h"

#include <stdio.h>

static const struct table_column columns[] = {
    { .title = "QUOTA" },
    { .title = "LIMIT", .right = true },
    { .title = "USED", .right = true },
    { .title = "FROM" },
    { .title = "WHAT", .wide = true },
};

static void cells(struct table *table, const json_t *quota)
{
    table_text(table, show_string(quota, "name"));
    table_text(table, show_string(quota, "value"));
    if (json_is_integer(json_object_get(quota, "used")))
        table_number(table, show_number(quota, "used"));
    else
        table_text(table, NULL);
    table_text(table, show_string(quota, "from"));
    table_text(table, show_string(quota, "about"));
}

int ctl_quota_list(const struct ctl *ctl, int argc, char *argv[])
{
    if (!options_read(argc, argv, NULL, 0, NULL, 0))
        return CTL_USAGE;
    return pages_print(ctl,
                       &(struct pages){
                           .path = "/admin/quotas",
                           .list = "quotas",
                           .columns = columns,
                           .column_count = sizeof columns / sizeof *columns,
                           .cells = cells,
                           .nothing = "no quotas",
                       });
}

static void print(const json_t *quota)
{
    printf("%s is %s now (%s)\n", show_string(quota, "name"),
           show_string(quota, "value"), show_string(quota, "from"));
}

int ctl_quota_set(const struct ctl *ctl, int argc, char *argv[])
{
    const char *name = NULL, *value = NULL;
    const char **const places[] = { &name, &value };
    if (!options_read(argc, argv, NULL, 0, places, 2))
        return CTL_USAGE;
    if (!name || !value)
        return ctl_usage(argv[0], "needs a quota and its value");
    const struct admin_parameter fields[] = {
        { "name", name },
        { "value", value },
    };
    return steer(ctl, "/admin/quota", fields, 2, print);
}

int ctl_quota_remove(const struct ctl *ctl, int argc, char *argv[])
{
    const char *name = NULL;
    const char **const places[] = { &name };
    if (!options_read(argc, argv, NULL, 0, places, 1))
        return CTL_USAGE;
    if (!name)
        return ctl_usage(argv[0], "needs a quota");
    const struct admin_parameter field = { "name", name };
    return steer(ctl, "/admin/quota/remove", &field, 1, print);
}
