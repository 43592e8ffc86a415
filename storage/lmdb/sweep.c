// SPDX-License-Identifier: MIT

#include "sweep.h"

#include "bodies.h"
#include "tables.h"

#include <string.h>

enum { SWEEP_MAX = 512 }; // pieces in one transaction

static const struct bytes prefix = { "pieces-", 7 };

void sweep_key(struct key *key, uint64_t topic)
{
    key_start(key);
    key_text(key, prefix);
    key_u64(key, topic);
}

void sweep_later(struct txn *txn, uint64_t topic)
{
    struct key key;
    sweep_key(&key, topic);
    txn_mark(txn, TABLE_META, &key);
}

void sweep_not(struct txn *txn, uint64_t topic)
{
    struct key key;
    sweep_key(&key, topic);
    txn_remove(txn, TABLE_META, &key);
}

// The first topic that is noted; 0: none.
static uint64_t first_noted(struct txn *txn)
{
    struct key from;
    struct bytes key, nothing;
    sweep_key(&from, 0);
    if (!txn_seek(txn, TABLE_META, &from, &key, &nothing) || key.len != from.len
        || memcmp(key.at, prefix.at, prefix.len) != 0)
        return 0;
    return key_part(key, prefix.len);
}

bool sweep_orphans(struct engine_context *context)
{
    struct txn *txn = context->txn;
    size_t removed = 0;
    uint64_t id;
    while ((id = first_noted(txn)) != 0) {
        struct topic topic;
        // Retention may have removed the topic itself meanwhile.
        uint64_t seq = topic_load(txn, &context->scratch, id, &topic)
                           ? topic.shown.head + 1
                           : 0;
        if (!txn_ok(txn))
            return true;
        removed += body_remove_from(txn, id, seq, SWEEP_MAX - removed);
        if (removed == SWEEP_MAX)
            return false;
        sweep_not(txn, id);
    }
    return true;
}
