// SPDX-License-Identifier: MIT

#include "requests.h"

#include "due.h"
#include "leases.h"
#include "subscriptions.h"

#include <assert.h>
#include <string.h>

static void save_pending(struct engine_context *context,
                         const struct request *request,
                         const struct pending *pending)
{
    if (!pairs_set(context->pairs, &request->shown.topic_key,
                   &request->shown.callback_key, pending))
        txn_fail(context->txn, STORE_AGAIN);
}

bool requests_recall(struct txn *txn, struct pairs *pairs)
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
        if (pending.count == STORE_PENDING_MAX)
            txn_fail(txn, STORE_CORRUPT);
        else
            pending.ids[pending.count++] = key_part(key, 0);
        if (!pairs_set(pairs, &request.shown.topic_key,
                       &request.shown.callback_key, &pending))
            txn_fail(txn, STORE_AGAIN);
        pairs_commit(pairs);
    }
    return txn_ok(txn);
}

void request_add(struct engine_context *context, const struct request *request)
{
    const struct store_request *shown = &request->shown;
    struct pending pending;
    pairs_find(context->pairs, &shown->topic_key, &shown->callback_key,
               &pending);
    assert(pending.count < STORE_PENDING_MAX);
    pending.ids[pending.count++] = shown->id;
    save_pending(context, request, &pending);
    request_save(context->txn, request);
    due_move(context, work_request(shown->id), 0, request->due);
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

    struct key key;
    key_one(&key, shown->id);
    txn_remove(context->txn, TABLE_REQUESTS, &key);
    lease_move(context->txn, lease_of_request(shown->id), shown->deadline, 0);
    claims_drop(context->claims, work_request(shown->id));
    due_move(context, work_request(shown->id), request->due, 0);
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

void request_fail(struct engine_context *context, const struct request *request)
{
    const struct store_request *shown = &request->shown;
    struct txn *txn = context->txn;
    struct arena *scratch = &context->scratch;
    request_drop(context, request);
    if (shown->mode != STORE_SUBSCRIBE)
        return;
    struct topic topic;
    struct subscription subscription;
    uint64_t topic_id = topic_find(txn, &shown->topic_key);
    uint64_t id =
        topic_id ? subscription_find(txn, topic_id, &shown->callback_key) : 0;
    if (!id || !subscription_load(txn, scratch, topic_id, id, &subscription)
        || !subscription.shown.suspended
        || !topic_load(txn, scratch, topic_id, &topic)
        || requests_renewing(context, &shown->topic_key, &shown->callback_key)
               != 0)
        return;
    subscription_end(context, &topic, &subscription);
    topic_save(txn, &topic);
}
