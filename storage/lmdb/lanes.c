// SPDX-License-Identifier: MIT

#include "lanes.h"

#include "due.h"

#include <assert.h>
#include <string.h>

enum { LANE_SIZE = 64 + STORE_LANE_NAME_MAX };

static void lane_key(struct key *key, const struct store_key *origin)
{
    key_start(key);
    key_hash(key, origin);
}

static bool read_lane(struct txn *txn, struct arena *arena, struct bytes record,
                      struct store_lane *out)
{
    struct bytes copy = arena_copy(arena, record);
    if (arena->failed)
        return false;
    if (lane_decode(copy, out))
        return true;
    txn_fail(txn, STORE_CORRUPT);
    return false;
}

bool lane_load(struct txn *txn, struct arena *arena,
               const struct store_key *origin, struct store_lane *out)
{
    struct key key;
    struct bytes record;
    lane_key(&key, origin);
    *out = (struct store_lane){ .origin = *origin, .name = { "", 0 } };
    return txn_get(txn, TABLE_LANES, &key, &record)
           && read_lane(txn, arena, record, out);
}

bool lane_load_due(struct txn *txn, struct arena *arena, struct due_place place,
                   struct store_lane *out)
{
    struct key from;
    struct bytes key, record;
    key_two(&from, place.topic, place.id);
    *out = (struct store_lane){ .due = 0 };
    if (!txn_seek(txn, TABLE_LANES, &from, &key, &record)
        || key.len != sizeof out->origin.bytes
        || memcmp(key.at, from.at, from.len) != 0)
        return false;
    memcpy(out->origin.bytes, key.at, key.len);
    return read_lane(txn, arena, record, out);
}

static int64_t due_of(const struct store_lane *lane)
{
    return lane && !lane->paused ? lane->due : 0;
}

void lane_save(struct engine_context *context, const struct store_lane *old,
               const struct store_lane *lane)
{
    uint8_t buffer[LANE_SIZE];
    struct writer writer;
    struct key key;
    writer_init(&writer, buffer, sizeof buffer);
    lane_encode(&writer, lane);
    assert(!writer.failed && lane->due > 0);
    lane_key(&key, &lane->origin);
    txn_put(context->txn, TABLE_LANES, &key, writer_bytes(&writer));
    due_move(context, work_lane(&lane->origin), due_of(old), due_of(lane));
}

void lane_remove(struct engine_context *context, const struct store_lane *old)
{
    struct key key;
    claims_drop(context->claims, work_lane(&old->origin));
    due_move(context, work_lane(&old->origin), due_of(old), 0);
    lane_key(&key, &old->origin);
    txn_remove(context->txn, TABLE_LANES, &key);
}

void lane_expect(struct engine_context *context, const struct store_key *origin)
{
    struct key key;
    struct bytes record;
    lane_key(&key, origin);
    if (txn_get(context->txn, TABLE_LANES, &key, &record))
        return;
    struct store_lane lane = {
        .origin = *origin,
        .name = { "", 0 },
        .due = context->now,
    };
    lane_save(context, NULL, &lane);
}

void lane_hurry(struct engine_context *context, const struct store_key *origin)
{
    struct store_lane old;
    if (!lane_load(context->txn, &context->scratch, origin, &old))
        return;
    claims_overtake(context->claims, work_lane(origin));
    if (old.due <= context->now)
        return;
    struct store_lane lane = old;
    lane.due = context->now;
    lane_save(context, &old, &lane);
}

bool lane_occupied(struct txn *txn, const struct store_key *origin)
{
    struct key from;
    struct bytes key, nothing;
    lane_key(&from, origin);
    return txn_seek(txn, TABLE_WAITING, &from, &key, &nothing)
           && key.len > from.len && memcmp(key.at, from.at, from.len) == 0;
}

void lane_waiting_key(struct key *key, const struct store_key *origin,
                      uint64_t topic, uint64_t subscription)
{
    lane_key(key, origin);
    key_u64(key, topic);
    key_u64(key, subscription);
}
