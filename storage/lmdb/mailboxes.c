// SPDX-License-Identifier: MIT

#include "mailboxes.h"

#include "leases.h"
#include "listens.h"

#include <string.h>

enum {
    PAGE = 256, // rows that one operation removes
    NAME_OWNER = 8,
};

static void name_key(struct key *key, uint64_t owner, struct bytes name)
{
    key_one(key, owner);
    key_text(key, name);
}

bool mailbox_load(struct txn *txn, struct arena *arena, uint64_t id,
                  struct mailbox *out)
{
    struct key key;
    struct bytes record, state;
    memset(out, 0, sizeof *out);
    key_one(&key, id);
    if (id == 0 || !txn_get(txn, TABLE_MAILBOXES, &key, &record))
        return false;
    record = arena_copy(arena, record);
    if (arena->failed)
        return false;
    out->shown.id = id;
    if (!mailbox_decode(record, out)
        || !txn_get(txn, TABLE_MAILBOX_STATE, &key, &state)
        || !mailbox_state_decode(state, out)) {
        txn_fail(txn, STORE_CORRUPT);
        return false;
    }
    out->shown.profile.verify_token = (struct bytes){ "", 0 };
    return !out->ending;
}

uint64_t mailbox_find(struct txn *txn, uint64_t owner, struct bytes name)
{
    struct key key;
    struct bytes id;
    if (name.len > STORE_NAME_MAX)
        return 0;
    name_key(&key, owner, name);
    return txn_get(txn, TABLE_MAILBOX_NAMES, &key, &id) ? key_part(id, 0) : 0;
}

uint64_t mailboxes_of(struct txn *txn, uint64_t owner, uint64_t most)
{
    struct key from;
    struct bytes key, id;
    uint64_t count = 0;
    key_one(&from, owner);
    bool more = txn_seek(txn, TABLE_MAILBOX_NAMES, &from, &key, &id);
    while (more && count < most && key_part(key, 0) == owner) {
        count++;
        more = txn_next(txn, TABLE_MAILBOX_NAMES, &key, &id);
    }
    return count;
}

void mailbox_save_definition(struct txn *txn, const struct mailbox *mailbox)
{
    uint8_t buffer[MAILBOX_SIZE];
    struct writer writer;
    struct key key;
    writer_init(&writer, buffer, sizeof buffer);
    mailbox_encode(&writer, mailbox);
    key_one(&key, mailbox->shown.id);
    txn_put(txn, TABLE_MAILBOXES, &key, writer_bytes(&writer));
}

static int64_t end_of(const struct mailbox *mailbox)
{
    const struct store_mailbox *shown = &mailbox->shown;
    int64_t idle = INT64_MAX;
    if (shown->inactivity > 0 && shown->inactivity < INT64_MAX - shown->seen)
        idle = shown->seen + shown->inactivity;
    return idle < shown->lease_end ? idle : shown->lease_end;
}

static struct lease lease_of_mailbox(const struct mailbox *mailbox)
{
    return (struct lease){ LEASE_MAILBOX, 0, 0, mailbox->shown.id };
}

void mailbox_save(struct engine_context *context, struct mailbox *mailbox)
{
    uint8_t buffer[MAILBOX_SIZE];
    struct writer writer;
    struct key key;
    int64_t end = mailbox->ending ? 1 : end_of(mailbox);
    lease_move(context->txn, lease_of_mailbox(mailbox), mailbox->lease_key,
               end);
    mailbox->lease_key = end;
    writer_init(&writer, buffer, sizeof buffer);
    mailbox_state_encode(&writer, mailbox);
    key_one(&key, mailbox->shown.id);
    txn_put(context->txn, TABLE_MAILBOX_STATE, &key, writer_bytes(&writer));
}

void mailbox_add(struct engine_context *context, struct mailbox *mailbox)
{
    struct key key, id;
    key_one(&id, mailbox->shown.id);
    name_key(&key, mailbox->shown.owner, mailbox->shown.name);
    txn_put(context->txn, TABLE_MAILBOX_NAMES, &key,
            (struct bytes){ (const char *)id.at, id.len });
    mailbox_save_definition(context->txn, mailbox);
    mailbox_save(context, mailbox);
}

void mailbox_renew(struct engine_context *context, struct mailbox *mailbox)
{
    struct store_mailbox *shown = &mailbox->shown;
    shown->seen = context->now;
    shown->lease_end = shown->lease < INT64_MAX - context->now
                           ? context->now + shown->lease
                           : INT64_MAX;
}

bool mailbox_is_fresh(const struct engine_context *context,
                      const struct mailbox *mailbox)
{
    const struct store_mailbox *shown = &mailbox->shown;
    return shown->lease_end - context->now >= shown->lease / 2
           && (shown->inactivity == 0
               || context->now - shown->seen <= shown->inactivity / 2);
}

// ------------------------------------------------------------------ ending

// Rows of one mailbox, up to `max`. How many there were.
static size_t remove_rows(struct txn *txn, enum table table, uint64_t mailbox,
                          size_t max)
{
    struct key from, found;
    struct bytes key, value;
    size_t count = 0;
    key_one(&from, mailbox);
    while (count < max && txn_seek(txn, table, &from, &key, &value)
           && key_part(key, 0) == mailbox) {
        // The key is borrowed from the page that the removal changes.
        found.len = key.len;
        memcpy(found.at, key.at, key.len);
        txn_remove(txn, table, &found);
        count++;
    }
    return count;
}

static size_t remove_listens(struct engine_context *context,
                             struct mailbox *mailbox, size_t max)
{
    struct listens listens;
    if (!listens_load(context->txn, &context->scratch, mailbox->shown.id,
                      &listens))
        return 0;
    size_t count = 0;
    while (count < listens.count && count < max)
        listen_remove(context, mailbox, &listens.items[count++]);
    return count;
}

// Nothing is found by that name from here on.
static void hide(struct engine_context *context, struct mailbox *mailbox)
{
    struct key key;
    name_key(&key, mailbox->shown.owner, mailbox->shown.name);
    txn_remove(context->txn, TABLE_MAILBOX_NAMES, &key);
    mailbox->ending = true;
}

bool mailbox_end(struct engine_context *context, struct mailbox *mailbox)
{
    static const enum table tables[] = {
        TABLE_LETTERS,
        TABLE_DEAD,
        TABLE_DEAD_BODIES,
    };
    struct txn *txn = context->txn;
    struct key key;
    uint64_t id = mailbox->shown.id;
    if (!mailbox->ending)
        hide(context, mailbox);
    size_t count = remove_listens(context, mailbox, PAGE);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        count += remove_rows(txn, tables[i], id, PAGE - count);
    if (count == PAGE) {
        mailbox_save(context, mailbox);
        return false;
    }
    lease_move(txn, lease_of_mailbox(mailbox), mailbox->lease_key, 0);
    key_one(&key, id);
    txn_remove(txn, TABLE_MAILBOX_STATE, &key);
    txn_remove(txn, TABLE_MAILBOXES, &key);
    return true;
}
