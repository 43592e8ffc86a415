// SPDX-License-Identifier: MIT

#include "dumping.h"

#include "entries.h"
#include "tables.h"

#include <string.h>

enum { KEY_ID = 8 };

bool dump_topic(struct dump *dump, struct dump_record *out)
{
    static const enum table own[] = { TABLE_ENTRIES, TABLE_UPDATES, TABLE_WALKS,
                                      TABLE_SUBSCRIPTIONS };
    struct bytes key, record;
    struct topic topic;
    if (!dump_row(dump, TABLE_TOPICS, &key, &record))
        return false;
    dump->owner = key_part(key, 0);
    if (!topic_load(&dump->txn, &dump->arena, dump->owner, &topic))
        return dump_damaged(dump);
    out->topic = (struct dump_topic){
        .shown = topic.shown,
        .incarnation = topic.incarnation,
        .key = topic.key,
        .self_key = topic.self_key,
        .self_near = topic.self_near,
        .trim_due = topic.trim_due,
        .earlier = topic.earlier,
        .resuming = topic.resuming,
        .resumed = topic.resumed,
    };
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        dump_begin(dump, own[i], dump->owner);
    return true;
}

static size_t count_entries(struct dump *dump)
{
    struct bytes key, record;
    size_t count = 0;
    while (dump_own_row(dump, TABLE_ENTRIES, &key, &record)) {
        size_t some = entries_in(record);
        if (some == 0)
            dump_damaged(dump);
        count += some;
    }
    return count;
}

bool dump_entries(struct dump *dump, struct dump_record *out)
{
    struct bytes key, record;
    size_t count = count_entries(dump), at = 0;
    if (count == 0 || dump->failed)
        return false;
    struct store_entry *items = arena_array(&dump->arena, count, sizeof *items);
    if (!items)
        return false;
    dump_begin(dump, TABLE_ENTRIES, dump->owner);
    while (at < count && dump_own_row(dump, TABLE_ENTRIES, &key, &record)) {
        entries_unpack(record, items + at);
        at += entries_in(record);
    }
    out->entries = (struct dump_entries){ dump->owner, items, count };
    return true;
}

bool dump_update(struct dump *dump, struct dump_record *out)
{
    struct bytes key, record;
    struct update update;
    memset(&update, 0, sizeof update);
    if (!dump_own_row(dump, TABLE_UPDATES, &key, &record))
        return false;
    if (!update_decode(record, &update))
        return dump_damaged(dump);
    out->update = (struct dump_update){
        .topic = dump->owner,
        .seq = key_part(key, KEY_ID),
        .number = update.number,
        .time = update.time,
        .kind = update.kind,
        .baseline = update.baseline,
        .skeleton = update.skeleton,
        .on_request = update.on_request,
        .content_type = update.content_type,
        .self = update.self,
        .hubs = update.hubs,
        .whole_size = update.whole_size,
        .delta_size = update.delta_size,
        .changed = update.changed,
        .changed_count = update.changed_count,
    };
    memcpy(out->update.digest, update.digest, sizeof update.digest);
    dump->seq = out->update.seq;
    dump->sizes[STORE_WHOLE] = update.skeleton ? 0 : update.whole_size;
    dump->sizes[STORE_DELTA] = update.skeleton ? 0 : update.delta_size;
    dump->which = STORE_WHOLE;
    dump->piece = 0;
    return true;
}

static bool piece_is_left(struct dump *dump)
{
    while (dump->which <= STORE_DELTA) {
        if ((uint64_t)dump->piece * STORE_CHUNK < dump->sizes[dump->which])
            return true;
        dump->which++;
        dump->piece = 0;
    }
    return false;
}

bool dump_body(struct dump *dump, struct dump_record *out)
{
    struct key key;
    if (!piece_is_left(dump))
        return false;
    out->body = (struct dump_body){
        .topic = dump->owner,
        .seq = dump->seq,
        .which = (enum store_body)dump->which,
        .index = dump->piece++,
    };
    key_two(&key, dump->owner, dump->seq);
    key_u8(&key, (uint8_t)out->body.which);
    key_u32(&key, out->body.index);
    return txn_get(&dump->txn, TABLE_BODIES, &key, &out->body.piece)
           || dump_damaged(dump);
}

bool dump_walk(struct dump *dump, struct dump_record *out)
{
    struct bytes key, record;
    if (!dump_own_row(dump, TABLE_WALKS, &key, &record))
        return false;
    out->walk.topic = dump->owner;
    return walk_decode(record, &out->walk) || dump_damaged(dump);
}

// Not as subscription_show() has it: a start stays what it is.
bool dump_subscription(struct dump *dump, struct dump_record *out)
{
    struct store_subscriber *shown = &out->subscription.shown;
    struct bytes key, record;
    struct subscription subscription;
    struct lagging lagging;
    memset(&subscription, 0, sizeof subscription);
    if (!dump_own_row(dump, TABLE_SUBSCRIPTIONS, &key, &record))
        return false;
    if (!subscription_decode(record, &subscription))
        return dump_damaged(dump);
    *shown = subscription.shown;
    shown->topic = dump->owner;
    shown->id = key_part(key, KEY_ID);
    out->subscription.callback_key = subscription.callback_key;
    out->subscription.ends = subscription.lease_key;
    shown->lagging =
        lagging_load(&dump->txn, shown->topic, shown->id, &lagging);
    if (!shown->lagging)
        return true;
    shown->next = lagging.next;
    shown->attempts = lagging.attempts;
    shown->step = lagging.step;
    shown->first_failure = lagging.first_failure;
    shown->due = lagging.due;
    shown->last_status = lagging.last_status;
    shown->waits = lagging.waits;
    shown->last_count = lagging.last_count;
    memcpy(shown->last, lagging.last, sizeof shown->last);
    out->subscription.resent = lagging.resent;
    return true;
}
