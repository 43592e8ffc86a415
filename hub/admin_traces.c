// SPDX-License-Identifier: MIT

#include "admin.h"

#include "inquiry.h"
#include "json_text.h"
#include "services.h"
#include "storage/store.h"
#include "timeline.h"

#include <jansson.h>
#include <stdlib.h>

enum { USUAL = 20, MOST = 1000 };

// The newest updates, as far as they came since the start.
struct traces_inquiry {
    struct inquiry inquiry;
    struct store_topics topics;
    size_t count;
    uint64_t ids[MOST];
    struct timeline_row rows[MOST];
};

static json_t *time_json(int64_t unix_ms)
{
    return unix_ms > 0 ? json_integer(unix_ms) : json_null();
}

static json_t *row_json(const struct timeline_row *row, json_t *url)
{
    return json_pack(
        "{s:o, s:I, s:I, s:I, s:b, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:I}",
        "topic", url, "topic_id", (json_int_t)row->topic, "seq",
        (json_int_t)row->seq, "number", (json_int_t)row->number, "baseline",
        row->baseline, "published", time_json(timeline_published(row)),
        "stored", time_json(row->stored), "first_delivered",
        time_json(row->first_delivered), "last_delivered",
        time_json(row->last_delivered), "owed", (json_int_t)row->owed,
        "delivered", (json_int_t)row->delivered, "failed_attempts",
        (json_int_t)row->failed, "pulls_released", (json_int_t)row->pulls);
}

static json_t *list_json(const struct traces_inquiry *asked,
                         const struct store_topic *of)
{
    json_t *list = json_array();
    for (size_t i = 0; i < asked->count; i++)
        json_array_append_new(
            list, row_json(&asked->rows[i],
                           of[i].id != 0 ? json_text(of[i].url) : json_null()));
    return list;
}

static void topics_read(struct store_op *op)
{
    struct traces_inquiry *asked = op->context;
    enum store_status status = op->status;
    json_t *list =
        status == STORE_OK ? list_json(asked, asked->topics.items) : NULL;
    store_release(op);
    if (status == STORE_OK)
        inquiry_answer(&asked->inquiry, 200,
                       json_pack("{s:o}", "traces", list));
    else
        inquiry_unable(&asked->inquiry, status);
}

void admin_traces(void *self, struct request *request, struct moment now)
{
    struct traces_inquiry *asked = inquiry_new(self, request, sizeof *asked);
    (void)now;
    if (!asked)
        return;
    const struct services *services = asked->inquiry.admin->means.services;
    uint64_t most = inquiry_number(&asked->inquiry, "limit", USUAL);
    for (size_t i = 0; i < most && i < MOST; i++) {
        const struct timeline_row *row = timeline_newest(services->timeline, i);
        if (!row)
            break;
        asked->ids[i] = row->topic;
        asked->rows[asked->count++] = *row;
    }
    asked->topics = (struct store_topics){
        .ids = asked->ids,
        .count = asked->count,
    };
    if (asked->count == 0)
        inquiry_answer(&asked->inquiry, 200, json_pack("{s:[]}", "traces"));
    else
        inquiry_submit(&asked->inquiry, &asked->topics.op, STORE_TOPICS,
                       topics_read);
}
