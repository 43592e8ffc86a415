// SPDX-License-Identifier: MIT

#include "admin.h"

#include "admin_json.h"
#include "admin_target.h"
#include "fetcher/url.h"
#include "inquiry.h"
#include "storage/store.h"
#include "wording.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

// Of a listing of all topics: so much work for one answer.
enum { TOPICS_MAX = 200 };

// A place behind the last subscription of a topic.
#define ALL_OF_IT UINT64_MAX

// By topic, by callback (through its origin), by both, or all there are.
struct listing {
    struct inquiry inquiry;
    const char *topic, *callback; // NULL: any
    const char *state;            // NULL: any
    uint64_t number;              // of the topic's alone; 0: all of them
    struct store_key topic_key, callback_key, origin;
    size_t max, topics; // items wanted; topics looked at
    uint64_t at, after; // topic and subscription before the next page
    json_t *list, *pending;
    union {
        struct store_topics named;
        struct store_page_topics walked;
        struct store_page_subscribers page;
        struct store_find find;
    };
    struct store_topics heads; // the topics of what was read
    uint64_t *ids;
};

static void end(struct listing *listing, json_t *root)
{
    free(listing->ids);
    inquiry_answer(&listing->inquiry, 200, root);
}

static void give_up(struct listing *listing, enum store_status status)
{
    free(listing->ids);
    json_decref(listing->list);
    json_decref(listing->pending);
    inquiry_unable(&listing->inquiry, status);
}

static void answer(struct listing *listing, bool more)
{
    json_t *root = json_pack("{s:o}", "subscriptions", listing->list);
    if (listing->topic)
        json_object_set_new(root, "topic", json_string(listing->topic));
    if (listing->pending)
        json_object_set_new(root, "pending", listing->pending);
    json_object_set_new(
        root, "next",
        more ? json_sprintf("%" PRIu64 ".%" PRIu64, listing->at, listing->after)
             : json_null());
    end(listing, root);
}

static bool wanted(const struct listing *listing,
                   const struct store_subscriber *subscriber)
{
    struct store_key key;
    if (listing->state
        && strcmp(listing->state, wording_state(subscriber)) != 0)
        return false;
    if (listing->number > 0 && subscriber->id != listing->number)
        return false;
    if (!listing->callback)
        return true;
    struct url *url = malloc(sizeof *url);
    bool same =
        url
        && !url_read(subscriber->callback.at, subscriber->callback.len, url);
    if (same)
        url_key(url, key.bytes);
    free(url);
    return same && memcmp(&key, &listing->callback_key, sizeof key) == 0;
}

static void add(struct listing *listing,
                const struct store_subscriber *subscriber,
                const struct store_topic *topic)
{
    if (!wanted(listing, subscriber))
        return;
    struct admin_json_subscriber from = {
        .subscriber = subscriber,
        .head = topic ? topic->head : 0,
        .now = listing->heads.op.at,
        .whole = listing->callback != NULL,
    };
    json_array_append_new(listing->list, admin_json_subscriber(&from));
}

// -------------------------------------------------------------------- pages

static void next_topic(struct listing *listing);
static void read_page(struct listing *listing);

static void go_on(struct listing *listing, bool more)
{
    bool all = !listing->topic && !listing->callback;
    if (listing->number > 0)
        more = false;
    bool full = json_array_size(listing->list) >= listing->max;
    if (all && !more)
        listing->after = ALL_OF_IT;
    if (!all || full)
        answer(listing, more || all);
    else if (more)
        read_page(listing);
    else
        next_topic(listing);
}

static void heads_read(struct store_op *op)
{
    struct listing *listing = op->context;
    struct store_page_subscribers *page = &listing->page;
    enum store_status status = op->status;
    bool more = !page->end;
    for (size_t i = 0; status == STORE_OK && i < page->count; i++)
        add(listing, &page->items[i], &listing->heads.items[i]);
    listing->at = page->items[page->count - 1].topic;
    listing->after = page->items[page->count - 1].id;
    store_release(op);
    store_release(&page->op);
    if (status != STORE_OK)
        give_up(listing, status);
    else
        go_on(listing, more);
}

static void page_read(struct store_op *op)
{
    struct listing *listing = op->context;
    const struct store_page_subscribers *page = &listing->page;
    if (op->status != STORE_OK) {
        enum store_status status = op->status;
        store_release(op);
        give_up(listing, status);
        return;
    }
    if (page->count == 0) {
        store_release(op);
        go_on(listing, false);
        return;
    }
    for (size_t i = 0; i < page->count; i++)
        listing->ids[i] = page->items[i].topic;
    listing->heads = (struct store_topics){
        .ids = listing->ids,
        .count = page->count,
    };
    inquiry_submit(&listing->inquiry, &listing->heads.op, STORE_TOPICS,
                   heads_read);
}

static void read_page(struct listing *listing)
{
    bool by_origin = listing->callback != NULL;
    listing->page = (struct store_page_subscribers){
        .topic = listing->at,
        .after = listing->after,
        .after_topic = listing->at,
        .origin = by_origin ? &listing->origin : NULL,
        .max = listing->max,
    };
    inquiry_submit(&listing->inquiry, &listing->page.op, STORE_PAGE_SUBSCRIBERS,
                   page_read);
}

static void topic_walked(struct store_op *op)
{
    struct listing *listing = op->context;
    const struct store_page_topics *walked = &listing->walked;
    enum store_status status = op->status;
    bool found = status == STORE_OK && walked->count > 0;
    bool followed = found && walked->items[0].subscriptions > 0;
    if (found)
        listing->at = walked->items[0].id;
    listing->after = followed ? 0 : ALL_OF_IT;
    store_release(op);
    if (status != STORE_OK)
        give_up(listing, status);
    else if (!found)
        answer(listing, false);
    else if (followed)
        read_page(listing);
    else
        next_topic(listing);
}

static void next_topic(struct listing *listing)
{
    if (listing->topics++ == TOPICS_MAX) {
        answer(listing, true);
        return;
    }
    listing->walked = (struct store_page_topics){
        .after = listing->at,
        .max = 1,
    };
    inquiry_submit(&listing->inquiry, &listing->walked.op, STORE_PAGE_TOPICS,
                   topic_walked);
}

static void topic_named(struct store_op *op)
{
    struct listing *listing = op->context;
    enum store_status status = op->status;
    uint64_t topic = status == STORE_OK ? listing->named.items[0].id : 0;
    store_release(op);
    if (status != STORE_OK && status != STORE_NOT_FOUND) {
        give_up(listing, status);
    } else if (topic == 0) {
        free(listing->ids);
        json_decref(listing->list);
        inquiry_fail(&listing->inquiry, 404, "this topic is not known");
    } else {
        listing->at = topic;
        if (listing->number > 0)
            listing->after = listing->number - 1;
        read_page(listing);
    }
}

// --------------------------------------------------------------------- one

static void head_read(struct store_op *op)
{
    struct listing *listing = op->context;
    struct store_find *find = &listing->find;
    const struct store_topic *topic =
        op->status == STORE_OK ? &listing->heads.items[0] : NULL;
    listing->pending = json_array();
    for (size_t i = 0; i < find->pending_count; i++)
        json_array_append_new(listing->pending,
                              admin_json_request(&find->pending[i], op->at));
    if (find->subscribed)
        add(listing, &find->subscriber, topic);
    store_release(op);
    store_release(&find->op);
    answer(listing, false);
}

static void one_found(struct store_op *op)
{
    struct listing *listing = op->context;
    enum store_status status = op->status;
    if (status != STORE_OK && status != STORE_NOT_FOUND) {
        store_release(op);
        give_up(listing, status);
        return;
    }
    listing->heads = (struct store_topics){
        .keys = &listing->topic_key,
        .count = 1,
    };
    inquiry_submit(&listing->inquiry, &listing->heads.op, STORE_TOPICS,
                   head_read);
}

// ----------------------------------------------------------------- reading

static bool is_state(const char *text)
{
    static const char *const states[] = { "active",    "lagging", "stopped",
                                          "suspended", "paused",  "waiting" };
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (strcmp(states[i], text) == 0)
            return true;
    return false;
}

// False: it was answered.
static bool read_query(struct listing *listing)
{
    struct inquiry *inquiry = &listing->inquiry;
    listing->topic = inquiry_text(inquiry, "topic");
    listing->callback = inquiry_text(inquiry, "callback");
    listing->state = inquiry_text(inquiry, "state");
    if (listing->state && !is_state(listing->state)) {
        inquiry_fail(inquiry, 400,
                     "state is active, lagging, stopped, suspended, paused or "
                     "waiting");
        return false;
    }
    if (admin_target_lacks_topic(inquiry))
        return false;
    if (listing->topic && !inquiry_key(inquiry, "topic", &listing->topic_key))
        return false;
    listing->number =
        listing->callback ? admin_target_number(listing->callback) : 0;
    if (listing->number > 0)
        listing->callback = NULL;
    if (!listing->callback)
        return true;
    struct url *callback = inquiry_url(inquiry, "callback");
    if (!callback)
        return false;
    url_key(callback, listing->callback_key.bytes);
    url_origin_key(callback, listing->origin.bytes);
    free(callback);
    return true;
}

// "TOPIC.SUBSCRIPTION", what `next` said.
static void read_place(struct listing *listing)
{
    const char *after = inquiry_text(&listing->inquiry, "after");
    char *rest = NULL;
    if (!after)
        return;
    listing->at = strtoull(after, &rest, 10);
    listing->after = *rest == '.' ? strtoull(rest + 1, NULL, 10) : 0;
}

static void begin(struct listing *listing)
{
    struct inquiry *inquiry = &listing->inquiry;
    if (listing->topic && listing->callback) {
        listing->find = (struct store_find){
            .topic_key = listing->topic_key,
            .callback_key = listing->callback_key,
        };
        inquiry_submit(inquiry, &listing->find.op, STORE_FIND, one_found);
    } else if (listing->topic) {
        listing->named = (struct store_topics){
            .keys = &listing->topic_key,
            .count = 1,
        };
        inquiry_submit(inquiry, &listing->named.op, STORE_TOPICS, topic_named);
    } else if (listing->callback
               || (listing->at > 0 && listing->after != ALL_OF_IT)) {
        read_page(listing);
    } else {
        next_topic(listing);
    }
}

void admin_subscriptions(void *self, struct request *request, struct moment now)
{
    struct listing *listing = inquiry_new(self, request, sizeof *listing);
    (void)now;
    if (!listing || !read_query(listing))
        return;
    read_place(listing);
    listing->max = inquiry_page_size(&listing->inquiry);
    listing->list = json_array();
    listing->ids = calloc(listing->max, sizeof *listing->ids);
    if (listing->ids)
        begin(listing);
    else
        give_up(listing, STORE_AGAIN);
}
