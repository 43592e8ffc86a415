// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "options.h"
#include "pages.h"
#include "show.h"

#include <string.h>

enum { VALUE = 1024 };

static const struct table_column columns[] = {
    { .title = "OPTION" },
    { .title = "VALUE", .wide = true },
    { .title = "FROM" },
    { .title = "CHANGES" },
};

// A list with blanks between.
static const char *value_of(const json_t *option, char out[VALUE])
{
    const json_t *value = json_object_get(option, "value"), *one;
    size_t index, used = 0;
    if (!json_is_array(value))
        return json_string_value(value);
    out[0] = '\0';
    json_array_foreach(value, index, one)
    {
        size_t len = json_string_length(one);
        if (used + len + 2 > VALUE)
            break;
        if (used > 0)
            out[used++] = ' ';
        memcpy(out + used, json_string_value(one), len + 1);
        used += len;
    }
    return out;
}

static void cells(struct table *table, const json_t *option)
{
    char value[VALUE];
    table_text(table, show_string(option, "name"));
    table_text(table, value_of(option, value));
    table_text(table, show_string(option, "from"));
    table_text(table, show_truth(option, "live") ? "live" : "at restart");
}

int ctl_options(const struct ctl *ctl, int argc, char *argv[])
{
    if (!options_read(argc, argv, NULL, 0, NULL, 0))
        return CTL_USAGE;
    return pages_print(ctl,
                       &(struct pages){
                           .path = "/admin/options",
                           .list = "options",
                           .columns = columns,
                           .column_count = sizeof columns / sizeof *columns,
                           .cells = cells,
                           .nothing = "no options",
                       });
}
