// SPDX-License-Identifier: MIT

#include "raze.h"

#include "aliases.h"
#include "bodies.h"
#include "due.h"
#include "entries.h"
#include "graves.h"
#include "sweep.h"

enum { PAGE = 256 }; // rows or pieces removed in one operation

// What was remembered of its document, and pieces of a body whose publish will
// not come. Whether something may be left.
static bool raze_loose(struct engine_context *context,
                       const struct topic *topic)
{
    uint64_t id = topic->shown.id;
    if (entries_remove(context->txn, id, PAGE) == PAGE
        || body_remove_from(context->txn, id, topic->shown.head + 1, PAGE)
               == PAGE)
        return true;
    sweep_not(context->txn, id);
    return false;
}

static bool raze_row(struct engine_context *context, struct topic *topic,
                     size_t *removed)
{
    struct store_topic *shown = &topic->shown;
    struct update update;
    uint64_t seq;
    if (!update_oldest(context->txn, shown->id, &seq, &update))
        return false;
    uint64_t number = update.number;
    uint64_t size = update.whole_size + update.delta_size;
    *removed += body_remove(context->txn, shown->id, seq, SIZE_MAX) > 0;
    update_remove(context->txn, shown->id, seq, number);
    shown->body_bytes -= size < shown->body_bytes ? size : shown->body_bytes;
    // What goes first are skeletons, whose bodies went long ago.
    if (shown->removed < seq)
        shown->removed = seq;
    return seq < shown->head;
}

static bool raze_log(struct engine_context *context, struct topic *topic,
                     size_t *removed)
{
    for (int i = 0; i < PAGE; i++)
        if (!raze_row(context, topic, removed))
            return false;
    return true;
}

static void raze_names(struct engine_context *context, struct topic *topic)
{
    struct key key;
    due_fetch(context, topic, 0);
    due_trim(context, topic, 0);
    claims_drop(context->claims, work_fetch(topic->shown.id));
    claims_drop(context->claims, work_trim(topic->shown.id));
    walk_remove(context->txn, topic->shown.id);
    alias_forget(context, topic);
    if (topic->shown.head > 0)
        grave_dig(context, &topic->key);
    key_start(&key);
    key_hash(&key, &topic->key);
    txn_remove(context->txn, TABLE_TOPIC_IDS, &key);
    key_start(&key);
    key_text(&key, topic->shown.url_normal);
    key_u64(&key, topic->shown.id);
    txn_remove(context->txn, TABLE_TOPIC_URLS, &key);
    key_one(&key, topic->shown.id);
    txn_remove(context->txn, TABLE_TOPICS, &key);
    txn_remove(context->txn, TABLE_TOPIC_STATE, &key);
}

bool topic_raze(struct engine_context *context, struct topic *topic,
                size_t *removed)
{
    if (raze_loose(context, topic) || raze_log(context, topic, removed))
        return true;
    raze_names(context, topic);
    return false;
}
