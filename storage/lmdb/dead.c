// SPDX-License-Identifier: MIT

#include "dead.h"

#include <string.h>

static void body_key(struct key *key, uint64_t mailbox, uint64_t number,
                     uint32_t piece)
{
    key_two(key, mailbox, number);
    key_u32(key, piece);
}

static uint32_t pieces(uint64_t size)
{
    return (uint32_t)((size + STORE_CHUNK - 1) / STORE_CHUNK);
}

static bool find(struct txn *txn, uint64_t mailbox, uint64_t number,
                 struct dead_letter *out)
{
    struct key key;
    struct bytes record;
    key_two(&key, mailbox, number);
    if (!txn_get(txn, TABLE_DEAD, &key, &record))
        return false;
    *out = (struct dead_letter){ .sid = 0 };
    if (dead_decode(record, out))
        return true;
    txn_fail(txn, STORE_CORRUPT);
    return false;
}

// The oldest one goes.
static void drop_first(struct letterbox *box)
{
    struct txn *txn = box->context->txn;
    struct mailbox *mailbox = &box->mailbox;
    uint64_t id = mailbox->shown.id, number = mailbox->dead_first++;
    struct dead_letter dead;
    struct key key;
    box->changed = true;
    if (!find(txn, id, number, &dead))
        return;
    uint64_t size = dead.event.size;
    for (uint32_t i = 0; i < pieces(size); i++) {
        body_key(&key, id, number, i);
        txn_remove(txn, TABLE_DEAD_BODIES, &key);
    }
    key_two(&key, id, number);
    txn_remove(txn, TABLE_DEAD, &key);
    mailbox->dead_bytes -=
        size < mailbox->dead_bytes ? size : mailbox->dead_bytes;
}

static void make_room(struct letterbox *box, uint64_t size)
{
    struct mailbox *mailbox = &box->mailbox;
    while (mailbox->dead_first <= mailbox->dead
           && (mailbox->dead - mailbox->dead_first + 1 >= DEAD_MAX
               || mailbox->dead_bytes + size > DEAD_BYTES))
        drop_first(box);
}

static void put_body(struct letterbox *box, uint64_t number, struct bytes body)
{
    for (uint32_t i = 0; i < pieces(body.len); i++) {
        struct key key;
        struct bytes piece = { body.at + (size_t)i * STORE_CHUNK,
                               body.len - (size_t)i * STORE_CHUNK };
        if (piece.len > STORE_CHUNK)
            piece.len = STORE_CHUNK;
        body_key(&key, box->mailbox.shown.id, number, i);
        txn_put(box->context->txn, TABLE_DEAD_BODIES, &key, piece);
    }
}

bool dead_put(struct letterbox *box, const struct store_event *event,
              uint64_t sid, uint32_t deliveries)
{
    struct engine_context *context = box->context;
    struct dead_letter dead = { *event, sid, deliveries };
    // One that is larger than all of them may be is kept without its body.
    if (dead.event.body.len > DEAD_BYTES)
        dead.event.body.len = 0;
    dead.event.size = dead.event.body.len;
    size_t size = dead_size(&dead);
    void *buffer = arena_alloc(&context->scratch, size);
    if (!buffer || !engine_admits(context, size + dead.event.size))
        return false;
    make_room(box, dead.event.size);
    struct writer writer;
    struct key key;
    uint64_t number = ++box->mailbox.dead;
    writer_init(&writer, buffer, size);
    dead_encode(&writer, &dead);
    key_two(&key, box->mailbox.shown.id, number);
    txn_put(context->txn, TABLE_DEAD, &key, writer_bytes(&writer));
    put_body(box, number, dead.event.body);
    box->mailbox.dead_bytes += dead.event.size;
    box->changed = true;
    return true;
}

// ------------------------------------------------------------------ reading

static bool read_body(struct letterbox *box, uint64_t number,
                      struct store_event *event)
{
    struct engine_context *context = box->context;
    char *at = arena_room(&context->results, (size_t)event->size + 1);
    if (!at)
        return false;
    at[event->size] = '\0';
    size_t used = 0;
    for (uint32_t i = 0; i < pieces(event->size); i++) {
        struct key key;
        struct bytes piece;
        body_key(&key, box->mailbox.shown.id, number, i);
        if (!txn_get(context->txn, TABLE_DEAD_BODIES, &key, &piece)
            || piece.len > event->size - used) {
            txn_fail(context->txn, STORE_CORRUPT);
            return false;
        }
        memcpy(at + used, piece.at, piece.len);
        used += piece.len;
    }
    event->body = (struct bytes){ at, used };
    return true;
}

static bool tell(struct letterbox *box, const struct store_collect *op,
                 uint64_t number, const struct dead_letter *dead,
                 struct store_letter *out)
{
    struct arena *results = &box->context->results;
    *out = (struct store_letter){
        .event = dead->event,
        .sid = dead->sid,
        .deliveries = dead->deliveries,
        .claim = number,
    };
    struct store_event *event = &out->event;
    event->content_type = arena_copy(results, event->content_type);
    event->self = arena_copy(results, event->self);
    event->hubs = arena_copy(results, event->hubs);
    event->url = arena_copy(results, event->url);
    event->body = (struct bytes){ "", 0 };
    return !op->bodies || read_body(box, number, event);
}

static enum store_status tell_all(struct letterbox *box,
                                  struct store_collect *op)
{
    struct txn *txn = box->context->txn;
    const struct mailbox *mailbox = &box->mailbox;
    uint64_t bytes = 0;
    uint64_t number = mailbox->dead_first;
    if (op->after >= number)
        number = op->after + 1;
    for (; number <= mailbox->dead; number++) {
        struct dead_letter dead;
        if (!find(txn, mailbox->shown.id, number, &dead)) {
            txn_fail(txn, STORE_CORRUPT);
            return STORE_CORRUPT;
        }
        uint64_t size = op->bodies ? dead.event.size : 0;
        op->more = op->count == op->limit
                   || (op->count > 0 && bytes + size > op->max_bytes);
        if (op->more)
            break;
        if (!tell(box, op, number, &dead, &op->items[op->count]))
            return STORE_AGAIN;
        op->count++;
        op->place = number;
        bytes += size;
    }
    return STORE_OK;
}

enum store_status dead_collect(struct letterbox *box, struct store_collect *op)
{
    struct engine_context *context = box->context;
    struct mailbox *mailbox = &box->mailbox;
    op->head = mailbox->dead;
    if (op->ack > mailbox->dead)
        return STORE_INVALID;
    if (op->ack >= mailbox->dead_first && !context->txn->writes) {
        context->deferred = true;
        return STORE_AGAIN;
    }
    while (mailbox->dead_first <= op->ack)
        drop_first(box);
    op->place = mailbox->dead_first - 1;
    if (op->after > op->place)
        op->place = op->after;
    if (op->ack_only)
        return STORE_OK;
    op->items = arena_array(&context->results, op->limit, sizeof *op->items);
    return op->items ? tell_all(box, op) : STORE_AGAIN;
}
