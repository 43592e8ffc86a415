// SPDX-License-Identifier: MIT

#include "listens.h"

#include "log.h"
#include "since.h"
#include "topics.h"

enum { KEY_SID = 8 };

static size_t count_of(struct txn *txn, uint64_t mailbox)
{
    struct key from;
    struct bytes key, record;
    size_t count = 0;
    key_one(&from, mailbox);
    bool more = txn_seek(txn, TABLE_LISTENS, &from, &key, &record);
    while (more && key_part(key, 0) == mailbox) {
        count++;
        more = txn_next(txn, TABLE_LISTENS, &key, &record);
    }
    return count;
}

static bool load_one(struct txn *txn, struct arena *arena, uint64_t mailbox,
                     struct bytes record, struct listen *out)
{
    struct key key;
    struct bytes state;
    key_two(&key, mailbox, out->shown.sid);
    record = arena_copy(arena, record);
    if (arena->failed)
        return false;
    if (listen_decode(record, out)
        && txn_get(txn, TABLE_LISTEN_STATE, &key, &state)
        && listen_state_decode(state, out))
        return true;
    txn_fail(txn, STORE_CORRUPT);
    return false;
}

bool listens_load(struct txn *txn, struct arena *arena, uint64_t mailbox,
                  struct listens *out)
{
    struct key from;
    struct bytes key, record;
    size_t count = count_of(txn, mailbox);
    out->count = 0;
    out->items = arena_array(arena, count + 1, sizeof *out->items);
    if (!out->items || !txn_ok(txn))
        return false;
    key_one(&from, mailbox);
    bool more = txn_seek(txn, TABLE_LISTENS, &from, &key, &record);
    while (more && out->count < count) {
        struct listen *listen = &out->items[out->count];
        listen->shown.sid = key_part(key, KEY_SID);
        if (!load_one(txn, arena, mailbox, record, listen))
            return false;
        out->count++;
        more = txn_next(txn, TABLE_LISTENS, &key, &record);
    }
    return txn_ok(txn);
}

struct store_listen *listens_show(struct arena *arena,
                                  const struct listens *listens)
{
    struct store_listen *items =
        arena_array(arena, listens->count + 1, sizeof *items);
    for (size_t i = 0; items && i < listens->count; i++)
        items[i] = listens->items[i].shown;
    return items;
}

uint64_t listen_of_topic(struct txn *txn, uint64_t mailbox, uint64_t topic)
{
    struct key key;
    struct bytes sid;
    key_two(&key, mailbox, topic);
    return txn_get(txn, TABLE_LISTEN_TOPICS, &key, &sid) ? key_part(sid, 0) : 0;
}

// --------------------------------------------------------------- beginning

// Number of a row, less one: what comes with it and after it is above that.
static uint64_t below(struct engine_context *context, const struct topic *topic,
                      uint64_t seq)
{
    struct update update;
    if (seq > topic->shown.head)
        return context->counters.event;
    if (update_peek(context->txn, topic->shown.id, seq, &update))
        return update.number - 1;
    txn_fail(context->txn, STORE_CORRUPT);
    return 0;
}

void listen_begin(struct engine_context *context, const struct topic *topic,
                  enum store_since since, uint64_t value, struct listen *listen)
{
    struct store_position position = { .since = since, .value = value };
    uint64_t first = since_first(context->txn, topic);
    uint64_t wanted = since_wanted(context->txn, topic, first, &position);
    listen->shown.seq = wanted - 1;
    listen->placed = since == STORE_SINCE_NUMBER || since == STORE_SINCE_TIME;
    listen->vague = listen->placed && wanted == first && first > 1;
    if (since == STORE_SINCE_NUMBER)
        listen->shown.from =
            value < context->counters.event ? value : context->counters.event;
    else
        listen->shown.from = below(context, topic, wanted);
    // A place before all rows: so far back it may reach.
    if (listen->vague)
        listen->shown.seq = 0;
    listen->shown.fresh = true;
}

void listen_begin_prefix(struct engine_context *context, enum store_since since,
                         uint64_t value, struct listen *listen)
{
    uint64_t head = context->counters.event;
    uint64_t from = head;
    if (since == STORE_SINCE_EARLIEST)
        from = 0;
    else if (since == STORE_SINCE_NUMBER && value < head)
        from = value;
    else if (since == STORE_SINCE_TIME)
        from = log_before(context->txn, head, value);
    listen->shown.from = listen->shown.seq = from;
    // Who begins with the earliest has lost nothing before that.
    listen->placed = since != STORE_SINCE_EARLIEST;
    listen->shown.fresh = true;
}

// ---------------------------------------------------------------- keeping

void listen_save(struct txn *txn, uint64_t mailbox, const struct listen *listen)
{
    uint8_t buffer[64];
    struct writer writer;
    struct key key;
    writer_init(&writer, buffer, sizeof buffer);
    listen_state_encode(&writer, listen);
    key_two(&key, mailbox, listen->shown.sid);
    txn_put(txn, TABLE_LISTEN_STATE, &key, writer_bytes(&writer));
}

void listen_add(struct engine_context *context, struct mailbox *mailbox,
                struct topic *topic, struct listen *listen)
{
    uint8_t buffer[LISTEN_SIZE];
    struct writer writer;
    struct key key, sid;
    if (listen->shown.sid == 0) {
        listen->added = context->counters.event;
        listen->shown.sid = ++mailbox->sid;
        mailbox->shown.listens++;
        mailbox->shown.rev++;
        if (topic)
            topic->shown.listeners++;
    }
    writer_init(&writer, buffer, sizeof buffer);
    listen_encode(&writer, listen);
    key_two(&key, mailbox->shown.id, listen->shown.sid);
    txn_put(context->txn, TABLE_LISTENS, &key, writer_bytes(&writer));
    listen_save(context->txn, mailbox->shown.id, listen);
    if (!topic)
        return;
    key_one(&sid, listen->shown.sid);
    key_two(&key, mailbox->shown.id, topic->shown.id);
    txn_put(context->txn, TABLE_LISTEN_TOPICS, &key,
            (struct bytes){ (const char *)sid.at, sid.len });
}

static void leave_topic(struct engine_context *context, uint64_t id)
{
    struct topic topic;
    if (!topic_load(context->txn, &context->scratch, id, &topic)) {
        txn_fail(context->txn, STORE_CORRUPT);
        return;
    }
    if (topic.shown.listeners > 0)
        topic.shown.listeners--;
    topic_unfollow_check(context, &topic);
    topic_save(context->txn, &topic);
}

void listen_remove(struct engine_context *context, struct mailbox *mailbox,
                   const struct listen *listen)
{
    const struct store_listen *shown = &listen->shown;
    struct key key;
    key_two(&key, mailbox->shown.id, shown->sid);
    txn_remove(context->txn, TABLE_LISTENS, &key);
    txn_remove(context->txn, TABLE_LISTEN_STATE, &key);
    if (shown->topic != 0) {
        key_two(&key, mailbox->shown.id, shown->topic);
        txn_remove(context->txn, TABLE_LISTEN_TOPICS, &key);
        leave_topic(context, shown->topic);
    }
    if (mailbox->shown.listens > 0)
        mailbox->shown.listens--;
    mailbox->shown.rev++;
}
