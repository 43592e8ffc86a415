// SPDX-License-Identifier: MIT

#include "dumping.h"

#include "mailboxes.h"

#include <string.h>

enum { KEY_SECOND = 8 };

_Static_assert((int)HOLES_MAX == (int)DUMP_HOLES_MAX, "as many as there are");

static void show(const struct mailbox *mailbox, struct dump_mailbox *out)
{
    out->shown = mailbox->shown;
    out->sid = mailbox->sid;
    out->dead = mailbox->dead;
    out->dead_first = mailbox->dead_first;
    out->hole_count = mailbox->hole_count;
    for (size_t i = 0; i < mailbox->hole_count; i++)
        out->holes[i] =
            (struct dump_hole){ mailbox->holes[i].from, mailbox->holes[i].to };
}

// Those that only wait to be removed are passed over.
static bool next_mailbox(struct dump *dump, struct mailbox *out)
{
    struct bytes key, record;
    while (dump_row(dump, TABLE_MAILBOXES, &key, &record)) {
        dump->owner = key_part(key, 0);
        if (mailbox_load(&dump->txn, &dump->arena, dump->owner, out))
            return true;
        if (!txn_ok(&dump->txn) || dump->arena.failed)
            return false;
    }
    return false;
}

bool dump_mailbox(struct dump *dump, struct dump_record *out)
{
    static const enum table own[] = { TABLE_LISTENS, TABLE_LETTERS,
                                      TABLE_DEAD };
    struct mailbox mailbox;
    if (!next_mailbox(dump, &mailbox))
        return false;
    show(&mailbox, &out->mailbox);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        dump_begin(dump, own[i], dump->owner);
    return true;
}

bool dump_listen(struct dump *dump, struct dump_record *out)
{
    struct bytes key, record, state;
    struct key at;
    struct listen listen;
    memset(&listen, 0, sizeof listen);
    if (!dump_own_row(dump, TABLE_LISTENS, &key, &record))
        return false;
    listen.shown.sid = key_part(key, KEY_SECOND);
    key_two(&at, dump->owner, listen.shown.sid);
    if (!listen_decode(record, &listen)
        || !txn_get(&dump->txn, TABLE_LISTEN_STATE, &at, &state)
        || !listen_state_decode(state, &listen))
        return dump_damaged(dump);
    out->listen =
        (struct dump_listen){ dump->owner, listen.shown, listen.placed,
                              listen.vague, listen.added };
    return true;
}

bool dump_letter(struct dump *dump, struct dump_record *out)
{
    struct bytes key, record;
    struct letter letter;
    if (!dump_own_row(dump, TABLE_LETTERS, &key, &record))
        return false;
    if (!letter_decode(record, &letter))
        return dump_damaged(dump);
    out->letter = (struct dump_letter){
        .mailbox = dump->owner,
        .number = key_part(key, KEY_SECOND),
        .topic = letter.topic,
        .seq = letter.seq,
        .done = letter.done,
        .claim = letter.claim,
        .until = letter.until,
        .deliveries = letter.deliveries,
    };
    return true;
}

bool dump_dead(struct dump *dump, struct dump_record *out)
{
    struct bytes key, record;
    struct dead_letter dead;
    memset(&dead, 0, sizeof dead);
    if (!dump_own_row(dump, TABLE_DEAD, &key, &record))
        return false;
    if (!dead_decode(record, &dead))
        return dump_damaged(dump);
    dump->seq = key_part(key, KEY_SECOND);
    dump->sizes[0] = dead.event.size;
    dump->piece = 0;
    out->dead = (struct dump_dead){ dump->owner, dump->seq, dead.event,
                                    dead.sid, dead.deliveries };
    return true;
}

bool dump_dead_body(struct dump *dump, struct dump_record *out)
{
    struct key key;
    if ((uint64_t)dump->piece * STORE_CHUNK >= dump->sizes[0])
        return false;
    out->dead_body = (struct dump_dead_body){
        .mailbox = dump->owner,
        .number = dump->seq,
        .index = dump->piece++,
    };
    key_two(&key, dump->owner, dump->seq);
    key_u32(&key, out->dead_body.index);
    return txn_get(&dump->txn, TABLE_DEAD_BODIES, &key, &out->dead_body.piece)
           || dump_damaged(dump);
}
