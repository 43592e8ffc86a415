// SPDX-License-Identifier: MIT

#include "requests.h"

#include "due.h"
#include "leases.h"
#include "standing.h"
#include "subscriptions.h"

#include <assert.h>
#include <string.h>

// Beyond its strings: four keys of it, and what pages waste.
enum { REQUEST_SIZE = 1024 };

static bool fits(struct bytes text, size_t max)
{
    return text.len <= max && (text.len == 0 || text.at);
}

static bool url_fits(struct bytes url)
{
    return url.len > 0 && fits(url, STORE_URL_MAX);
}

static bool profile_sound(const struct store_profile *profile)
{
    return fits(profile->secret, STORE_SECRET_MAX)
           && fits(profile->verify_token, STORE_VERIFY_TOKEN_MAX)
           && profile->method <= STORE_SHA512
           && profile->content <= STORE_CONTENT_ENTRIES;
}

bool request_sound(const struct store_request *request)
{
    return (request->mode == STORE_SUBSCRIBE
            || request->mode == STORE_UNSUBSCRIBE)
           && url_fits(request->topic) && url_fits(request->callback)
           && fits(request->topic_normal, STORE_URL_MAX)
           && profile_sound(&request->profile) && request->lease >= 0;
}

bool request_fits(struct engine_context *context,
                  const struct store_request *request, bool exists)
{
    uint64_t size = REQUEST_SIZE + request->topic.len + request->callback.len
                    + request->topic_normal.len;
    return exists ? engine_admits_existing(context, size)
                  : engine_admits(context, size);
}

static void save_pending(struct engine_context *context,
                         const struct request *request,
                         const struct pending *pending)
{
    if (!pairs_set(context->pairs, &request->shown.topic_key,
                   &request->shown.callback_key, pending))
        txn_fail(context->txn, STORE_AGAIN);
}

// The crowd that it is counted in: neither what exists is, nor what is idle.
static uint64_t crowd_of(const struct request *request)
{
    return request->shown.renews || request->idle ? 0 : request->shown.host;
}

bool requests_recall(struct txn *txn, struct pairs *pairs,
                     struct crowds *crowds)
{
    struct key from;
    struct bytes key, record;
    key_start(&from);
    bool more = txn_seek(txn, TABLE_REQUESTS, &from, &key, &record);
    for (; more; more = txn_next(txn, TABLE_REQUESTS, &key, &record)) {
        struct request request;
        struct pending pending;
        memset(&request, 0, sizeof request);
        if (!request_decode(record, &request)) {
            txn_fail(txn, STORE_CORRUPT);
            break;
        }
        pairs_find(pairs, &request.shown.topic_key, &request.shown.callback_key,
                   &pending);
        if (pending.count == STORE_WAITING_MAX)
            txn_fail(txn, STORE_CORRUPT);
        else
            pending.ids[pending.count++] = key_part(key, 0);
        struct lifecycle_step step =
            lifecycle_step(LIFECYCLE_NONE, LIFECYCLE_RESTART, 0);
        if (!(step.effects & LIFECYCLE_AWAIT))
            continue;
        if (!pairs_set(pairs, &request.shown.topic_key,
                       &request.shown.callback_key, &pending)
            || !crowds_add(crowds, crowd_of(&request), request.shown.asker))
            txn_fail(txn, STORE_AGAIN);
        pairs_commit(pairs);
        crowds_commit(crowds);
    }
    return txn_ok(txn);
}

void request_add(struct engine_context *context, const struct request *request)
{
    const struct store_request *shown = &request->shown;
    struct pending pending;
    pairs_find(context->pairs, &shown->topic_key, &shown->callback_key,
               &pending);
    assert(pending.count < STORE_WAITING_MAX);
    pending.ids[pending.count++] = shown->id;
    save_pending(context, request, &pending);
    if (!crowds_add(context->crowds, crowd_of(request), shown->asker))
        txn_fail(context->txn, STORE_AGAIN);
    context->counters.idle += request->idle;
    request_save(context->txn, request);
    due_move(context, work_request(request), 0, request->due);
    lease_move(context->txn, lease_of_request(shown->id), 0, shown->deadline);
}

void request_drop(struct engine_context *context, const struct request *request)
{
    const struct store_request *shown = &request->shown;
    struct pending pending;
    pairs_find(context->pairs, &shown->topic_key, &shown->callback_key,
               &pending);
    size_t kept = 0;
    for (size_t i = 0; i < pending.count; i++)
        if (pending.ids[i] != shown->id)
            pending.ids[kept++] = pending.ids[i];
    pending.count = kept;
    save_pending(context, request, &pending);
    if (!crowds_remove(context->crowds, crowd_of(request), shown->asker))
        txn_fail(context->txn, STORE_AGAIN);

    context->counters.idle -= request->idle;
    struct key key;
    key_one(&key, shown->id);
    txn_remove(context->txn, TABLE_REQUESTS, &key);
    lease_move(context->txn, lease_of_request(shown->id), shown->deadline, 0);
    claims_drop(context->claims, work_request(request));
    due_move(context, work_request(request), request->due, 0);
}

int64_t requests_renewing(struct engine_context *context,
                          const struct store_key *topic,
                          const struct store_key *callback)
{
    struct pending pending;
    int64_t last = 0;
    pairs_find(context->pairs, topic, callback, &pending);
    for (size_t i = 0; i < pending.count; i++) {
        struct request request;
        if (!request_load(context->txn, &context->scratch, pending.ids[i],
                          &request))
            continue;
        bool live = request.shown.mode == STORE_SUBSCRIBE
                    && request.shown.deadline > context->now;
        if (live && request.shown.deadline > last)
            last = request.shown.deadline;
    }
    return last;
}

static void drop_below(struct engine_context *context,
                       const struct store_key *topic,
                       const struct store_key *callback, uint64_t limit)
{
    struct pending pending;
    pairs_find(context->pairs, topic, callback, &pending);
    for (size_t i = 0; i < pending.count; i++) {
        struct request request;
        if (pending.ids[i] < limit
            && request_load(context->txn, &context->scratch, pending.ids[i],
                            &request))
            request_drop(context, &request);
    }
}

void requests_drop_older(struct engine_context *context,
                         const struct request *request)
{
    drop_below(context, &request->shown.topic_key, &request->shown.callback_key,
               request->shown.id);
}

void requests_drop_all(struct engine_context *context,
                       const struct store_key *topic,
                       const struct store_key *callback)
{
    drop_below(context, topic, callback, UINT64_MAX);
}

void request_failed(struct engine_context *context,
                    const struct request *failed)
{
    const struct store_request *request = &failed->shown;
    struct standing standing;
    // Nobody waited for it.
    if (failed->idle)
        return;
    standing_find(context, &context->scratch, &request->topic_key,
                  &request->callback_key, &standing);
    bool another =
        requests_renewing(context, &request->topic_key, &request->callback_key)
        != 0;
    struct lifecycle_step step =
        lifecycle_step(standing.state, LIFECYCLE_REQUEST_FAILED,
                       another ? LIFECYCLE_SUBSCRIBES : 0);
    if (step.effects & LIFECYCLE_END) {
        subscription_end(context, &standing.topic, &standing.subscription);
        topic_save(context->txn, &standing.topic);
    }
}
