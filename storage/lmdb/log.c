// SPDX-License-Identifier: MIT

#include "log.h"

enum { ROW_SEQ = 8 };

static bool row_of(bool found, struct bytes key, struct bytes value,
                   struct log_row *out)
{
    if (found)
        *out = (struct log_row){
            .number = key_part(key, 0),
            .topic = key_part(value, 0),
            .seq = key_part(value, ROW_SEQ),
        };
    return found;
}

bool log_after(struct txn *txn, uint64_t number, struct log_row *out)
{
    struct key from;
    struct bytes key, value;
    if (number == UINT64_MAX)
        return false;
    key_one(&from, number + 1);
    return row_of(txn_seek(txn, TABLE_EVENTS, &from, &key, &value), key, value,
                  out);
}

bool log_before_number(struct txn *txn, uint64_t number, struct log_row *out)
{
    struct key end;
    struct bytes key, value;
    key_one(&end, number);
    return row_of(txn_prev(txn, TABLE_EVENTS, &end, &key, &value), key, value,
                  out);
}

bool log_next(struct txn *txn, struct log_row *out)
{
    struct bytes key, value;
    return row_of(txn_next(txn, TABLE_EVENTS, &key, &value), key, value, out);
}

bool log_find(struct txn *txn, uint64_t number, struct log_row *out)
{
    struct key at;
    struct bytes value;
    key_one(&at, number);
    if (!txn_get(txn, TABLE_EVENTS, &at, &value))
        return false;
    *out = (struct log_row){ number, key_part(value, 0),
                             key_part(value, ROW_SEQ) };
    return true;
}

uint64_t log_before(struct txn *txn, uint64_t head, uint64_t time)
{
    // Times ascend with numbers.
    uint64_t low = 0, high = head;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        struct log_row row;
        struct update update;
        if (!log_after(txn, middle, &row)) {
            high = middle;
            continue;
        }
        if (!update_peek(txn, row.topic, row.seq, &update)) {
            txn_fail(txn, STORE_CORRUPT);
            return head;
        }
        if ((uint64_t)update.time >= time)
            high = middle;
        else
            low = row.number < high ? row.number : high;
    }
    return low;
}
