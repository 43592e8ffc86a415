// SPDX-License-Identifier: MIT

#include "leases.h"
#include "look.h"
#include "mailbox_records.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { ID = 8, NUMBER_KEY = 8, PAIR_KEY = 16, PIECE_KEY = 20 };

static bool get_mailbox(struct look *look, uint64_t id, struct mailbox *out)
{
    struct key key;
    struct bytes record, state;
    memset(out, 0, sizeof *out);
    out->shown.id = id;
    key_one(&key, id);
    return look_get(look, TABLE_MAILBOXES, &key, &record)
           && look_get(look, TABLE_MAILBOX_STATE, &key, &state)
           && mailbox_decode(record, out) && mailbox_state_decode(state, out);
}

static bool get_listen(struct look *look, uint64_t mailbox, uint64_t sid,
                       struct listen *out)
{
    struct key key;
    struct bytes record, state;
    memset(out, 0, sizeof *out);
    out->shown.sid = sid;
    key_two(&key, mailbox, sid);
    return look_get(look, TABLE_LISTENS, &key, &record)
           && look_get(look, TABLE_LISTEN_STATE, &key, &state)
           && listen_decode(record, out) && listen_state_decode(state, out);
}

static uint64_t rows_of(struct look *look, enum table table, uint64_t mailbox)
{
    struct key from;
    struct bytes key, value;
    uint64_t count = 0;
    key_one(&from, mailbox);
    bool more = txn_seek(&look->txn, table, &from, &key, &value);
    for (; more && key_part(key, 0) == mailbox; count++)
        more = txn_next(&look->txn, table, &key, &value);
    return count;
}

// ------------------------------------------------------------ the mailbox

static void check_name(struct look *look, const struct mailbox *mailbox)
{
    struct key key;
    struct bytes id;
    key_one(&key, mailbox->shown.owner);
    key_text(&key, mailbox->shown.name);
    bool named = look_get(look, TABLE_MAILBOX_NAMES, &key, &id)
                 && key_part(id, 0) == mailbox->shown.id;
    // What only waits to be removed is not found by its name.
    if (named == mailbox->ending)
        look_say(look, TABLE_MAILBOXES, "mailbox %" PRIu64 " %s its name",
                 mailbox->shown.id, named ? "ends and has still" : "lacks");
}

static void mailbox_row(struct look *look, struct bytes key, struct bytes value)
{
    struct mailbox mailbox;
    struct key lease;
    uint64_t id = key_part(key, 0);
    (void)value;
    if (!get_mailbox(look, id, &mailbox)) {
        look_say(look, TABLE_MAILBOXES,
                 "mailbox %" PRIu64 " or its state cannot be read", id);
        return;
    }
    check_name(look, &mailbox);
    lease_key(&lease, (struct lease){ LEASE_MAILBOX, 0, 0, id },
              mailbox.lease_key);
    look_want(look, TABLE_LEASES, &lease, TABLE_MAILBOXES, "mailbox", id);
    uint64_t listens = rows_of(look, TABLE_LISTENS, id);
    if (listens != mailbox.shown.listens)
        look_say(look, TABLE_MAILBOX_STATE,
                 "mailbox %" PRIu64 " counts %" PRIu64
                 " subscriptions and has %" PRIu64,
                 id, mailbox.shown.listens, listens);
    if (id > look->counters.mailbox)
        look_say(look, TABLE_MAILBOXES,
                 "mailbox %" PRIu64 " has a number that was not given yet", id);
}

static void name_row(struct look *look, struct bytes key, struct bytes value)
{
    struct mailbox mailbox;
    uint64_t id = key_part(value, 0);
    if (!get_mailbox(look, id, &mailbox) || key.len < ID
        || key_part(key, 0) != mailbox.shown.owner
        || mailbox.shown.name.len != key.len - ID
        || memcmp(mailbox.shown.name.at, key.at + ID, key.len - ID) != 0)
        look_say(look, TABLE_MAILBOX_NAMES,
                 "a name leads to mailbox %" PRIu64
                 ", which has another one or does not exist",
                 id);
}

// Of a mailbox: that there is one.
static void check_owner(struct look *look, enum table table, uint64_t mailbox)
{
    struct key key;
    struct bytes record;
    key_one(&key, mailbox);
    if (!look_get(look, TABLE_MAILBOXES, &key, &record))
        look_say(look, table,
                 "something of mailbox %" PRIu64 ", which does not exist",
                 mailbox);
}

static void state_row(struct look *look, struct bytes key, struct bytes value)
{
    (void)value;
    check_owner(look, TABLE_MAILBOX_STATE, key_part(key, 0));
}

// ----------------------------------------------------- what it listens to

static void check_topic(struct look *look, uint64_t mailbox,
                        const struct store_listen *listen)
{
    struct topic topic;
    struct key key;
    struct bytes sid;
    if (look->listened)
        look->listened[look->listened_count++] = listen->topic;
    if (!look_topic(look, listen->topic, &topic)
        || memcmp(&topic.key, &listen->key, sizeof topic.key) != 0
        || listen->seq > topic.shown.head)
        look_say(look, TABLE_LISTENS,
                 "mailbox %" PRIu64 " listens to topic %" PRIu64
                 ", which is another one, does not exist or is not so far",
                 mailbox, listen->topic);
    key_two(&key, mailbox, listen->topic);
    if (!look_get(look, TABLE_LISTEN_TOPICS, &key, &sid)
        || key_part(sid, 0) != listen->sid)
        look_say(look, TABLE_LISTENS,
                 "mailbox %" PRIu64 " does not know that it listens to "
                 "topic %" PRIu64,
                 mailbox, listen->topic);
}

static void listen_row(struct look *look, struct bytes key, struct bytes value)
{
    struct listen listen;
    uint64_t mailbox = key_part(key, 0), sid = key_part(key, ID);
    (void)value;
    check_owner(look, TABLE_LISTENS, mailbox);
    if (!get_listen(look, mailbox, sid, &listen))
        look_say(look, TABLE_LISTENS,
                 "subscription %" PRIu64 " of mailbox %" PRIu64
                 " or its state cannot be read",
                 sid, mailbox);
    else if (listen.shown.topic != 0)
        check_topic(look, mailbox, &listen.shown);
}

static void listen_state_row(struct look *look, struct bytes key,
                             struct bytes value)
{
    struct key at;
    struct bytes record;
    (void)value;
    key_two(&at, key_part(key, 0), key_part(key, ID));
    if (!look_get(look, TABLE_LISTENS, &at, &record))
        look_say(look, TABLE_LISTEN_STATE,
                 "a place of subscription %" PRIu64 " of mailbox %" PRIu64
                 ", which does not exist",
                 key_part(key, ID), key_part(key, 0));
}

static void listen_topic_row(struct look *look, struct bytes key,
                             struct bytes value)
{
    struct listen listen;
    uint64_t mailbox = key_part(key, 0), topic = key_part(key, ID);
    if (!get_listen(look, mailbox, key_part(value, 0), &listen)
        || listen.shown.topic != topic)
        look_say(look, TABLE_LISTEN_TOPICS,
                 "mailbox %" PRIu64 " does not listen to topic %" PRIu64
                 " as it says",
                 mailbox, topic);
}

// ----------------------------------------------------------------- letters

static void letter_row(struct look *look, struct bytes key, struct bytes value)
{
    struct letter letter;
    check_owner(look, TABLE_LETTERS, key_part(key, 0));
    if (!letter_decode(value, &letter))
        look_say(look, TABLE_LETTERS,
                 "a letter of mailbox %" PRIu64 " cannot be read",
                 key_part(key, 0));
    else if (key_part(key, ID) > look->counters.event)
        look_say(look, TABLE_LETTERS,
                 "a letter of mailbox %" PRIu64 " is of an event that does not "
                 "exist yet",
                 key_part(key, 0));
}

static uint64_t size_of_dead(struct look *look, uint64_t mailbox,
                             uint64_t number)
{
    struct key from;
    struct bytes key, piece;
    uint64_t size = 0;
    key_two(&from, mailbox, number);
    bool more = txn_seek(&look->txn, TABLE_DEAD_BODIES, &from, &key, &piece);
    while (more && key_part(key, 0) == mailbox && key_part(key, ID) == number) {
        size += piece.len;
        more = txn_next(&look->txn, TABLE_DEAD_BODIES, &key, &piece);
    }
    return size;
}

static void dead_row(struct look *look, struct bytes key, struct bytes value)
{
    struct dead_letter dead;
    uint64_t mailbox = key_part(key, 0), number = key_part(key, ID);
    check_owner(look, TABLE_DEAD, mailbox);
    if (!dead_decode(value, &dead))
        look_say(look, TABLE_DEAD,
                 "dead letter %" PRIu64 " of mailbox %" PRIu64
                 " cannot be read",
                 number, mailbox);
    else if (size_of_dead(look, mailbox, number) != dead.event.size)
        look_say(look, TABLE_DEAD_BODIES,
                 "dead letter %" PRIu64 " of mailbox %" PRIu64 " is not whole",
                 number, mailbox);
}

static void dead_body_row(struct look *look, struct bytes key,
                          struct bytes value)
{
    struct key at;
    struct bytes record;
    (void)value;
    key_two(&at, key_part(key, 0), key_part(key, ID));
    if (!look_get(look, TABLE_DEAD, &at, &record))
        look_say(look, TABLE_DEAD_BODIES,
                 "a body of dead letter %" PRIu64 " of mailbox %" PRIu64
                 ", which does not exist",
                 key_part(key, ID), key_part(key, 0));
}

void look_at_mailboxes(struct look *look)
{
    uint64_t most = txn_count(&look->txn, TABLE_LISTENS);
    look->listened = calloc(most + 1, sizeof *look->listened);
    if (!look->listened)
        look_say(look, TABLE_LISTENS, "there is no memory to count them");
    look_each(look, TABLE_MAILBOXES, NUMBER_KEY, mailbox_row);
    look_each(look, TABLE_MAILBOX_STATE, NUMBER_KEY, state_row);
    look_each(look, TABLE_MAILBOX_NAMES, 0, name_row);
    look_each(look, TABLE_LISTENS, PAIR_KEY, listen_row);
    look_each(look, TABLE_LISTEN_STATE, PAIR_KEY, listen_state_row);
    look_each(look, TABLE_LISTEN_TOPICS, PAIR_KEY, listen_topic_row);
    look_each(look, TABLE_LETTERS, PAIR_KEY, letter_row);
    look_each(look, TABLE_DEAD, PAIR_KEY, dead_row);
    look_each(look, TABLE_DEAD_BODIES, PIECE_KEY, dead_body_row);
}
