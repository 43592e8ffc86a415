// SPDX-License-Identifier: MIT

#include "leases.h"

enum { LEASE_END = 1, LEASE_TOPIC = 9, LEASE_ID = 17 };

struct lease lease_of(uint64_t topic, uint64_t subscription)
{
    return (struct lease){ LEASE_SUBSCRIPTION, 0, topic, subscription };
}

struct lease lease_of_request(uint64_t request)
{
    return (struct lease){ LEASE_REQUEST, 0, 0, request };
}

struct lease lease_of_ticket(uint64_t request)
{
    return (struct lease){ LEASE_TICKET, 0, 0, request };
}

void lease_key(struct key *key, struct lease lease, int64_t end)
{
    key_start(key);
    key_u8(key, (uint8_t)lease.kind);
    key_time(key, end);
    key_u64(key, lease.topic);
    key_u64(key, lease.id);
}

void lease_move(struct txn *txn, struct lease lease, int64_t from, int64_t to)
{
    struct key key;
    if (from == to)
        return;
    if (from != 0) {
        lease_key(&key, lease, from);
        txn_remove(txn, TABLE_LEASES, &key);
    }
    if (to != 0) {
        lease_key(&key, lease, to);
        txn_mark(txn, TABLE_LEASES, &key);
    }
}

bool lease_first(struct txn *txn, enum lease_kind kind, struct lease *out)
{
    struct key from;
    struct bytes key, nothing;
    key_start(&from);
    key_u8(&from, (uint8_t)kind);
    if (!txn_seek(txn, TABLE_LEASES, &from, &key, &nothing) || key.len == 0
        || (uint8_t)key.at[0] != (uint8_t)kind)
        return false;
    *out = (struct lease){
        .kind = kind,
        .end = (int64_t)key_part(key, LEASE_END),
        .topic = key_part(key, LEASE_TOPIC),
        .id = key_part(key, LEASE_ID),
    };
    return true;
}
