// SPDX-License-Identifier: MIT

#include "denials.h"
#include "due.h"
#include "lagging.h"
#include "ops.h"

static void delay_request(struct engine_context *context, uint64_t id,
                          int64_t due)
{
    struct request request;
    if (!request_load(context->txn, &context->scratch, id, &request))
        return;
    due_move(context, work_request(&request), request.due, due);
    request.due = due;
    request_save(context->txn, &request);
}

static void delay_delivery(struct engine_context *context, uint64_t topic,
                           uint64_t id, int64_t due)
{
    struct subscription subscription;
    struct lagging old;
    // What was stopped while it was claimed stays so.
    if (!subscription_load(context->txn, &context->scratch, topic, id,
                           &subscription)
        || !lagging_load(context->txn, topic, id, &old) || old.due == 0)
        return;
    struct lagging lagging = old;
    lagging.due = due;
    lagging_save(context, &subscription.shown, &old, &lagging);
}

static void delay_topic(struct engine_context *context,
                        enum store_due_kind kind, uint64_t id, int64_t due)
{
    struct topic topic;
    if (!topic_load(context->txn, &context->scratch, id, &topic))
        return;
    if (kind == STORE_DUE_TRIM)
        due_trim(context, &topic, due);
    else if (topic.shown.unfollowed_at == 0)
        due_fetch(context, &topic, due);
    topic_save(context->txn, &topic);
}

static void put_off_denial(struct engine_context *context, uint64_t id,
                           int64_t due)
{
    struct denial denial;
    if (denial_load(context->txn, &context->scratch, id, &denial))
        denial_delay(context, &denial, due);
}

enum store_status op_release(struct engine_context *context,
                             struct store_release_claim *op)
{
    bool delivery = op->kind == STORE_DUE_DELIVER;
    struct work work = { op->kind, delivery ? op->topic : 0, op->id };
    if (op->kind < STORE_DUE_VERIFY || op->kind > STORE_DUE_DENY || op->due < 0)
        return STORE_INVALID;
    if (!claims_settle(context->claims, work, op->token))
        return STORE_STALE;
    if (op->due == 0) {
        context->idle = true;
        return STORE_OK;
    }
    // What is claimed may have been removed meanwhile: nothing to delay.
    switch (op->kind) {
    case STORE_DUE_VERIFY:
    case STORE_DUE_RENEW:
        delay_request(context, op->id, op->due);
        break;
    case STORE_DUE_DELIVER:
        delay_delivery(context, op->topic, op->id, op->due);
        break;
    case STORE_DUE_FETCH:
    case STORE_DUE_TRIM:
        delay_topic(context, op->kind, op->id, op->due);
        break;
    case STORE_DUE_DENY:
        put_off_denial(context, op->id, op->due);
        break;
    case STORE_DUE_LANE:
        break;
    }
    return STORE_OK;
}
