// SPDX-License-Identifier: MIT

#include "admin.h"

#include "admin_lane.h"
#include "inquiry.h"
#include "json_text.h"
#include "storage/store.h"
#include "wording.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Lanes in one answer, and subscribers of one that are looked at.
enum { LANES = 50, LOOKED_AT = 500 };

struct origins_inquiry {
    struct inquiry inquiry;
    struct store_page_lanes lanes;
    struct store_page_subscribers page;
    size_t at; // lane whose waiters are being counted
    json_t *list;
};

static void end(struct origins_inquiry *asked)
{
    const struct store_page_lanes *lanes = &asked->lanes;
    char after[ADMIN_LANE_KEY_MAX] = "";
    if (!lanes->end && lanes->count > 0)
        admin_lane_key_text(&lanes->items[lanes->count - 1].origin, after);
    store_release(&asked->lanes.op);
    inquiry_answer(&asked->inquiry, 200,
                   json_pack("{s:o, s:o}", "origins", asked->list, "next",
                             *after ? json_string(after) : json_null()));
}

static void give_up(struct origins_inquiry *asked, enum store_status status)
{
    store_release(&asked->lanes.op);
    json_decref(asked->list);
    inquiry_unable(&asked->inquiry, status);
}

static void count_next(struct origins_inquiry *asked);

static void counted(struct store_op *op)
{
    struct origins_inquiry *asked = op->context;
    const struct store_page_subscribers *page = &asked->page;
    const struct store_lane *lane = &asked->lanes.items[asked->at];
    enum store_status status = op->status;
    uint64_t waiting = 0;
    for (size_t i = 0; status == STORE_OK && i < page->count; i++)
        waiting += page->items[i].lagging && page->items[i].waits;
    bool all = page->end || page->count == 0;
    store_release(op);
    if (status != STORE_OK) {
        give_up(asked, status);
        return;
    }
    // Rows are tidied away at leisure.
    bool idle =
        waiting == 0 && all && !lane->paused && lane->failing_since == 0;
    json_t *one = idle ? NULL : admin_lane_json(lane);
    json_t *more =
        json_pack("{s:I, s:b}", "waiting", (json_int_t)waiting, "counted", all);
    if (one && more)
        json_object_update(one, more);
    json_decref(more);
    if (!idle)
        json_array_append_new(asked->list, one);
    asked->at++;
    count_next(asked);
}

static void count_next(struct origins_inquiry *asked)
{
    if (asked->at == asked->lanes.count) {
        end(asked);
        return;
    }
    asked->page = (struct store_page_subscribers){
        .origin = &asked->lanes.items[asked->at].origin,
        .max = LOOKED_AT,
    };
    inquiry_submit(&asked->inquiry, &asked->page.op, STORE_PAGE_SUBSCRIBERS,
                   counted);
}

static void lanes_read(struct store_op *op)
{
    struct origins_inquiry *asked = op->context;
    asked->list = json_array();
    if (op->status == STORE_OK)
        count_next(asked);
    else
        give_up(asked, op->status);
}

void admin_origins(void *self, struct request *request, struct moment now)
{
    struct origins_inquiry *asked = inquiry_new(self, request, sizeof *asked);
    (void)now;
    if (!asked)
        return;
    const char *after = inquiry_text(&asked->inquiry, "after");
    size_t max = inquiry_page_size(&asked->inquiry);
    asked->lanes.max = max < LANES ? max : LANES;
    asked->lanes.from_start = !after;
    if (after && !admin_lane_key_read(after, &asked->lanes.after)) {
        inquiry_fail(&asked->inquiry, 400, "after is what next said");
        return;
    }
    inquiry_submit(&asked->inquiry, &asked->lanes.op, STORE_PAGE_LANES,
                   lanes_read);
}
