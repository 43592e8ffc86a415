// SPDX-License-Identifier: MIT

#include "admin.h"

#include "admin_json.h"
#include "admin_target.h"
#include "fetcher/url.h"
#include "inquiry.h"
#include "storage/store.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

// Who lags: of all, of one topic, at one origin (a callback's, perhaps), or
// one subscription. Each answer is one page of the store's, so that it may be
// empty and not the last.
struct lag_inquiry {
    struct inquiry inquiry;
    struct admin_target target;
    unsigned set; // of enum store_lagging_set
    bool by_origin, by_callback;
    bool whole; // the operator has named the callback himself
    struct store_key origin, callback;
    uint64_t topic;     // 0: any
    uint64_t at, after; // topic and subscription before the page
    size_t max;
    struct store_numbers totals; // with the first page
    bool first;
    union {
        struct store_page_lagging lagging;
        struct store_page_subscribers page;
        struct store_stats stats;
    };
    size_t count; // items of the page
    const struct store_subscriber *items;
    bool end;
    struct store_topics heads; // of the topics of the items
    uint64_t *ids;
};

static void give_up(struct lag_inquiry *asked, enum store_status status)
{
    free(asked->ids);
    inquiry_unable(&asked->inquiry, status);
}

// ------------------------------------------------------------------ answer

static unsigned set_of(const struct store_subscriber *subscriber)
{
    if (!subscriber->lagging)
        return 0;
    if (subscriber->paused)
        return STORE_LAGGING_PAUSED;
    if (subscriber->waits)
        return STORE_LAGGING_WAITING;
    return subscriber->due == 0 ? STORE_LAGGING_STOPPED : STORE_LAGGING_TRIED;
}

static bool is_callback(const struct lag_inquiry *asked,
                        const struct store_subscriber *subscriber)
{
    struct store_key key;
    struct url *url = malloc(sizeof *url);
    bool same =
        url
        && !url_read(subscriber->callback.at, subscriber->callback.len, url);
    if (same)
        url_key(url, key.bytes);
    free(url);
    return same && memcmp(&key, &asked->callback, sizeof key) == 0;
}

static bool wanted(const struct lag_inquiry *asked,
                   const struct store_subscriber *subscriber)
{
    return (set_of(subscriber) & asked->set) != 0
           && (asked->topic == 0 || subscriber->topic == asked->topic)
           && (asked->target.subscription == 0
               || subscriber->id == asked->target.subscription)
           && (!asked->by_callback || is_callback(asked, subscriber));
}

static json_t *totals_json(const struct store_numbers *numbers)
{
    return json_pack("{s:I, s:I, s:b}", "lagging", (json_int_t)numbers->lagging,
                     "waiting", (json_int_t)numbers->waiting, "paused",
                     numbers->paused);
}

static void answer(struct lag_inquiry *asked, json_t *list)
{
    json_t *root = json_pack("{s:o}", "deliveries", list);
    if (asked->first)
        json_object_set_new(root, "totals", totals_json(&asked->totals));
    json_object_set_new(root, "next",
                        asked->end ? json_null()
                                   : json_sprintf("%" PRIu64 ".%" PRIu64,
                                                  asked->at, asked->after));
    free(asked->ids);
    inquiry_answer(&asked->inquiry, 200, root);
}

static void heads_read(struct store_op *op)
{
    struct lag_inquiry *asked = op->context;
    enum store_status status = op->status;
    json_t *list = json_array();
    for (size_t i = 0; status == STORE_OK && i < asked->count; i++) {
        struct admin_json_subscriber from = {
            .subscriber = &asked->items[i],
            .head = asked->heads.items[i].head,
            .now = op->at,
            .whole = asked->whole,
        };
        if (wanted(asked, from.subscriber))
            json_array_append_new(list, admin_json_subscriber(&from));
    }
    store_release(op);
    // Both pages begin with their operation.
    store_release(&asked->page.op);
    if (status == STORE_OK) {
        answer(asked, list);
        return;
    }
    json_decref(list);
    give_up(asked, status);
}

static void take_page(struct lag_inquiry *asked, struct store_op *op)
{
    if (op->status != STORE_OK || asked->count == 0) {
        enum store_status status = op->status;
        store_release(op);
        if (status != STORE_OK)
            give_up(asked, status);
        else
            answer(asked, json_array());
        return;
    }
    for (size_t i = 0; i < asked->count; i++)
        asked->ids[i] = asked->items[i].topic;
    asked->heads = (struct store_topics){
        .ids = asked->ids,
        .count = asked->count,
    };
    inquiry_submit(&asked->inquiry, &asked->heads.op, STORE_TOPICS, heads_read);
}

// ------------------------------------------------------------------- pages

static void lagging_read(struct store_op *op)
{
    struct lag_inquiry *asked = op->context;
    const struct store_page_lagging *page = &asked->lagging;
    asked->count = page->count;
    asked->items = page->items;
    asked->end = page->end || asked->target.subscription > 0;
    asked->at = page->after_topic;
    asked->after = page->after;
    take_page(asked, op);
}

static void origin_read(struct store_op *op)
{
    struct lag_inquiry *asked = op->context;
    const struct store_page_subscribers *page = &asked->page;
    asked->count = op->status == STORE_OK ? page->count : 0;
    asked->items = page->items;
    asked->end = page->end || page->count == 0;
    if (asked->count > 0) {
        asked->at = page->items[page->count - 1].topic;
        asked->after = page->items[page->count - 1].id;
    }
    take_page(asked, op);
}

static void read_page(struct lag_inquiry *asked)
{
    if (asked->by_origin) {
        asked->page = (struct store_page_subscribers){
            .origin = &asked->origin,
            .after_topic = asked->at,
            .after = asked->after,
            .max = asked->max,
        };
        inquiry_submit(&asked->inquiry, &asked->page.op, STORE_PAGE_SUBSCRIBERS,
                       origin_read);
        return;
    }
    // One subscription is a page of one behind the one before it.
    uint64_t only = asked->target.subscription;
    asked->lagging = (struct store_page_lagging){
        .set = asked->set,
        .topic = asked->topic,
        .after_topic = only > 0 ? asked->topic : asked->at,
        .after = only > 0 ? only - 1 : asked->after,
        .max = only > 0 ? 1 : asked->max,
    };
    inquiry_submit(&asked->inquiry, &asked->lagging.op, STORE_PAGE_LAGGING,
                   lagging_read);
}

// ----------------------------------------------------------------- reading

static void totals_read(struct store_op *op)
{
    struct lag_inquiry *asked = op->context;
    if (op->status != STORE_OK) {
        give_up(asked, op->status);
        return;
    }
    asked->totals = asked->stats.numbers;
    read_page(asked);
}

static void begin(struct lag_inquiry *asked)
{
    asked->first = inquiry_text(&asked->inquiry, "after") == NULL;
    asked->ids = calloc(asked->max, sizeof *asked->ids);
    if (!asked->ids)
        give_up(asked, STORE_AGAIN);
    else if (asked->first)
        inquiry_submit(&asked->inquiry, &asked->stats.op, STORE_STATS,
                       totals_read);
    else
        read_page(asked);
}

static void target_found(struct inquiry *inquiry)
{
    // The inquiry is its first member.
    struct lag_inquiry *asked = (struct lag_inquiry *)(void *)inquiry;
    asked->topic = asked->target.topic;
    asked->whole = asked->target.subscription > 0 && asked->target.number == 0;
    begin(asked);
}

static void read_set(struct lag_inquiry *asked)
{
    static const struct {
        const char *name;
        unsigned set;
    } names[] = {
        { "lagging", STORE_LAGGING_TRIED },
        { "stopped", STORE_LAGGING_STOPPED },
        { "waiting", STORE_LAGGING_WAITING },
        { "paused", STORE_LAGGING_PAUSED },
    };
    unsigned all = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        all |= names[i].set;
        if (inquiry_text(&asked->inquiry, names[i].name))
            asked->set |= names[i].set;
    }
    if (asked->set == 0)
        asked->set = all;
}

// "TOPIC.SUBSCRIPTION", what `next` said.
static void read_place(struct lag_inquiry *asked)
{
    const char *after = inquiry_text(&asked->inquiry, "after");
    char *rest = NULL;
    if (!after)
        return;
    asked->at = strtoull(after, &rest, 10);
    asked->after = *rest == '.' ? strtoull(rest + 1, NULL, 10) : 0;
}

// Without a topic: a callback's origin, or an origin. False: it was answered.
static bool read_origin(struct lag_inquiry *asked)
{
    struct inquiry *inquiry = &asked->inquiry;
    asked->by_callback = inquiry_text(inquiry, "callback") != NULL;
    asked->whole = asked->by_callback;
    asked->by_origin =
        asked->by_callback || inquiry_text(inquiry, "origin") != NULL;
    if (admin_target_lacks_topic(inquiry))
        return false;
    if (!asked->by_origin)
        return true;
    struct url *url =
        inquiry_url(inquiry, asked->by_callback ? "callback" : "origin");
    if (!url)
        return false;
    url_key(url, asked->callback.bytes);
    url_origin_key(url, asked->origin.bytes);
    free(url);
    return true;
}

void admin_deliveries(void *self, struct request *request, struct moment now)
{
    struct lag_inquiry *asked = inquiry_new(self, request, sizeof *asked);
    (void)now;
    if (!asked)
        return;
    bool topic = inquiry_text(&asked->inquiry, "topic") != NULL;
    read_set(asked);
    read_place(asked);
    asked->max = inquiry_page_size(&asked->inquiry);
    if (topic && inquiry_text(&asked->inquiry, "origin"))
        inquiry_fail(&asked->inquiry, 400, "a topic or an origin, not both");
    else if (topic)
        admin_target_find(&asked->target, &asked->inquiry, target_found);
    else if (read_origin(asked))
        begin(asked);
}
