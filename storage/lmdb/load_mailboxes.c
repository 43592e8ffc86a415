// SPDX-License-Identifier: MIT

#include "loading.h"

#include "letters.h"
#include "listens.h"

void load_leave_mailbox(struct load *load)
{
    if (load->mailbox.shown.id != 0)
        mailbox_save(&load->context, &load->mailbox);
    load->mailbox.shown.id = 0;
}

static bool turn_to(struct load *load, uint64_t mailbox)
{
    if (load->mailbox.shown.id == mailbox && mailbox != 0)
        return true;
    load_leave_mailbox(load);
    arena_reset(&load->mailbox_arena);
    if (mailbox_load(&load->txn, &load->mailbox_arena, mailbox, &load->mailbox))
        return true;
    load->mailbox.shown.id = 0;
    return load_refuse(load, "mailbox", mailbox, "is spoken of and not there");
}

bool load_mailbox(struct load *load, const struct dump_record *record)
{
    const struct dump_mailbox *from = &record->mailbox;
    struct mailbox mailbox = {
        .shown = from->shown,
        .sid = from->sid,
        .dead = from->dead,
        .dead_first = from->dead_first,
        .hole_count = from->hole_count,
    };
    if (from->shown.id == 0 || from->shown.name.len == 0
        || mailbox_find(&load->txn, from->shown.owner, from->shown.name) != 0)
        return load_refuse(load, "mailbox", from->shown.id,
                           "is there twice, or has no name");
    for (size_t i = 0; i < from->hole_count; i++)
        mailbox.holes[i] =
            (struct hole){ from->holes[i].from, from->holes[i].to };
    mailbox.shown.listens = 0;
    if (load->context.counters.mailbox < from->shown.id)
        load->context.counters.mailbox = from->shown.id;
    mailbox_add(&load->context, &mailbox);
    return turn_to(load, from->shown.id);
}

bool load_listen(struct load *load, const struct dump_record *record)
{
    const struct dump_listen *from = &record->listen;
    struct listen listen = {
        .shown = from->shown,
        .placed = from->placed,
        .vague = from->vague,
        .added = from->added,
    };
    bool one = from->shown.topic != 0;
    if (!turn_to(load, from->mailbox)
        || (one && !load_turn_to(load, from->shown.topic)))
        return false;
    if (from->shown.sid == 0)
        return load_refuse(load, "mailbox", from->mailbox,
                           "listens to something without a number");
    // With a number it counts nothing.
    listen_add(&load->context, &load->mailbox, one ? &load->topic : NULL,
               &listen);
    load->mailbox.shown.listens++;
    if (one)
        load->topic.shown.listeners++;
    return true;
}

bool load_letter(struct load *load, const struct dump_record *record)
{
    const struct dump_letter *from = &record->letter;
    const struct letter letter = {
        .number = from->number,
        .topic = from->topic,
        .seq = from->seq,
        .done = from->done,
        .claim = from->claim,
        .until = from->until,
        .deliveries = from->deliveries,
    };
    if (!turn_to(load, from->mailbox))
        return false;
    letter_save(&load->txn, from->mailbox, &letter);
    return true;
}

bool load_dead(struct load *load, const struct dump_record *record)
{
    const struct dump_dead *from = &record->dead;
    const struct dead_letter dead = { from->event, from->sid,
                                      from->deliveries };
    size_t size = dead_size(&dead);
    if (!turn_to(load, from->mailbox))
        return false;
    if (from->event.size > STORE_BODY_MAX)
        return load_refuse(load, "dead letter", from->number,
                           "has a size that no body can have");
    void *buffer = arena_alloc(&load->context.scratch, size);
    if (!buffer)
        return load_refuse(load, "dead letter", from->number,
                           "does not fit in memory");
    struct writer writer;
    struct key key;
    writer_init(&writer, buffer, size);
    dead_encode(&writer, &dead);
    key_two(&key, from->mailbox, from->number);
    txn_put(&load->txn, TABLE_DEAD, &key, writer_bytes(&writer));
    load->mailbox.dead_bytes += from->event.size;
    return true;
}

bool load_dead_body(struct load *load, const struct dump_record *record)
{
    const struct dump_dead_body *body = &record->dead_body;
    struct key key;
    if (body->piece.len == 0 || body->piece.len > STORE_CHUNK)
        return load_refuse(load, "the body of dead letter", body->number,
                           "has a piece of a wrong length");
    key_two(&key, body->mailbox, body->number);
    key_u32(&key, body->index);
    txn_put(&load->txn, TABLE_DEAD_BODIES, &key, body->piece);
    return true;
}
