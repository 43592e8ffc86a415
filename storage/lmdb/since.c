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

uint64_t since_wanted(struct txn *txn, const struct topic *topic,
                      uint64_t first, const struct store_position *position)
{
    uint64_t head = topic->shown.head;
    uint64_t kept = topic->shown.removed + 1;
    switch (position->since) {
    case STORE_SINCE_LATEST:
        return head + 1;
    case STORE_SINCE_EARLIEST:
        return kept;
    case STORE_SINCE_LAST:
        if (position->value >= head + 1 - kept)
            return kept;
        return head + 1 - position->value;
    case STORE_SINCE_NUMBER:
    case STORE_SINCE_TIME:
        break;
    }
    return since_search(txn, topic, first, position);
}

uint64_t since_upto(struct txn *txn, const struct topic *topic, uint64_t seq,
                    uint64_t number)
{
    struct store_position position = { .since = STORE_SINCE_NUMBER,
                                       .value = number };
    struct update update;
    uint64_t first = seq + 1;
    if (first > topic->shown.head)
        return seq;
    if (!update_peek(txn, topic->shown.id, first, &update)) {
        first = since_first(txn, topic);
        if (!update_peek(txn, topic->shown.id, first, &update))
            txn_fail(txn, STORE_CORRUPT);
        // What is not there any more has numbers below that.
        if (update.number == number + 1)
            return first - 1;
    }
    if (!txn_ok(txn) || update.number > number)
        return seq;
    return since_search(txn, topic, first, &position) - 1;
}
