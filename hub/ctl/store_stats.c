// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "admin.h"
#include "options.h"
#include "show.h"
#include "table.h"

#include <inttypes.h>
#include <stdio.h>

static const char *warning(const char *filling)
{
    if (filling[0] == 's')
        return "; it will be full soon";
    return filling[0] == 'n' && filling[2] == 'w' ? "; it is nearly full" : "";
}

static void print_store(const json_t *store)
{
    char used[24], room[24], free[24], disk[24];
    printf("format %" PRId64 ", epoch %s\n", show_number(store, "format"),
           show_string(store, "epoch"));
    printf("%s used of %s that there is room for%s\n",
           show_bytes(show_number(store, "used_bytes"), used),
           show_bytes(show_number(store, "room_bytes"), room),
           warning(show_string(store, "filling")));
    printf("%s of the file are free, %s of the disk\n",
           show_bytes(show_number(store, "free_bytes"), free),
           show_bytes(show_number(store, "disk_free_bytes"), disk));
    printf("%" PRId64 " commits since the daemon has it open\n\n",
           show_number(store, "commits"));
}

static void print_tables(const json_t *store)
{
    static const struct table_column columns[] = {
        { .title = "TABLE" },
        { .title = "ENTRIES", .right = true },
        { .title = "BYTES", .right = true },
    };
    struct table *table = table_new(columns, 3);
    char bytes[24];
    size_t index;
    json_t *one;
    if (!table)
        return;
    json_array_foreach(json_object_get(store, "tables"), index, one)
    {
        table_text(table, show_string(one, "name"));
        table_number(table, show_number(one, "entries"));
        table_text(table, show_bytes(show_number(one, "bytes"), bytes));
    }
    table_end(table);
}

static void print(const json_t *store)
{
    print_store(store);
    print_tables(store);
}

int ctl_store_stats(const struct ctl *ctl, int argc, char *argv[])
{
    const struct admin_question question = {
        .method = "GET",
        .path = "/admin/store",
        .timeout_s = 60,
    };
    if (!options_read(argc, argv, NULL, 0, NULL, 0))
        return CTL_USAGE;
    return admin_show(ctl, &question, print);
}
