// SPDX-License-Identifier: MIT

#include "bodies.h"
#include "look.h"
#include "sweep.h"

#include <inttypes.h>

enum { SEQ = 8, UPDATE_KEY = 16, BODY_KEY = 21 };

static bool get_update(struct look *look, uint64_t topic, uint64_t seq,
                       struct update *out)
{
    struct key key;
    struct bytes record;
    key_two(&key, topic, seq);
    return look_get(look, TABLE_UPDATES, &key, &record)
           && update_decode(record, out);
}

static void check_event(struct look *look, uint64_t topic, uint64_t seq,
                        const struct update *update)
{
    struct key key;
    struct bytes place;
    key_one(&key, update->number);
    if (!look_get(look, TABLE_EVENTS, &key, &place)
        || key_part(place, 0) != topic || key_part(place, SEQ) != seq)
        look_say(look, TABLE_UPDATES,
                 "update %" PRIu64 " of topic %" PRIu64
                 " is not in events as number %" PRIu64,
                 seq, topic, update->number);
    if (update->number > look->counters.event)
        look_say(look, TABLE_UPDATES,
                 "update %" PRIu64 " of topic %" PRIu64
                 " has a number that was not given yet",
                 seq, topic);
}

static void check_body(struct look *look, uint64_t topic, uint64_t seq,
                       enum store_body which, uint64_t size)
{
    if (!body_whole(&look->txn, topic, seq, which, size))
        look_say(look, TABLE_BODIES,
                 "the %s of update %" PRIu64 " of topic %" PRIu64
                 " is not whole",
                 which == STORE_WHOLE ? "document" : "part", seq, topic);
}

static void update_row(struct look *look, struct bytes key, struct bytes value)
{
    struct topic topic;
    struct update update;
    uint64_t id = key_part(key, 0), seq = key_part(key, SEQ);
    if (!update_decode(value, &update)) {
        look_say(look, TABLE_UPDATES,
                 "update %" PRIu64 " of topic %" PRIu64 " cannot be read", seq,
                 id);
        return;
    }
    // Topics with their rows were counted before; this is one that has none.
    if (!look_topic(look, id, &topic)) {
        look_say(look, TABLE_UPDATES,
                 "update %" PRIu64 " of topic %" PRIu64
                 ", which does not exist",
                 seq, id);
        return;
    }
    if (update.skeleton != (seq <= topic.shown.removed))
        look_say(look, TABLE_UPDATES,
                 "update %" PRIu64 " of topic %" PRIu64 " has %s body", seq, id,
                 update.skeleton ? "lost its" : "still its");
    if (id == look->last_topic && update.number <= look->last_number)
        look_say(look, TABLE_UPDATES,
                 "update %" PRIu64 " of topic %" PRIu64
                 " is numbered before the one before it",
                 seq, id);
    look->last_topic = id;
    look->last_number = update.number;
    check_event(look, id, seq, &update);
    if (update.skeleton)
        return;
    check_body(look, id, seq, STORE_WHOLE, update.whole_size);
    check_body(look, id, seq, STORE_DELTA, update.delta_size);
}

static void event_row(struct look *look, struct bytes key, struct bytes value)
{
    struct update update;
    uint64_t number = key_part(key, 0);
    if (value.len != UPDATE_KEY
        || !get_update(look, key_part(value, 0), key_part(value, SEQ), &update)
        || update.number != number)
        look_say(look, TABLE_EVENTS,
                 "event %" PRIu64 " leads to an update that is another one or "
                 "does not exist",
                 number);
}

// Pieces that wait for their publish are swept when the store is opened.
static bool is_swept(struct look *look, uint64_t topic, uint64_t seq)
{
    struct topic there;
    struct bytes nothing;
    struct key key;
    sweep_key(&key, topic);
    return look_get(look, TABLE_META, &key, &nothing)
           && (!look_topic(look, topic, &there) || seq > there.shown.head);
}

static void body_row(struct look *look, struct bytes key, struct bytes value)
{
    struct update update;
    uint64_t topic = key_part(key, 0), seq = key_part(key, SEQ);
    bool known = get_update(look, topic, seq, &update);
    (void)value;
    // More pieces than it needs: somebody put them, and gave another document.
    // They go with it.
    if (known && !update.skeleton)
        return;
    if (known || !is_swept(look, topic, seq))
        look_say(look, TABLE_BODIES,
                 "a piece of a body for update %" PRIu64 " of topic %" PRIu64
                 ", which has no such",
                 seq, topic);
}

void look_at_log(struct look *look)
{
    look_each(look, TABLE_UPDATES, UPDATE_KEY, update_row);
    look_each(look, TABLE_EVENTS, SEQ, event_row);
    look_each(look, TABLE_BODIES, BODY_KEY, body_row);
}
