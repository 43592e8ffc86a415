// SPDX-License-Identifier: MIT

#include "admin.h"

#include "admin_json.h"
#include "admin_target.h"
#include "fetcher/url.h"
#include "inquiry.h"
#include "storage/store.h"
#include "subscriber_filter.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

// Subscriptions that are looked at at a time when only some are wanted, and
// how often: whoever asks goes on from `next`.
enum { LOOKED_AT = 1000, LOOKS = 50 };

// Of one topic, of one origin, of both, or all there are.
struct listing {
    struct inquiry inquiry;
    const char *topic;     // NULL: any
    uint64_t topic_id;     // 0: any
    bool by_origin, whole; // callbacks are shown
    struct store_key topic_key, origin;
    struct subscriber_filter filter;
    size_t max;         // items wanted
    unsigned looks;     // pages that were read
    uint64_t at, after; // topic and subscription before the next page
    json_t *list, *pending;
    union {
        struct store_topics named;
        struct store_page_subscribers page;
        struct store_find find;
    };
    struct store_topics heads; // of those who lag
    uint64_t *ids;
};

static void end(struct listing *listing, json_t *root)
{
    store_release(&listing->heads.op);
    free(listing->ids);
    inquiry_answer(&listing->inquiry, 200, root);
}

static void give_up(struct listing *listing, enum store_status status)
{
    store_release(&listing->heads.op);
    free(listing->ids);
    json_decref(listing->list);
    json_decref(listing->pending);
    if (status == STORE_NOT_FOUND)
        inquiry_fail(&listing->inquiry, 404, "this topic is not known");
    else
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

static void add(struct listing *listing,
                const struct store_subscriber *subscriber, uint64_t head,
                int64_t now)
{
    struct admin_json_subscriber from = {
        .subscriber = subscriber,
        .head = head,
        .now = now,
        .whole = listing->whole,
    };
    json_array_append_new(listing->list, admin_json_subscriber(&from));
}

// -------------------------------------------------------------------- pages

static void read_page(struct listing *listing);

static uint64_t head_of(const struct listing *listing, uint64_t topic)
{
    for (size_t i = 0; i < listing->heads.count; i++)
        if (listing->ids[i] == topic)
            return listing->heads.items[i].head;
    return 0;
}

// What it takes of the page, until there is enough.
static void take_page(struct listing *listing)
{
    struct store_page_subscribers *page = &listing->page;
    bool enough = false, rest = false;
    for (size_t i = 0; i < page->count && !enough; i++) {
        const struct store_subscriber *one = &page->items[i];
        listing->at = one->topic;
        listing->after = one->id;
        rest = i + 1 < page->count;
        if (!subscriber_filter_takes(&listing->filter, one))
            continue;
        add(listing, one, one->lagging ? head_of(listing, one->topic) : 0,
            page->op.at);
        enough = json_array_size(listing->list) >= listing->max;
    }
    bool more = rest || (!page->end && page->count > 0);
    // There is one of this number, or none.
    if (listing->filter.number > 0)
        more = false;
    store_release(&page->op);
    if (!more || enough || ++listing->looks == LOOKS)
        answer(listing, more);
    else
        read_page(listing);
}

static void heads_read(struct store_op *op)
{
    struct listing *listing = op->context;
    enum store_status status = op->status;
    if (status == STORE_OK) {
        take_page(listing);
        return;
    }
    store_release(op);
    store_release(&listing->page.op);
    give_up(listing, status);
}

// Only who lags is shown with how far his topic is. Their topics, each once,
// since a page is in the order of topics.
static size_t lagging_topics(struct listing *listing)
{
    const struct store_page_subscribers *page = &listing->page;
    size_t count = 0;
    for (size_t i = 0; i < page->count; i++) {
        const struct store_subscriber *one = &page->items[i];
        if (!one->lagging
            || (count > 0 && listing->ids[count - 1] == one->topic)
            || !subscriber_filter_takes(&listing->filter, one))
            continue;
        listing->ids[count++] = one->topic;
    }
    return count;
}

static void page_read(struct store_op *op)
{
    struct listing *listing = op->context;
    enum store_status status = op->status;
    if (status != STORE_OK) {
        store_release(op);
        give_up(listing, status);
        return;
    }
    store_release(&listing->heads.op);
    listing->heads = (struct store_topics){
        .ids = listing->ids,
        .count = lagging_topics(listing),
    };
    if (listing->heads.count == 0)
        take_page(listing);
    else
        inquiry_submit(&listing->inquiry, &listing->heads.op, STORE_TOPICS,
                       heads_read);
}

static void read_page(struct listing *listing)
{
    bool picks = subscriber_filter_picks(&listing->filter)
                 && listing->filter.number == 0;
    listing->page = (struct store_page_subscribers){
        .topic = listing->by_origin ? 0 : listing->topic_id,
        .after = listing->after,
        .after_topic = listing->at,
        .origin = listing->by_origin ? &listing->origin : NULL,
        .max = picks ? LOOKED_AT : listing->max,
    };
    inquiry_submit(&listing->inquiry, &listing->page.op, STORE_PAGE_SUBSCRIBERS,
                   page_read);
}

static void topic_named(struct store_op *op)
{
    struct listing *listing = op->context;
    enum store_status status = op->status;
    uint64_t topic = status == STORE_OK ? listing->named.items[0].id : 0;
    store_release(op);
    if (status != STORE_OK || topic == 0) {
        give_up(listing, status == STORE_OK ? STORE_NOT_FOUND : status);
        return;
    }
    listing->topic_id = topic;
    if (listing->filter.number > 0)
        listing->after = listing->filter.number - 1;
    read_page(listing);
}

// --------------------------------------------------------------------- one

static void head_read(struct store_op *op)
{
    struct listing *listing = op->context;
    struct store_find *find = &listing->find;
    uint64_t head = op->status == STORE_OK ? listing->heads.items[0].head : 0;
    listing->pending = json_array();
    for (size_t i = 0; i < find->pending_count; i++)
        json_array_append_new(listing->pending,
                              admin_json_request(&find->pending[i], op->at));
    if (find->subscribed
        && subscriber_filter_takes(&listing->filter, &find->subscriber))
        add(listing, &find->subscriber, head, op->at);
    store_release(op);
    store_release(&find->op);
    listing->heads = (struct store_topics){ .count = 0 };
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

// By its URL, or, in a topic, by its number. False: it was answered.
static bool read_callback(struct listing *listing, const char *callback)
{
    struct subscriber_filter *filter = &listing->filter;
    filter->number = admin_target_number(callback);
    if (filter->number > 0)
        return true;
    struct url *url = inquiry_url(&listing->inquiry, "callback");
    if (!url)
        return false;
    url_key(url, filter->callback.bytes);
    url_origin_key(url, listing->origin.bytes);
    free(url);
    filter->by_callback = listing->by_origin = listing->whole = true;
    return true;
}

// A host or an origin. False: it was answered.
static bool read_place(struct listing *listing)
{
    struct inquiry *inquiry = &listing->inquiry;
    const char *host = inquiry_text(inquiry, "host");
    const char *wrong = host ? rules_read(host, listing->filter.host) : NULL;
    if (wrong) {
        inquiry_blame(inquiry, "host", wrong);
        return false;
    }
    if (!inquiry_text(inquiry, "origin"))
        return true;
    struct url *url = inquiry_url(inquiry, "origin");
    if (!url)
        return false;
    url_origin_key(url, listing->origin.bytes);
    free(url);
    listing->by_origin = true;
    return true;
}

// False: it was answered.
static bool read_query(struct listing *listing)
{
    struct inquiry *inquiry = &listing->inquiry;
    const char *callback = inquiry_text(inquiry, "callback");
    listing->topic = inquiry_text(inquiry, "topic");
    listing->filter.state = inquiry_text(inquiry, "state");
    if (listing->filter.state
        && !subscriber_filter_is_state(listing->filter.state)) {
        inquiry_blame(inquiry, "state",
                      "active, lagging, stopped, suspended, paused or waiting");
        return false;
    }
    if (admin_target_lacks_topic(inquiry) || !read_place(listing))
        return false;
    listing->topic_id =
        listing->topic ? admin_target_number(listing->topic) : 0;
    if (listing->topic && listing->topic_id == 0
        && !inquiry_key(inquiry, "topic", &listing->topic_key))
        return false;
    return !callback || read_callback(listing, callback);
}

// "TOPIC.SUBSCRIPTION", what `next` said; of one topic its number alone will
// do.
static void read_after(struct listing *listing)
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
    if (listing->topic && listing->filter.by_callback
        && listing->topic_id == 0) {
        listing->find = (struct store_find){
            .topic_key = listing->topic_key,
            .callback_key = listing->filter.callback,
        };
        inquiry_submit(inquiry, &listing->find.op, STORE_FIND, one_found);
    } else if (listing->topic) {
        if (listing->by_origin)
            listing->filter.origin = &listing->origin;
        listing->by_origin = false;
        listing->named = (struct store_topics){ .count = 1 };
        if (listing->topic_id > 0)
            listing->named.ids = &listing->topic_id;
        else
            listing->named.keys = &listing->topic_key;
        inquiry_submit(inquiry, &listing->named.op, STORE_TOPICS, topic_named);
    } else {
        read_page(listing);
    }
}

void admin_subscriptions(void *self, struct request *request, struct moment now)
{
    struct listing *listing = inquiry_new(self, request, sizeof *listing);
    (void)now;
    if (!listing || !read_query(listing))
        return;
    read_after(listing);
    listing->max = inquiry_page_size(&listing->inquiry);
    listing->list = json_array();
    listing->ids = calloc(LOOKED_AT, sizeof *listing->ids);
    if (listing->ids)
        begin(listing);
    else
        give_up(listing, STORE_AGAIN);
}
