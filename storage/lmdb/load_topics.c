// SPDX-License-Identifier: MIT

#include "loading.h"

#include "aliases.h"
#include "bodies.h"
#include "due.h"
#include "entries.h"
#include "lagging.h"
#include "subscriptions.h"

#include <string.h>

void load_leave_topic(struct load *load)
{
    if (load->topic.shown.id != 0)
        topic_save(&load->txn, &load->topic);
    load->topic.shown.id = 0;
}

bool load_turn_to(struct load *load, uint64_t topic)
{
    if (load->topic.shown.id == topic && topic != 0)
        return true;
    load_leave_topic(load);
    arena_reset(&load->topic_arena);
    if (topic_load(&load->txn, &load->topic_arena, topic, &load->topic))
        return true;
    load->topic.shown.id = 0;
    return load_refuse(load, "topic", topic, "is spoken of and not there");
}

// What is counted, or has a key of its own, comes with what it counts.
static void blank(struct topic *topic)
{
    struct store_topic *shown = &topic->shown;
    shown->subscriptions = shown->listeners = shown->body_bytes = 0;
    shown->fetch_due = 0;
    topic->trim_due = 0;
    topic->self_near = false;
    memset(&topic->self_key, 0, sizeof topic->self_key);
}

bool load_topic(struct load *load, const struct dump_record *record)
{
    const struct dump_topic *from = &record->topic;
    struct topic topic = {
        .shown = from->shown,
        .incarnation = from->incarnation,
        .key = from->key,
        .earlier = from->earlier,
        .resuming = from->resuming,
        .resumed = from->resumed,
    };
    struct topic there;
    if (from->shown.id == 0 || from->shown.url_normal.len == 0
        || topic_peek(&load->txn, from->shown.id, &there)
        || topic_find(&load->txn, &from->key) != 0)
        return load_refuse(load, "topic", from->shown.id,
                           "is there twice, or has no URL");
    if (load->context.counters.topic < from->shown.id)
        load->context.counters.topic = from->shown.id;
    blank(&topic);
    alias_set(&load->context, &topic, &from->self_key, from->self_near);
    due_fetch(&load->context, &topic, from->shown.fetch_due);
    due_trim(&load->context, &topic, from->trim_due);
    topic_save_names(&load->txn, &topic);
    topic_put_indexes(&load->txn, &topic);
    topic_save(&load->txn, &topic);
    return load_turn_to(load, from->shown.id);
}

bool load_entries(struct load *load, const struct dump_record *record)
{
    const struct dump_entries *entries = &record->entries;
    if (!load_turn_to(load, entries->topic))
        return false;
    entries_save(&load->context, entries->topic, entries->items,
                 entries->count);
    return true;
}

bool load_update(struct load *load, const struct dump_record *record)
{
    const struct dump_update *from = &record->update;
    struct update update = {
        .number = from->number,
        .time = from->time,
        .kind = from->kind,
        .baseline = from->baseline,
        .skeleton = from->skeleton,
        .on_request = from->on_request,
        .content_type = from->content_type,
        .self = from->self,
        .hubs = from->hubs,
        .whole_size = from->whole_size,
        .delta_size = from->delta_size,
        .changed_count = from->changed_count,
        .changed = from->changed,
    };
    memcpy(update.digest, from->digest, sizeof update.digest);
    if (!load_turn_to(load, from->topic))
        return false;
    if (from->seq == 0 || from->seq > load->topic.shown.head
        || from->number == 0)
        return load_refuse(load, "update", from->seq,
                           "is above its topic's head, or has no number");
    if (from->whole_size > STORE_BODY_MAX || from->delta_size > STORE_BODY_MAX)
        return load_refuse(load, "update", from->seq,
                           "has a size that no body can have");
    if (load->context.counters.event < from->number)
        load->context.counters.event = from->number;
    update_save(&load->context, from->topic, from->seq, &update);
    if (!from->skeleton)
        load->topic.shown.body_bytes += from->whole_size + from->delta_size;
    return true;
}

bool load_body(struct load *load, const struct dump_record *record)
{
    const struct dump_body *body = &record->body;
    struct update update;
    if (!update_peek(&load->txn, body->topic, body->seq, &update)
        || update.skeleton)
        return load_refuse(load, "the body of update", body->seq,
                           "belongs to none");
    if (body->piece.len == 0 || body->piece.len > STORE_CHUNK)
        return load_refuse(load, "the body of update", body->seq,
                           "has a piece of a wrong length");
    body_put(&load->txn, body->topic, body->seq, body->which, body->index,
             body->piece);
    return true;
}

bool load_walk(struct load *load, const struct dump_record *record)
{
    if (!load_turn_to(load, record->walk.topic))
        return false;
    walk_save(&load->txn, &record->walk);
    return true;
}

static void add_lagging(struct load *load, const struct dump_subscription *from)
{
    const struct store_subscriber *shown = &from->shown;
    struct lagging lagging = {
        .next = shown->next,
        .attempts = shown->attempts,
        .step = shown->step,
        .first_failure = shown->first_failure,
        .due = shown->due,
        .last_status = shown->last_status,
        .waits = shown->waits,
        .resent = from->resent,
        .last_count = shown->last_count,
    };
    memcpy(lagging.last, shown->last, sizeof lagging.last);
    lagging_save(&load->context, shown, NULL, &lagging);
}

bool load_subscription(struct load *load, const struct dump_record *record)
{
    const struct dump_subscription *from = &record->subscription;
    const struct store_subscriber *shown = &from->shown;
    struct subscription subscription = {
        .shown = *shown,
        .callback_key = from->callback_key,
    };
    if (!load_turn_to(load, shown->topic))
        return false;
    if (shown->id == 0 || (shown->waits && shown->due == 0)
        || subscription_find(&load->txn, shown->topic, &from->callback_key)
               != 0)
        return load_refuse(load, "subscription", shown->id,
                           "is there twice, or waits without a due time");
    if (load->context.counters.subscription < shown->id)
        load->context.counters.subscription = shown->id;
    subscription_add(&load->context, &load->topic, &subscription);
    if (from->ends != shown->lease_end) {
        subscription_lease(&load->context, &subscription, from->ends);
        subscription_save(&load->txn, &subscription);
    }
    if (shown->lagging)
        add_lagging(load, from);
    return true;
}
