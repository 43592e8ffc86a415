// SPDX-License-Identifier: MIT

#include "graves.h"

static const int64_t KEPT_MS = (int64_t)90 * 24 * 60 * 60 * 1000;

enum { HALF = 8, GRAVE_SIZE = 16 };

// Known by the first half of its hash, as lanes are.
static struct lease lease_of_grave(const struct store_key *key, int64_t end)
{
    struct bytes hash = { (const char *)key->bytes, sizeof key->bytes };
    return (struct lease){
        .kind = LEASE_GRAVE,
        .end = end,
        .topic = key_part(hash, 0),
        .id = key_part(hash, HALF),
    };
}

void grave_drop(struct txn *txn, const struct lease *lease)
{
    struct key key;
    key_two(&key, lease->topic, lease->id);
    txn_remove(txn, TABLE_GRAVES, &key);
}

static void make_room(struct txn *txn)
{
    struct lease oldest;
    while (txn_count(txn, TABLE_GRAVES) >= GRAVES_MAX
           && lease_first(txn, LEASE_GRAVE, &oldest)) {
        grave_drop(txn, &oldest);
        lease_move(txn, oldest, oldest.end, 0);
    }
}

void grave_put(struct txn *txn, const struct lease *lease, uint64_t number)
{
    uint8_t buffer[GRAVE_SIZE];
    struct writer writer;
    struct key at;
    writer_init(&writer, buffer, sizeof buffer);
    write_u64(&writer, number);
    write_i64(&writer, lease->end);
    key_two(&at, lease->topic, lease->id);
    txn_put(txn, TABLE_GRAVES, &at, writer_bytes(&writer));
    lease_move(txn, *lease, 0, lease->end);
}

bool grave_decode(struct bytes record, uint64_t *number, int64_t *end)
{
    struct reader reader;
    reader_init(&reader, record);
    *number = read_u64(&reader);
    *end = read_time(&reader);
    return reader_done(&reader);
}

void grave_dig(struct engine_context *context, const struct store_key *key)
{
    struct lease lease = lease_of_grave(key, context->now + KEPT_MS);
    make_room(context->txn);
    grave_put(context->txn, &lease, context->counters.event);
}

uint64_t grave_open(struct engine_context *context, const struct store_key *key)
{
    struct lease lease = lease_of_grave(key, 0);
    struct bytes record;
    struct key at;
    uint64_t number;
    int64_t end;
    key_two(&at, lease.topic, lease.id);
    if (!txn_get(context->txn, TABLE_GRAVES, &at, &record))
        return 0;
    if (!grave_decode(record, &number, &end)) {
        txn_fail(context->txn, STORE_CORRUPT);
        return 0;
    }
    grave_drop(context->txn, &lease);
    lease_move(context->txn, lease, end, 0);
    return number;
}
