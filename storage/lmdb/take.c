// SPDX-License-Identifier: MIT

#include "ops.h"
#include "requests.h"

#include <string.h>

enum {
    // Beyond its strings: four keys of it, and what pages waste.
    TAKE_SIZE = 1024,
};

static bool fits(struct bytes text, size_t max)
{
    return text.len <= max && (text.len == 0 || text.at);
}

static bool url_fits(struct bytes url)
{
    return url.len > 0 && fits(url, STORE_URL_MAX);
}

static bool profile_valid(const struct store_profile *profile)
{
    return fits(profile->secret, STORE_SECRET_MAX)
           && fits(profile->verify_token, STORE_VERIFY_TOKEN_MAX)
           && profile->method <= STORE_SHA512
           && profile->content <= STORE_CONTENT_ENTRIES;
}

static bool valid(const struct store_request *request)
{
    return (request->mode == STORE_SUBSCRIBE
            || request->mode == STORE_UNSUBSCRIBE)
           && url_fits(request->topic) && url_fits(request->callback)
           && fits(request->topic_normal, STORE_URL_MAX)
           && profile_valid(&request->profile) && request->lease >= 0
           && request->deadline > 0;
}

static bool equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

// Table B: an identical one is joined, and no second GET follows.
static bool identical(const struct store_request *a,
                      const struct store_request *b)
{
    return a->mode == b->mode && a->lease == b->lease
           && a->profile.method == b->profile.method
           && a->profile.content == b->profile.content
           && a->profile.old_client == b->profile.old_client
           && equal(a->profile.secret, b->profile.secret)
           && equal(a->profile.verify_token, b->profile.verify_token)
           && equal(a->topic, b->topic) && equal(a->callback, b->callback);
}

struct waiting {
    size_t count;
    bool subscribes;
    uint64_t identical; // 0: none is
};

// What waits for the key, after those past their deadline have been cleared.
static struct waiting look(struct engine_context *context,
                           const struct store_request *wanted)
{
    struct waiting waiting = { 0 };
    struct pending pending;
    pairs_find(context->pairs, &wanted->topic_key, &wanted->callback_key,
               &pending);
    for (size_t i = 0; i < pending.count; i++) {
        struct request request;
        if (!request_load(context->txn, &context->scratch, pending.ids[i],
                          &request))
            continue;
        if (request.shown.deadline <= context->now) {
            request_fail(context, &request);
            continue;
        }
        waiting.count++;
        if (request.shown.mode == STORE_SUBSCRIBE)
            waiting.subscribes = true;
        if (identical(&request.shown, wanted))
            waiting.identical = request.shown.id;
    }
    return waiting;
}

static bool subscribed(struct engine_context *context,
                       const struct store_request *request)
{
    uint64_t topic = topic_find(context->txn, &request->topic_key);
    return topic
           && subscription_find(context->txn, topic, &request->callback_key)
                  != 0;
}

static void insert(struct engine_context *context, struct store_take *op)
{
    struct request request = {
        .shown = op->request,
        .due = context->now,
    };
    request.shown.id = ++context->counters.request;
    request.shown.accepted = context->now;
    request.shown.deadline = op->request.deadline < INT64_MAX - context->now
                                 ? context->now + op->request.deadline
                                 : INT64_MAX;
    request.shown.tries = 0;
    request_add(context, &request);
    op->id = request.shown.id;
}

enum store_status op_take(struct engine_context *context, struct store_take *op)
{
    const struct store_request *request = &op->request;
    op->id = 0;
    if (!valid(request))
        return STORE_INVALID;
    if (!engine_admits(context, TAKE_SIZE + request->topic.len
                                    + request->callback.len
                                    + request->topic_normal.len))
        return STORE_FULL;
    struct waiting waiting = look(context, request);
    if (waiting.identical) {
        op->taken = STORE_TAKEN_JOINED;
        op->id = waiting.identical;
        return STORE_OK;
    }
    // Nothing of its own is stored, but the commit itself stores the
    // counters, so that this answer takes as long as any other (M18).
    if (request->mode == STORE_UNSUBSCRIBE && !waiting.subscribes
        && !subscribed(context, request)) {
        op->taken = STORE_TAKEN_IDLE;
        return STORE_OK;
    }
    if (waiting.count >= STORE_PENDING_MAX)
        return STORE_CONFLICT;
    if (!pairs_room(context->pairs))
        return STORE_FULL;
    op->taken = STORE_TAKEN_NEW;
    insert(context, op);
    return STORE_OK;
}
