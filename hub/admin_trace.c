// SPDX-License-Identifier: MIT

#include "admin.h"

#include "admin_json.h"
#include "admin_target.h"
#include "callback_host.h"
#include "inquiry.h"
#include "json_text.h"
#include "services.h"
#include "storage/store.h"
#include "timeline.h"
#include "wording.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

enum {
    SHOWN = 20, // of those who lag
    PAGE = 1000,
    PAGES = 100, // of those who lag, that are counted
};

// One update: from the timeline what happened to it, from the store what it
// is, where that is not known, and who is still owed it.
struct trace_inquiry {
    struct inquiry inquiry;
    struct admin_target target;
    uint64_t topic, seq;
    json_t *url;
    struct timeline_row row;
    bool known; // the row has its times, else nothing but what the store knows
    union {
        struct store_topics topics;
        struct store_events events;
        struct store_page_lagging page;
        struct store_walks walks;
    };
    struct store_position position;
    json_t *list;
    uint64_t lagging;
    size_t pages;
    bool counted_all;
    bool walks_on; // it is being delivered
};

static json_t *integer(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *time_json(int64_t unix_ms)
{
    return unix_ms > 0 ? json_integer(unix_ms) : json_null();
}

static json_t *phase(int64_t from, int64_t to)
{
    return from > 0 && to > 0 ? json_integer(to > from ? to - from : 0)
                              : json_null();
}

static void end(struct trace_inquiry *asked, unsigned status, json_t *root)
{
    json_decref(asked->url);
    json_decref(asked->list);
    inquiry_answer(&asked->inquiry, status, root);
}

static void fail(struct trace_inquiry *asked, unsigned status, const char *why)
{
    end(asked, status, json_pack("{s:s}", "error", why));
}

// ------------------------------------------------------------------ answer

static const char *kind_name(const struct timeline_row *row)
{
    static const char *const names[] = {
        [STORE_UPDATE_ENTRIES] = "entries",
        [STORE_UPDATE_FEED_LEVEL] = "feed-level",
        [STORE_UPDATE_REMOVAL_ONLY] = "removal-only",
        [STORE_UPDATE_WHOLE] = "whole",
    };
    size_t kind = (size_t)row->kind;
    if (row->baseline)
        return "baseline";
    return kind < sizeof names / sizeof *names ? names[kind] : NULL;
}

static json_t *phases_json(const struct timeline_row *row)
{
    int64_t began = row->fetch_began;
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "ping_to_fetch",
                     phase(row->pinged, began), "fetch",
                     phase(began, row->fetched), "store",
                     phase(row->fetched, row->stored), "first_delivery",
                     phase(row->stored, row->first_delivered), "last_delivery",
                     phase(row->stored, row->last_delivered));
}

static json_t *deliveries_json(const struct trace_inquiry *asked)
{
    const struct timeline_row *row = &asked->row;
    bool known = asked->known;
    return json_pack("{s:o, s:o, s:o, s:o, s:b, s:b}", "owed",
                     known ? integer(row->owed) : json_null(), "delivered",
                     known ? integer(row->delivered) : json_null(),
                     "failed_attempts",
                     known ? integer(row->failed) : json_null(), "lagging",
                     integer(asked->lagging), "counted_all", asked->counted_all,
                     "under_way", asked->walks_on);
}

static void answer(struct trace_inquiry *asked)
{
    const struct timeline_row *row = &asked->row;
    json_t *root = json_pack(
        "{s:O, s:o, s:o, s:o, s:s?, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
        "topic", asked->url, "topic_id", integer(asked->topic), "seq",
        integer(asked->seq), "number", integer(row->number), "kind",
        kind_name(row), "bytes", integer(row->bytes), "pinged",
        time_json(row->pinged), "fetch_began", time_json(row->fetch_began),
        "fetched", time_json(row->fetched), "stored", time_json(row->stored),
        "first_delivered", time_json(row->first_delivered), "last_delivered",
        time_json(row->last_delivered), "phases_ms", phases_json(row));
    json_t *rest = json_pack(
        "{s:o, s:o, s:o, s:O, s:b}", "deliveries", deliveries_json(asked),
        "pulls_released", asked->known ? integer(row->pulls) : json_null(),
        "pulls_released_at", time_json(row->released), "lagging", asked->list,
        "since_start", asked->known);
    if (root && rest)
        json_object_update(root, rest);
    json_decref(rest);
    end(asked, 200, root);
}

// --------------------------------------------------------------- who lags

static void walks_read(struct store_op *op)
{
    struct trace_inquiry *asked = op->context;
    const struct store_walks *walks = &asked->walks;
    if (op->status == STORE_OK && walks->count > 0)
        asked->walks_on = walks->items[0].topic == asked->topic
                          && walks->items[0].to >= asked->seq
                          && walks->items[0].from < asked->seq;
    store_release(op);
    answer(asked);
}

static void read_walk(struct trace_inquiry *asked)
{
    asked->walks = (struct store_walks){ .after = asked->topic - 1, .max = 1 };
    inquiry_submit(&asked->inquiry, &asked->walks.op, STORE_WALKS, walks_read);
}

static json_t *laggard_json(const struct store_subscriber *s)
{
    char host[CALLBACK_HOST_MAX], words[WORDING_MAX];
    bool tried = !s->paused && !s->waits;
    callback_host(s->callback.at, s->callback.len, host);
    return json_pack(
        "{s:o, s:s, s:s, s:i, s:o, s:s?}", "id", integer(s->id), "host", host,
        "state", wording_state(s), "attempts", (int)s->attempts, "due",
        time_json(tried ? s->due : 0), "last_outcome",
        s->last_status != 0 ? wording_status(s->last_status, words) : NULL);
}

static void read_laggards(struct trace_inquiry *asked, uint64_t after);

static void laggards_read(struct store_op *op)
{
    struct trace_inquiry *asked = op->context;
    const struct store_page_lagging *page = &asked->page;
    enum store_status status = op->status;
    bool last = status != STORE_OK || page->end || ++asked->pages == PAGES;
    uint64_t after = page->after;
    for (size_t i = 0; status == STORE_OK && i < page->count; i++) {
        if (page->items[i].next > asked->seq)
            continue;
        if (asked->lagging++ < SHOWN)
            json_array_append_new(asked->list, laggard_json(&page->items[i]));
    }
    asked->counted_all = status == STORE_OK && page->end;
    store_release(op);
    if (last)
        read_walk(asked);
    else
        read_laggards(asked, after);
}

static void read_laggards(struct trace_inquiry *asked, uint64_t after)
{
    asked->page = (struct store_page_lagging){
        .set = STORE_LAGGING_TRIED | STORE_LAGGING_STOPPED
               | STORE_LAGGING_WAITING | STORE_LAGGING_PAUSED,
        .topic = asked->topic,
        .after_topic = asked->topic,
        .after = after,
        .max = PAGE,
    };
    inquiry_submit(&asked->inquiry, &asked->page.op, STORE_PAGE_LAGGING,
                   laggards_read);
}

// -------------------------------------------------------------- the update

static void event_read(struct store_op *op)
{
    struct trace_inquiry *asked = op->context;
    const struct store_events *events = &asked->events;
    enum store_status status = op->status;
    bool there = status == STORE_OK && events->event_count > 0
                 && events->items[0].seq == asked->seq;
    if (there) {
        const struct store_event *event = &events->items[0];
        asked->row = (struct timeline_row){
            .number = event->number,
            .stored = event->time,
            .bytes = event->size,
            .kind = event->kind,
        };
    }
    store_release(op);
    if (status != STORE_OK)
        fail(asked, 503, store_status_name(status));
    else if (!there)
        fail(asked, 404, "this update is not kept any more");
    else
        read_laggards(asked, 0);
}

static void ask_store(struct trace_inquiry *asked, uint64_t head)
{
    asked->position = (struct store_position){
        .topic = asked->topic,
        .since = STORE_SINCE_LAST,
        .value = head - asked->seq + 1,
    };
    asked->events = (struct store_events){
        .positions = &asked->position,
        .count = 1,
        .limit = 1,
        .max_bytes = 1,
    };
    inquiry_submit(&asked->inquiry, &asked->events.op, STORE_EVENTS,
                   event_read);
}

static void topic_read(struct store_op *op)
{
    struct trace_inquiry *asked = op->context;
    const struct store_topic *topic = asked->topics.items;
    enum store_status status = op->status;
    uint64_t head = 0;
    if (status == STORE_OK && topic->id != 0) {
        head = topic->head;
        asked->url = json_text(topic->url);
    }
    store_release(op);
    if (status != STORE_OK) {
        fail(asked, 503, store_status_name(status));
        return;
    }
    if (asked->seq == 0)
        asked->seq = head;
    const struct timeline_row *row =
        timeline_find(asked->inquiry.admin->means.services->timeline,
                      asked->topic, asked->seq);
    if (head == 0 || asked->seq > head) {
        fail(asked, 404, "this topic has no such update");
    } else if (row) {
        asked->row = *row;
        asked->known = true;
        read_laggards(asked, 0);
    } else {
        ask_store(asked, head);
    }
}

static void found(struct inquiry *inquiry)
{
    struct trace_inquiry *asked = (struct trace_inquiry *)inquiry;
    asked->list = json_array();
    asked->topic = asked->target.topic;
    asked->topics = (struct store_topics){ .ids = &asked->topic, .count = 1 };
    inquiry_submit(inquiry, &asked->topics.op, STORE_TOPICS, topic_read);
}

void admin_trace(void *self, struct request *request, struct moment now)
{
    struct trace_inquiry *asked = inquiry_new(self, request, sizeof *asked);
    (void)now;
    if (!asked)
        return;
    const char *seq = inquiry_text(&asked->inquiry, "seq");
    asked->seq = seq && *seq ? admin_target_number(seq) : 0;
    if (seq && *seq && asked->seq == 0)
        inquiry_fail(&asked->inquiry, 400, "seq is no number");
    else
        admin_target_find(&asked->target, &asked->inquiry, found);
}
