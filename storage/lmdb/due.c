// SPDX-License-Identifier: MIT

#include "due.h"

enum { DUE_TIME = 1, DUE_TOPIC = 9, DUE_ID = 17 };

struct work work_request(const struct request *request)
{
    struct work work = { .kind = STORE_DUE_VERIFY, .id = request->shown.id };
    if (request->shown.renews)
        work.kind = STORE_DUE_RENEW;
    if (request->idle)
        work.kind = (enum store_due_kind)DUE_IDLE;
    return work;
}

struct work work_subscription(uint64_t topic, uint64_t subscription)
{
    return (struct work){ STORE_DUE_DELIVER, topic, subscription };
}

struct work work_fetch(uint64_t topic)
{
    return (struct work){ .kind = STORE_DUE_FETCH, .id = topic };
}

struct work work_trim(uint64_t topic)
{
    return (struct work){ .kind = STORE_DUE_TRIM, .id = topic };
}

struct work work_denial(uint64_t denial)
{
    return (struct work){ .kind = STORE_DUE_DENY, .id = denial };
}

struct work work_lane(const struct store_key *origin)
{
    struct bytes hash = { (const char *)origin->bytes, sizeof origin->bytes };
    return (struct work){
        .kind = STORE_DUE_LANE,
        .topic = key_part(hash, 0),
        .id = key_part(hash, sizeof(uint64_t)),
    };
}

void due_key(struct key *key, struct work work, int64_t due)
{
    key_start(key);
    key_u8(key, (uint8_t)work.kind);
    key_time(key, due);
    key_u64(key, work.topic);
    key_u64(key, work.id);
}

struct due_place due_place_of(struct bytes key)
{
    return (struct due_place){
        .due = (int64_t)key_part(key, DUE_TIME),
        .topic = key_part(key, DUE_TOPIC),
        .id = key_part(key, DUE_ID),
    };
}

void due_move(struct engine_context *context, struct work work, int64_t from,
              int64_t to)
{
    struct key key;
    if (from == to)
        return;
    if (from != 0) {
        due_key(&key, work, from);
        txn_remove(context->txn, TABLE_DUE, &key);
    }
    if (to != 0) {
        due_key(&key, work, to);
        txn_mark(context->txn, TABLE_DUE, &key);
    }
    claims_moved(context->claims, work, from, to);
}

void due_fetch(struct engine_context *context, struct topic *topic, int64_t due)
{
    due_move(context, work_fetch(topic->shown.id), topic->shown.fetch_due, due);
    topic->shown.fetch_due = due;
}

void due_trim(struct engine_context *context, struct topic *topic, int64_t due)
{
    due_move(context, work_trim(topic->shown.id), topic->trim_due, due);
    topic->trim_due = due;
}
