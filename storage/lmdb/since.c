// SPDX-License-Identifier: MIT

#include "since.h"

enum { ROW_SEQ = 8 };

uint64_t since_first(struct txn *txn, const struct topic *topic)
{
    struct key from;
    struct bytes key, record;
    key_two(&from, topic->shown.id, 0);
    if (!txn_seek(txn, TABLE_UPDATES, &from, &key, &record)
        || key_part(key, 0) != topic->shown.id)
        return topic->shown.head + 1;
    return key_part(key, ROW_SEQ);
}

static bool is_after(struct txn *txn, uint64_t topic, uint64_t seq,
                     const struct store_position *position)
{
    struct update update;
    if (!update_peek(txn, topic, seq, &update)) {
        txn_fail(txn, STORE_CORRUPT);
        return true;
    }
    if (position->since == STORE_SINCE_TIME)
        return (uint64_t)update.time >= position->value;
    return update.number > position->value;
}

// Numbers and times both ascend with seq.
uint64_t since_search(struct txn *txn, const struct topic *topic,
                      uint64_t first, const struct store_position *position)
{
    uint64_t low = first, high = topic->shown.head + 1;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (is_after(txn, topic->shown.id, middle, position))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}
