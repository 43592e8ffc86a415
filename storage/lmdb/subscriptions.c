// SPDX-License-Identifier: MIT

#include "subscriptions.h"

#include "due.h"
#include "lagging.h"
#include "leases.h"
#include "tickets.h"

static void put_indexes(struct txn *txn,
                        const struct subscription *subscription)
{
    const struct store_subscriber *shown = &subscription->shown;
    struct key key, id;
    key_one(&id, shown->id);
    key_one(&key, shown->topic);
    key_hash(&key, &subscription->callback_key);
    txn_put(txn, TABLE_SUBSCRIPTION_IDS, &key,
            (struct bytes){ (const char *)id.at, id.len });
}

static void origin_key(struct key *key, const struct store_subscriber *shown)
{
    key_start(key);
    key_hash(key, &shown->origin);
    key_u64(key, shown->topic);
    key_u64(key, shown->id);
}

static bool reached(uint64_t count, uint64_t max)
{
    return max != 0 && count >= max;
}

bool subscriptions_full(const struct engine_context *context, bool topic_exists)
{
    const struct store_options *options = context->options;
    return reached(txn_count(context->txn, TABLE_SUBSCRIPTIONS),
                   options->max_subscriptions)
           || (!topic_exists
               && reached(txn_count(context->txn, TABLE_TOPICS),
                          options->max_topics));
}

// Its origin as a number: hashes are spread already.
static uint64_t crowd_of(struct bytes origin)
{
    return key_part(origin, 0);
}

static struct bytes bytes_of(const struct store_key *key)
{
    return (struct bytes){ (const char *)key->bytes, sizeof key->bytes };
}

bool origin_full(const struct engine_context *context,
                 const struct store_key *origin)
{
    return context->origins
           && reached(
               crowds_count(context->origins, crowd_of(bytes_of(origin))),
               context->options->subscriptions_per_origin);
}

bool origins_recall(struct txn *txn, struct crowds *origins)
{
    struct key from;
    struct bytes key, nothing;
    key_start(&from);
    bool more = txn_seek(txn, TABLE_ORIGINS, &from, &key, &nothing);
    for (; more; more = txn_next(txn, TABLE_ORIGINS, &key, &nothing)) {
        if (!crowds_add(origins, crowd_of(key), 0))
            txn_fail(txn, STORE_AGAIN);
        crowds_commit(origins);
    }
    return txn_ok(txn);
}

// Of its origin, one more or one less.
static void count(struct engine_context *context,
                  const struct store_subscriber *shown, bool more)
{
    uint64_t origin = crowd_of(bytes_of(&shown->origin));
    if (context->origins
        && !(more ? crowds_add(context->origins, origin, 0)
                  : crowds_remove(context->origins, origin, 0)))
        txn_fail(context->txn, STORE_AGAIN);
}

void subscription_add(struct engine_context *context, struct topic *topic,
                      struct subscription *subscription)
{
    struct store_subscriber *shown = &subscription->shown;
    struct key key;
    subscription->lease_key = shown->lease_end;
    lease_move(context->txn, lease_of(shown->topic, shown->id), 0,
               subscription->lease_key);
    put_indexes(context->txn, subscription);
    origin_key(&key, shown);
    txn_mark(context->txn, TABLE_ORIGINS, &key);
    count(context, shown, true);
    subscription_save(context->txn, subscription);
    topic->shown.subscriptions++;
}

void subscription_lease(struct engine_context *context,
                        struct subscription *subscription, int64_t until)
{
    const struct store_subscriber *shown = &subscription->shown;
    lease_move(context->txn, lease_of(shown->topic, shown->id),
               subscription->lease_key, until);
    subscription->lease_key = until;
}

void subscription_end(struct engine_context *context, struct topic *topic,
                      const struct subscription *subscription)
{
    const struct store_subscriber *shown = &subscription->shown;
    struct txn *txn = context->txn;
    struct lagging lagging;
    struct key key;
    claims_drop(context->claims, work_subscription(shown->topic, shown->id));
    if (lagging_load(txn, shown->topic, shown->id, &lagging))
        lagging_remove(context, shown, &lagging);
    ticket_end(context, shown->request);
    lease_move(txn, lease_of(shown->topic, shown->id), subscription->lease_key,
               0);
    origin_key(&key, shown);
    txn_remove(txn, TABLE_ORIGINS, &key);
    count(context, shown, false);
    key_one(&key, shown->topic);
    key_hash(&key, &subscription->callback_key);
    txn_remove(txn, TABLE_SUBSCRIPTION_IDS, &key);
    key_two(&key, shown->topic, shown->id);
    txn_remove(txn, TABLE_SUBSCRIPTIONS, &key);
    if (topic->shown.subscriptions > 0)
        topic->shown.subscriptions--;
    topic_unfollow_check(context, topic);
}
