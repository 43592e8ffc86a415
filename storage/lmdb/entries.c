// SPDX-License-Identifier: MIT

#include "entries.h"

#include "codec.h"
#include "tables.h"

#include <string.h>

enum {
    ENTRIES_VERSION = 1,
    ENTRY_SIZE = 16 + 16 + 8 + 4,
    ENTRIES_A_RECORD = 64,
    KEY_NUMBER = 8,
    ROW_SEQ = 8,
    RECORD_SIZE = 1 + ENTRIES_A_RECORD * ENTRY_SIZE,
};

// Above every number. Records are filled from the end of the list and numbered
// down from here: what is new comes at its front, and all records but the first
// stay as they are.
static const uint64_t EVERY_RECORD = (uint64_t)UINT32_MAX + 1;

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

// Records of the topic that are numbered below `end`, up to `max`.
static size_t remove_below(struct txn *txn, uint64_t topic, uint64_t end,
                           size_t max)
{
    struct key from, found;
    struct bytes key, value;
    size_t removed = 0;
    entries_key(&from, topic, 0);
    while (removed < max && txn_seek(txn, TABLE_ENTRIES, &from, &key, &value)
           && key_part(key, 0) == topic
           && key_part_u32(key, KEY_NUMBER) < end) {
        // The key is borrowed from the page that the removal changes.
        found.len = key.len;
        memcpy(found.at, key.at, key.len);
        txn_remove(txn, TABLE_ENTRIES, &found);
        removed++;
    }
    return removed;
}

void entries_save(struct engine_context *context, uint64_t topic,
                  const struct store_entry *entries, size_t count)
{
    uint64_t end = EVERY_RECORD;
    while (count > 0) {
        uint8_t buffer[RECORD_SIZE];
        struct writer writer;
        struct key key;
        size_t some = count < ENTRIES_A_RECORD ? count : ENTRIES_A_RECORD;
        count -= some;
        writer_init(&writer, buffer, sizeof buffer);
        pack(&writer, entries + count, some);
        entries_key(&key, topic, (uint32_t)--end);
        save_record(context->txn, &key, writer_bytes(&writer));
    }
    remove_below(context->txn, topic, end, SIZE_MAX);
}

size_t entries_remove(struct txn *txn, uint64_t topic, size_t max)
{
    return remove_below(txn, topic, EVERY_RECORD, max);
}

size_t entries_in(struct bytes record)
{
    bool sound = record.len > 0 && record.at[0] == ENTRIES_VERSION
                 && (record.len - 1) % ENTRY_SIZE == 0;
    return sound ? (record.len - 1) / ENTRY_SIZE : 0;
}

void entries_unpack(struct bytes record, struct store_entry *out)
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

// The newest row of the topic; 0: there is none.
static uint64_t newest_update(struct txn *txn, uint64_t topic)
{
    struct key end;
    struct bytes key, record;
    key_two(&end, topic, UINT64_MAX);
    if (!txn_prev(txn, TABLE_UPDATES, &end, &key, &record)
        || key_part(key, 0) != topic)
        return 0;
    return key_part(key, ROW_SEQ);
}

static void tell_recent(struct txn *txn, struct store_read_entries *op)
{
    struct update update;
    uint64_t seq = newest_update(txn, op->topic);
    for (; seq > 0 && op->recent_count < STORE_RECENT_MAX; seq--) {
        if (!update_peek(txn, op->topic, seq, &update)
            || update.time < op->since)
            return;
        struct store_version *version = &op->recent[op->recent_count++];
        version->seq = seq;
        version->time = update.time;
        memcpy(version->digest, update.digest, sizeof version->digest);
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
    op->count = op->recent_count = 0;
    op->items = arena_array(&context->results, total + 1, sizeof *op->items);
    if (!op->items)
        return STORE_AGAIN;
    found = txn_seek(context->txn, TABLE_ENTRIES, &from, &key, &record);
    for (; found && key_part(key, 0) == op->topic && at < total;
         found = txn_next(context->txn, TABLE_ENTRIES, &key, &record)) {
        entries_unpack(record, op->items + at);
        at += entries_in(record);
    }
    op->count = total;
    tell_recent(context->txn, op);
    return STORE_OK;
}
