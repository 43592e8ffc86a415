// SPDX-License-Identifier: MIT

#include "denials.h"
#include "graves.h"
#include "lagging.h"
#include "leases.h"
#include "requests.h"
#include "standing.h"
#include "subscriptions.h"
#include "tickets.h"

// State G: nothing is sent until the renewal has settled; if it fails, the
// subscription ends with it, and if nobody settles it, at its deadline.
static void suspend(struct engine_context *context, struct standing *standing,
                    int64_t deadline)
{
    struct subscription *subscription = &standing->subscription;
    const struct store_subscriber *shown = &subscription->shown;
    subscription->shown.suspended = true;
    subscription_lease(context, subscription, deadline);
    subscription_save(context->txn, subscription);
    if (!standing->lags)
        return;
    // The renewal makes it due again.
    struct lagging lagging = standing->lagging;
    lagging.due = 0;
    lagging.waits = false;
    lagging_save(context, shown, &standing->lagging, &lagging);
}

static void end(struct engine_context *context, struct store_expire *op,
                struct standing *standing, bool told)
{
    struct subscription *subscription = &standing->subscription;
    subscription_show(subscription, NULL, standing->topic.shown.baseline,
                      &op->items[op->count++]);
    if (told)
        denial_of_subscription(context, &standing->topic.key, subscription,
                               STORE_DENIAL_EXPIRED);
    subscription_end(context, &standing->topic, subscription);
    topic_save(context->txn, &standing->topic);
}

// One whose lease is over. False: it does not fit together.
static bool end_lease(struct engine_context *context, struct store_expire *op,
                      const struct lease *lease)
{
    struct standing standing;
    if (!standing_load(context, &context->results, lease->topic, lease->id,
                       &standing))
        return false;
    int64_t deadline = requests_renewing(context, &standing.topic.key,
                                         &standing.subscription.callback_key);
    unsigned facts = op->goodbye ? LIFECYCLE_GOODBYE : 0;
    if (deadline != 0)
        facts |= LIFECYCLE_SUBSCRIBES;
    struct lifecycle_step step =
        lifecycle_step(standing.state, LIFECYCLE_LEASE_END, facts);
    if (step.effects & LIFECYCLE_SUSPEND)
        suspend(context, &standing, deadline);
    if (step.effects & LIFECYCLE_END)
        end(context, op, &standing, step.effects & LIFECYCLE_DENY);
    return true;
}

static bool first_over(struct engine_context *context, enum lease_kind kind,
                       struct lease *out)
{
    return lease_first(context->txn, kind, out) && out->end <= context->now;
}

static bool end_leases(struct engine_context *context, struct store_expire *op)
{
    struct lease lease;
    for (size_t i = 0; i < op->max; i++) {
        if (!first_over(context, LEASE_SUBSCRIPTION, &lease))
            return true;
        if (!end_lease(context, op, &lease))
            return false;
    }
    return true;
}

static bool end_requests(struct engine_context *context,
                         const struct store_expire *op)
{
    struct lease lease;
    struct request request;
    for (size_t i = 0; i < op->max; i++) {
        if (!first_over(context, LEASE_REQUEST, &lease))
            return true;
        if (!request_load(context->txn, &context->scratch, lease.id, &request))
            return false;
        request_drop(context, &request);
        request_failed(context, &request);
    }
    return true;
}

static void end_tickets(struct engine_context *context,
                        const struct store_expire *op)
{
    struct lease lease;
    for (size_t i = 0; i < op->max; i++) {
        if (!first_over(context, LEASE_TICKET, &lease))
            return;
        ticket_drop(context, lease.id);
        lease_move(context->txn, lease, lease.end, 0);
    }
}

static void end_graves(struct engine_context *context,
                       const struct store_expire *op)
{
    struct lease lease;
    for (size_t i = 0; i < op->max; i++) {
        if (!first_over(context, LEASE_GRAVE, &lease))
            return;
        grave_drop(context->txn, &lease);
        lease_move(context->txn, lease, lease.end, 0);
    }
}

static bool any_over(struct engine_context *context)
{
    struct lease lease;
    return first_over(context, LEASE_SUBSCRIPTION, &lease)
           || first_over(context, LEASE_REQUEST, &lease)
           || first_over(context, LEASE_TICKET, &lease)
           || first_over(context, LEASE_GRAVE, &lease);
}

enum store_status op_expire(struct engine_context *context,
                            struct store_expire *op)
{
    struct lease lease;
    op->count = 0;
    op->items = NULL;
    op->more = false;
    op->next_end = INT64_MAX;
    if (op->max > STORE_BATCH_MAX)
        return STORE_INVALID;
    if (op->max > 0)
        op->items = arena_array(&context->results, op->max, sizeof *op->items);
    if (op->max > 0 && !op->items)
        return STORE_AGAIN;
    bool over = op->max > 0 && any_over(context);
    // Leases first: a request that is past its deadline renews nothing, but
    // to drop it first would end a subscription without telling of it.
    if (!end_leases(context, op) || !end_requests(context, op)) {
        txn_fail(context->txn, STORE_CORRUPT);
        return STORE_CORRUPT;
    }
    end_tickets(context, op);
    end_graves(context, op);
    context->idle = !over;
    op->more = any_over(context);
    if (lease_first(context->txn, LEASE_SUBSCRIPTION, &lease))
        op->next_end = lease.end;
    return STORE_OK;
}
