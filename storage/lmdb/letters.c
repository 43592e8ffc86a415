// SPDX-License-Identifier: MIT

#include "letters.h"

enum { KEY_NUMBER = 8, LETTER_SIZE = 64 };

bool letters_load(struct txn *txn, struct arena *arena, uint64_t mailbox,
                  struct letters *out)
{
    struct key from;
    struct bytes key, record;
    out->count = 0;
    key_one(&from, mailbox);
    bool more = txn_seek(txn, TABLE_LETTERS, &from, &key, &record);
    if (!more || key_part(key, 0) != mailbox) {
        out->items = NULL;
        return txn_ok(txn);
    }
    out->items = arena_array(arena, LETTERS_MAX, sizeof *out->items);
    if (!out->items)
        return false;
    while (more && key_part(key, 0) == mailbox && out->count < LETTERS_MAX) {
        struct letter *letter = &out->items[out->count++];
        letter->number = key_part(key, KEY_NUMBER);
        if (!letter_decode(record, letter)) {
            txn_fail(txn, STORE_CORRUPT);
            return false;
        }
        more = txn_next(txn, TABLE_LETTERS, &key, &record);
    }
    return txn_ok(txn);
}

struct letter *letters_find(const struct letters *letters, uint64_t number)
{
    size_t low = 0, high = letters->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (letters->items[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < letters->count && letters->items[low].number == number
               ? &letters->items[low]
               : NULL;
}

void letters_count(struct engine_context *context, uint64_t mailbox,
                   struct letter_numbers *out)
{
    struct letters letters;
    *out = (struct letter_numbers){ 0 };
    if (!letters_load(context->txn, &context->scratch, mailbox, &letters))
        return;
    for (size_t i = 0; i < letters.count; i++) {
        const struct letter *letter = &letters.items[i];
        out->done += letter->done;
        out->leased +=
            !letter->done && letter->claim != 0 && letter->until > context->now;
    }
}

bool letter_load(struct txn *txn, uint64_t mailbox, uint64_t number,
                 struct letter *out)
{
    struct key key;
    struct bytes record;
    key_two(&key, mailbox, number);
    if (!txn_get(txn, TABLE_LETTERS, &key, &record))
        return false;
    out->number = number;
    if (letter_decode(record, out))
        return true;
    txn_fail(txn, STORE_CORRUPT);
    return false;
}

void letter_save(struct txn *txn, uint64_t mailbox, const struct letter *letter)
{
    uint8_t buffer[LETTER_SIZE];
    struct writer writer;
    struct key key;
    writer_init(&writer, buffer, sizeof buffer);
    letter_encode(&writer, letter);
    key_two(&key, mailbox, letter->number);
    txn_put(txn, TABLE_LETTERS, &key, writer_bytes(&writer));
}

void letter_remove(struct txn *txn, uint64_t mailbox, uint64_t number)
{
    struct key key;
    key_two(&key, mailbox, number);
    txn_remove(txn, TABLE_LETTERS, &key);
}
