// SPDX-License-Identifier: MIT

#include "entries.h"

#include "codec.h"

#include <string.h>

enum {
    ENTRIES_VERSION = 1,
    ENTRY_SIZE = 16 + 16 + 8 + 4,
    ENTRIES_A_RECORD = 64,
    RECORD_SIZE = 1 + ENTRIES_A_RECORD * ENTRY_SIZE,
};

static void entries_key(struct key *key, uint64_t topic, uint32_t chunk)
{
    key_one(key, topic);
    key_u32(key, chunk);
}

static void pack(struct writer *writer, const struct store_entry *entries,
                 size_t count)
{
    write_u8(writer, ENTRIES_VERSION);
    for (size_t i = 0; i < count; i++) {
        write_raw(writer, entries[i].id, sizeof entries[i].id);
        write_raw(writer, entries[i].content, sizeof entries[i].content);
        write_u64(writer, entries[i].seq);
        write_u32(writer, entries[i].seen);
    }
}

static void save_record(struct txn *txn, const struct key *key,
                        struct bytes record)
{
    struct bytes old;
    bool same = txn_get(txn, TABLE_ENTRIES, key, &old) && old.len == record.len
                && memcmp(old.at, record.at, record.len) == 0;
    if (!same)
        txn_put(txn, TABLE_ENTRIES, key, record);
}

static void remove_from(struct txn *txn, uint64_t topic, uint32_t chunk)
{
    struct key key;
    do
        entries_key(&key, topic, chunk++);
    while (txn_remove(txn, TABLE_ENTRIES, &key));
}

void entries_save(struct engine_context *context, uint64_t topic,
                  const struct store_entry *entries, size_t count)
{
    uint32_t chunk = 0;
    for (size_t i = 0; i < count; i += ENTRIES_A_RECORD, chunk++) {
        uint8_t buffer[RECORD_SIZE];
        struct writer writer;
        struct key key;
        size_t left = count - i;
        writer_init(&writer, buffer, sizeof buffer);
        pack(&writer, entries + i,
             left < ENTRIES_A_RECORD ? left : ENTRIES_A_RECORD);
        entries_key(&key, topic, chunk);
        save_record(context->txn, &key, writer_bytes(&writer));
    }
    remove_from(context->txn, topic, chunk);
}

size_t entries_remove(struct txn *txn, uint64_t topic, size_t max)
{
    struct key from, found;
    struct bytes key, value;
    size_t removed = 0;
    entries_key(&from, topic, 0);
    while (removed < max && txn_seek(txn, TABLE_ENTRIES, &from, &key, &value)
           && key_part(key, 0) == topic) {
        found.len = key.len;
        memcpy(found.at, key.at, key.len);
        txn_remove(txn, TABLE_ENTRIES, &found);
        removed++;
    }
    return removed;
}

static size_t entries_in(struct bytes record)
{
    bool sound = record.len > 0 && record.at[0] == ENTRIES_VERSION
                 && (record.len - 1) % ENTRY_SIZE == 0;
    return sound ? (record.len - 1) / ENTRY_SIZE : 0;
}

static void unpack(struct bytes record, struct store_entry *out)
{
    struct reader reader;
    reader_init(&reader, record);
    read_u8(&reader);
    for (size_t i = 0; i < entries_in(record); i++) {
        read_raw(&reader, out[i].id, sizeof out[i].id);
        read_raw(&reader, out[i].content, sizeof out[i].content);
        out[i].seq = read_u64(&reader);
        out[i].seen = read_u32(&reader);
    }
}

enum store_status op_read_entries(struct engine_context *context,
                                  struct store_read_entries *op)
{
    struct key from;
    struct bytes key, record;
    size_t total = 0, at = 0;
    entries_key(&from, op->topic, 0);
    bool found = txn_seek(context->txn, TABLE_ENTRIES, &from, &key, &record);
    for (; found && key_part(key, 0) == op->topic;
         found = txn_next(context->txn, TABLE_ENTRIES, &key, &record)) {
        size_t count = entries_in(record);
        if (count == 0) {
            txn_fail(context->txn, STORE_CORRUPT);
            return STORE_CORRUPT;
        }
        total += count;
    }
    op->count = 0;
    op->items = arena_array(&context->results, total + 1, sizeof *op->items);
    if (!op->items)
        return STORE_AGAIN;
    found = txn_seek(context->txn, TABLE_ENTRIES, &from, &key, &record);
    for (; found && key_part(key, 0) == op->topic && at < total;
         found = txn_next(context->txn, TABLE_ENTRIES, &key, &record)) {
        unpack(record, op->items + at);
        at += entries_in(record);
    }
    op->count = total;
    return STORE_OK;
}
