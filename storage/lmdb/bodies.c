// SPDX-License-Identifier: MIT

#include "bodies.h"

#include <string.h>

enum { BODY_SEQ = 8 };

static void body_key(struct key *key, uint64_t topic, uint64_t seq,
                     enum store_body which, uint32_t index)
{
    key_two(key, topic, seq);
    key_u8(key, (uint8_t)which);
    key_u32(key, index);
}

static uint32_t pieces(uint64_t size)
{
    return (uint32_t)((size + STORE_CHUNK - 1) / STORE_CHUNK);
}

void body_put(struct txn *txn, uint64_t topic, uint64_t seq,
              enum store_body which, uint32_t index, struct bytes piece)
{
    struct key key;
    body_key(&key, topic, seq, which, index);
    txn_put(txn, TABLE_BODIES, &key, piece);
}

// The length that piece `index` of such a body must have.
static size_t piece_size(uint64_t size, uint32_t index)
{
    uint64_t left = size - (uint64_t)index * STORE_CHUNK;
    return left < STORE_CHUNK ? (size_t)left : STORE_CHUNK;
}

bool body_whole(struct txn *txn, uint64_t topic, uint64_t seq,
                enum store_body which, uint64_t size)
{
    for (uint32_t i = 0; i < pieces(size); i++) {
        struct key key;
        struct bytes piece;
        body_key(&key, topic, seq, which, i);
        if (!txn_get(txn, TABLE_BODIES, &key, &piece)
            || piece.len != piece_size(size, i))
            return false;
    }
    return true;
}

bool body_read(struct txn *txn, struct arena *arena, uint64_t topic,
               uint64_t seq, enum store_body which, uint64_t size,
               struct bytes *out)
{
    char *at = arena_room(arena, (size_t)size + 1);
    if (!at)
        return false;
    at[size] = '\0';
    for (uint32_t i = 0; i < pieces(size); i++) {
        struct key key;
        struct bytes piece;
        body_key(&key, topic, seq, which, i);
        if (!txn_get(txn, TABLE_BODIES, &key, &piece)
            || piece.len != piece_size(size, i)) {
            txn_fail(txn, STORE_CORRUPT);
            return false;
        }
        memcpy(at + (size_t)i * STORE_CHUNK, piece.at, piece.len);
    }
    *out = (struct bytes){ at, (size_t)size };
    return true;
}

// From `seq` up to `last`, both included.
static size_t remove_span(struct txn *txn, uint64_t topic, uint64_t seq,
                          uint64_t last, size_t max)
{
    struct key from, found;
    struct bytes key, value;
    size_t removed = 0;
    body_key(&from, topic, seq, STORE_WHOLE, 0);
    while (removed < max && txn_seek(txn, TABLE_BODIES, &from, &key, &value)) {
        if (key_part(key, 0) != topic || key_part(key, BODY_SEQ) > last)
            break;
        // The key is borrowed from the page that the removal changes.
        found.len = key.len;
        memcpy(found.at, key.at, key.len);
        txn_remove(txn, TABLE_BODIES, &found);
        removed++;
    }
    return removed;
}

size_t body_remove(struct txn *txn, uint64_t topic, uint64_t seq, size_t max)
{
    return remove_span(txn, topic, seq, seq, max);
}

size_t body_remove_from(struct txn *txn, uint64_t topic, uint64_t seq,
                        size_t max)
{
    return remove_span(txn, topic, seq, UINT64_MAX, max);
}
