// SPDX-License-Identifier: MIT

#include "topics.h"

#include "due.h"
#include "graves.h"

#include <openssl/rand.h>
#include <string.h>

// Retention looks in again after so long.
enum { TRIM_MS = 60 * 60 * 1000 };

bool topic_followed(const struct topic *topic, int64_t now)
{
    return topic->shown.subscriptions > 0 || topic->shown.listeners > 0
           || topic->shown.kept || topic->shown.pulled_until > now;
}

void topic_put_indexes(struct txn *txn, const struct topic *topic)
{
    struct key key, id;
    key_one(&id, topic->shown.id);
    key_start(&key);
    key_hash(&key, &topic->key);
    txn_put(txn, TABLE_TOPIC_IDS, &key,
            (struct bytes){ (const char *)id.at, id.len });
    key_start(&key);
    key_text(&key, topic->shown.url_normal);
    key_u64(&key, topic->shown.id);
    txn_mark(txn, TABLE_TOPIC_URLS, &key);
}

void topic_make(struct engine_context *context, const struct store_key *key,
                struct bytes url, struct bytes url_normal, struct topic *out)
{
    const struct bytes none = { "", 0 };
    *out = (struct topic){
        .key = *key,
        .earlier = grave_open(context, key),
        .shown = {
            .id = ++context->counters.topic,
            .url = url,
            .url_normal = url_normal,
            .self = none,
            .hubs = none,
            .etag = none,
            .modified = none,
            .moved = none,
            .plan = none,
        },
    };
    // Without randomness numbers of two incarnations might be compared.
    if (RAND_bytes((unsigned char *)&out->incarnation, sizeof out->incarnation)
        != 1)
        txn_fail(context->txn, STORE_AGAIN);
    out->shown.incarnation = topic_incarnation(context->txn, out->incarnation);
    topic_save_names(context->txn, out);
    topic_put_indexes(context->txn, out);
}

void topic_follow(struct engine_context *context, struct topic *topic)
{
    topic->shown.unfollowed_at = 0;
    topic->shown.last_fetch = 0;
    topic->shown.failures = 0;
    topic->shown.failing_since = 0;
    topic->shown.gone = 0;
    topic->shown.gone_since = 0;
    topic->resuming = topic->shown.head > 0;
    due_fetch(context, topic, context->now);
}

int64_t topic_poll_due(const struct topic *topic, int64_t from, int64_t planned)
{
    int64_t every = topic->shown.poll_every;
    if (every <= 0)
        return planned;
    int64_t latest = every < INT64_MAX - from ? from + every : INT64_MAX;
    return planned != 0 && planned < latest ? planned : latest;
}

uint64_t topic_newest(struct txn *txn, const struct topic *topic)
{
    struct update update;
    if (topic->shown.head == 0)
        return 0;
    if (update_peek(txn, topic->shown.id, topic->shown.head, &update))
        return update.number;
    txn_fail(txn, STORE_CORRUPT);
    return 0;
}

void topic_plan_trim(struct engine_context *context, struct topic *topic)
{
    int64_t due = context->now + TRIM_MS;
    if (topic->trim_due == 0 || topic->trim_due > due)
        due_trim(context, topic, due);
}

void topic_unfollow_check(struct engine_context *context, struct topic *topic)
{
    if (topic_followed(topic, context->now) || topic->shown.unfollowed_at != 0)
        return;
    topic->shown.unfollowed_at = context->now;
    due_fetch(context, topic, 0);
    topic_plan_trim(context, topic);
}
