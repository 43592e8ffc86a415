// SPDX-License-Identifier: MIT

#include "standing.h"

#include <string.h>

enum lifecycle_state standing_of(const struct subscription *subscription,
                                 const struct lagging *lagging)
{
    if (subscription->shown.suspended)
        return LIFECYCLE_GRACE;
    if (!lagging)
        return LIFECYCLE_ACTIVE;
    return lagging->due == 0 ? LIFECYCLE_STOPPED : LIFECYCLE_LAGGING;
}

bool standing_load(struct engine_context *context, struct arena *arena,
                   uint64_t topic, uint64_t subscription, struct standing *out)
{
    struct txn *txn = context->txn;
    memset(out, 0, sizeof *out);
    if (!topic_load(txn, arena, topic, &out->topic)
        || !subscription_load(txn, arena, topic, subscription,
                              &out->subscription))
        return false;
    out->lags = lagging_load(txn, topic, subscription, &out->lagging);
    out->state =
        standing_of(&out->subscription, out->lags ? &out->lagging : NULL);
    return true;
}

bool standing_show(struct engine_context *context, uint64_t topic,
                   uint64_t subscription, struct store_subscriber *out)
{
    struct txn *txn = context->txn;
    struct topic whole;
    struct subscription one;
    struct lagging lagging;
    if (!topic_load(txn, &context->scratch, topic, &whole)
        || !subscription_load(txn, &context->results, topic, subscription,
                              &one))
        return false;
    bool lags = lagging_load(txn, topic, subscription, &lagging);
    subscription_show(&one, lags ? &lagging : NULL, whole.shown.baseline, out);
    return true;
}

void standing_find(struct engine_context *context, struct arena *arena,
                   const struct store_key *topic,
                   const struct store_key *callback, struct standing *out)
{
    struct txn *txn = context->txn;
    memset(out, 0, sizeof *out);
    uint64_t topic_id = topic_find(txn, topic);
    uint64_t id = topic_id ? subscription_find(txn, topic_id, callback) : 0;
    if (id)
        standing_load(context, arena, topic_id, id, out);
    else if (topic_id)
        topic_load(txn, arena, topic_id, &out->topic);
}
