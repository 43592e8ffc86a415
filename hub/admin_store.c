// SPDX-License-Identifier: MIT

#include "admin.h"

#include "inquiry.h"
#include "storage/store.h"

#include <stdio.h>

struct store_inquiry {
    struct inquiry inquiry;
    struct store_stats stats;
};

static const char *filling_name(enum store_filling filling)
{
    switch (filling) {
    case STORE_FILLS_SOON:
        return "soon";
    case STORE_FILLS_NOW:
        return "now";
    default:
        return "no";
    }
}

static json_t *table_list(const struct store_stats *stats)
{
    json_t *list = json_array();
    for (size_t i = 0; i < stats->table_count; i++) {
        const struct store_table *table = &stats->items[i];
        json_array_append_new(list,
                              json_pack("{s:s, s:I, s:I}", "name", table->name,
                                        "entries", (json_int_t)table->entries,
                                        "bytes", (json_int_t)table->bytes));
    }
    return list;
}

static json_t *describe(const struct store_stats *stats)
{
    const struct store_numbers *numbers = &stats->numbers;
    char epoch[20];
    snprintf(epoch, sizeof epoch, "%012llx",
             (unsigned long long)numbers->epoch);
    return json_pack("{s:I, s:s, s:I, s:I, s:I, s:I, s:I, s:s, s:I, s:I, s:o}",
                     "format", (json_int_t)numbers->format, "epoch", epoch,
                     "map_bytes", (json_int_t)numbers->map_bytes, "used_bytes",
                     (json_int_t)numbers->used_bytes, "free_bytes",
                     (json_int_t)numbers->free_bytes, "disk_free_bytes",
                     (json_int_t)numbers->disk_free_bytes, "room_bytes",
                     (json_int_t)numbers->room_bytes, "filling",
                     filling_name(numbers->filling), "commits",
                     (json_int_t)numbers->commits, "operations",
                     (json_int_t)numbers->operations, "tables",
                     table_list(stats));
}

static void store_read(struct store_op *op)
{
    struct store_inquiry *asked = op->context;
    if (op->status != STORE_OK) {
        store_release(op);
        inquiry_unable(&asked->inquiry, op->status);
        return;
    }
    json_t *root = describe(&asked->stats);
    store_release(op);
    inquiry_answer(&asked->inquiry, 200, root);
}

void admin_store(void *self, struct request *request, struct moment now)
{
    struct store_inquiry *asked = inquiry_new(self, request, sizeof *asked);
    (void)now;
    if (!asked)
        return;
    asked->stats.tables = true;
    inquiry_submit(&asked->inquiry, &asked->stats.op, STORE_STATS, store_read);
}
