// SPDX-License-Identifier: MIT

#include "lane_rows.h"

#include "lanes_inside.h"
#include "log.h"
#include "services.h"

#include <stdlib.h>
#include <string.h>

enum {
    PAGE = 256,
    WRITES = 16, // at a time
    AGAIN_MS = 1000,
};

// A row that is being written. `lane` is pinned meanwhile.
struct writing {
    struct store_keep_lane keep;
    struct lane_rows *rows;
    struct lane *lane; // NULL: it is not in use
    int64_t again_at;  // monotonic: to be repeated then; 0: it is under way
    char name[STORE_LANE_NAME_MAX];
};

struct lane_rows {
    struct store *store;
    struct lanes *lanes;
    struct writing writes[WRITES];
    struct store_page_lanes page;
    bool reading;
    int64_t read_at; // monotonic: not before
    int64_t due;     // lane_rows_due()
};

// ------------------------------------------------------------------- reading

struct lane *lane_rows_learn(struct lanes *lanes, const struct store_lane *row,
                             struct moment now)
{
    struct lane *lane = lanes_find(lanes, &row->origin);
    if (lane) {
        lane->paused = row->paused;
        lanes_used(lanes, lane);
        return lane;
    }
    lane = lanes_get(lanes, &row->origin);
    if (!lane)
        return NULL;
    lane->paused = row->paused;
    if (row->name.len > 0)
        lane->name = strndup(row->name.at, row->name.len);
    if (row->failing_since > 0) {
        int64_t left = row->due > now.unix ? row->due - now.unix : 0;
        breaker_restore(&lane->breaker, row->failures, row->step,
                        now.mono + left, now.mono);
        lane->failing_since = row->failing_since;
        lane->last_status = row->last_status;
        lane->waiting = true;
    }
    lanes_used(lanes, lane);
    return lane;
}

static void paged(struct store_op *op)
{
    struct lane_rows *rows = op->context;
    const struct store_page_lanes *page = &rows->page;
    struct moment now = loop_now();
    rows->reading = false;
    if (op->status != STORE_OK) {
        rows->read_at = now.mono + AGAIN_MS;
        store_release(op);
        return;
    }
    struct store_key after = { { 0 } };
    for (size_t i = 0; i < page->count; i++) {
        const struct store_lane *row = &page->items[i];
        // One that is neither is due as soon as it is worth a look.
        if (row->paused || row->failing_since > 0)
            lane_rows_learn(rows->lanes, row, now);
        after = row->origin;
    }
    bool end = page->end || page->count == 0;
    store_release(op);
    rows->page.after = after;
    rows->page.from_start = false;
    if (end)
        rows->lanes->unknown = false;
}

static void ask_page(struct lane_rows *rows)
{
    rows->reading = true;
    rows->page = (struct store_page_lanes){
        .op = { .verb = STORE_PAGE_LANES, .done = paged, .context = rows },
        .from_start = rows->page.from_start,
        .after = rows->page.after,
        .max = PAGE,
    };
    store_submit(rows->store, &rows->page.op);
}

// ------------------------------------------------------------------- writing

static void end_writing(struct writing *writing)
{
    struct lane *lane = writing->lane;
    writing->lane = NULL;
    lane->writing = false;
    lanes_used(writing->rows->lanes, lane);
}

static void kept(struct store_op *op)
{
    struct writing *writing = op->context;
    struct lane *lane = writing->lane;
    switch (op->status) {
    case STORE_OK:
        if (!writing->keep.kept)
            lane->waiting = false;
        else if (writing->keep.lane.due < writing->rows->due)
            writing->rows->due = writing->keep.lane.due;
        break;
    case STORE_STALE: // the claim ran out: it will be claimed again
        break;
    case STORE_INVALID:
    case STORE_CORRUPT:
        LOG(LOG_WARN, "origin.unwritten",
            LOG_T("status", store_status_name(op->status)));
        break;
    default:
        writing->again_at = loop_now().mono + AGAIN_MS;
        return;
    }
    if (lane->token == writing->keep.token)
        lane->token = 0;
    end_writing(writing);
}

static void fill(struct writing *writing, struct lane *lane, struct moment now)
{
    const struct breaker *breaker = &lane->breaker;
    size_t len = lane->name ? strlen(lane->name) : 0;
    bool broken = breaker->state != BREAKER_CLOSED;
    memcpy(writing->name, lane->name ? lane->name : "", len);
    writing->keep = (struct store_keep_lane){
        .op = { .verb = STORE_KEEP_LANE, .done = kept, .context = writing },
        .lane = { .origin = lane->key,
                  .name = { writing->name, len },
                  .due = lane->put_off > 0        ? now.unix + lane->put_off
                         : broken || lane->paused ? lanes_due(lane, now)
                                                  : now.unix,
                  .step = breaker->step,
                  .failures = breaker->failures,
                  .failing_since = broken ? lane->failing_since : 0,
                  .last_status = lane->last_status },
        .token = lane->token,
    };
    lane->put_off = 0;
}

static void write_row(struct lane_rows *rows, struct writing *writing,
                      struct lane *lane, struct moment now)
{
    writing->rows = rows;
    writing->lane = lane;
    lane->writing = true;
    fill(writing, lane, now);
    store_submit(rows->store, &writing->keep.op);
}

static void write_some(struct lane_rows *rows, struct moment now)
{
    for (size_t i = 0; i < WRITES; i++) {
        struct writing *writing = &rows->writes[i];
        if (writing->lane) {
            if (writing->again_at == 0 || writing->again_at > now.mono)
                continue;
            writing->again_at = 0;
            // As it is now: it may have been resumed meanwhile.
            fill(writing, writing->lane, now);
            store_submit(rows->store, &writing->keep.op);
            continue;
        }
        struct lane *lane = lanes_changed(rows->lanes);
        if (!lane)
            continue;
        if (lane->writing)
            lanes_change(rows->lanes, lane); // after that
        else
            write_row(rows, writing, lane, now);
    }
}

// ---------------------------------------------------------------- the source

int64_t lane_rows_due(struct lane_rows *rows)
{
    int64_t due = rows->due;
    rows->due = INT64_MAX;
    return due;
}

void lane_rows_step(struct lane_rows *rows, struct moment now)
{
    if (rows->lanes->unknown && !rows->reading && rows->read_at <= now.mono)
        ask_page(rows);
    write_some(rows, now);
}

int64_t lane_rows_patience(const struct lane_rows *rows, struct moment now)
{
    int64_t at = INT64_MAX;
    if (rows->lanes->unknown && !rows->reading)
        at = rows->read_at;
    for (size_t i = 0; i < WRITES; i++) {
        const struct writing *writing = &rows->writes[i];
        if (writing->lane && writing->again_at > 0 && writing->again_at < at)
            at = writing->again_at;
        else if (!writing->lane && rows->lanes->changed
                 && !rows->lanes->changed->writing)
            return 0;
    }
    if (at == INT64_MAX)
        return LOOP_FOR_EVER;
    return at > now.mono ? at - now.mono : 0;
}

bool lane_rows_idle(const struct lane_rows *rows)
{
    for (size_t i = 0; i < WRITES; i++)
        if (rows->writes[i].lane && rows->writes[i].again_at == 0)
            return false;
    return !rows->reading;
}

struct lane_rows *lane_rows_new(const struct services *services,
                                struct lanes *lanes)
{
    struct lane_rows *rows = calloc(1, sizeof *rows);
    if (!rows)
        return NULL;
    rows->store = services->store;
    rows->lanes = lanes;
    rows->page.from_start = true;
    rows->due = INT64_MAX;
    lanes->unknown = true;
    return rows;
}

void lane_rows_free(struct lane_rows *rows)
{
    free(rows);
}
