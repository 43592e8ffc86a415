// SPDX-License-Identifier: MIT

#include "tables.h"

#include <assert.h>
#include <string.h>

enum {
    WALK_SIZE = 64 + 16 * STORE_STEPS_MAX,
    EVENT_SIZE = 16,
    ROW_SEQ = 8, // where the seq is in a key of `updates`
};

// A record that was written without room for it is our own mistake: every
// field was checked against its ceiling before.
static struct bytes written(const struct writer *writer)
{
    assert(!writer->failed);
    return writer_bytes(writer);
}

// Fetch a record and copy it to where it stays good.
static bool load(struct txn *txn, struct arena *arena, enum table table,
                 const struct key *key, struct bytes *out)
{
    struct bytes record;
    if (!txn_get(txn, table, key, &record))
        return false;
    *out = arena_copy(arena, record);
    return !arena->failed;
}

static bool sound(struct txn *txn, bool decoded)
{
    if (!decoded)
        txn_fail(txn, STORE_CORRUPT);
    return decoded;
}

uint64_t topic_incarnation(const struct txn *txn, uint64_t stored)
{
    // Any bijection will do that spreads the epoch's bits.
    return stored ^ txn->env->epoch * 0x9e3779b97f4a7c15U;
}

// `state` NULL: there is none, which must not be.
static bool show_topic(struct txn *txn, uint64_t id, struct bytes names,
                       const struct bytes *state, struct topic *out)
{
    memset(out, 0, sizeof *out);
    out->shown.id = id;
    bool whole =
        state && topic_decode(names, out) && topic_state_decode(*state, out);
    out->shown.incarnation = topic_incarnation(txn, out->incarnation);
    return sound(txn, whole);
}

bool topic_load(struct txn *txn, struct arena *arena, uint64_t id,
                struct topic *out)
{
    struct key key;
    struct bytes names, state;
    key_one(&key, id);
    if (!load(txn, arena, TABLE_TOPICS, &key, &names))
        return false;
    bool whole = load(txn, arena, TABLE_TOPIC_STATE, &key, &state);
    if (arena->failed || !txn_ok(txn))
        return false;
    return show_topic(txn, id, names, whole ? &state : NULL, out);
}

bool topic_peek(struct txn *txn, uint64_t id, struct topic *out)
{
    struct key key;
    struct bytes names, state;
    key_one(&key, id);
    if (!txn_get(txn, TABLE_TOPICS, &key, &names))
        return false;
    bool whole = txn_get(txn, TABLE_TOPIC_STATE, &key, &state);
    return txn_ok(txn)
           && show_topic(txn, id, names, whole ? &state : NULL, out);
}

uint64_t topic_find(struct txn *txn, const struct store_key *key)
{
    struct key at;
    struct bytes id;
    key_start(&at);
    key_hash(&at, key);
    return txn_get(txn, TABLE_TOPIC_IDS, &at, &id) ? key_part(id, 0) : 0;
}

void topic_save(struct txn *txn, const struct topic *topic)
{
    uint8_t buffer[RECORD_MAX];
    struct writer writer;
    struct key key;
    writer_init(&writer, buffer, sizeof buffer);
    topic_state_encode(&writer, topic);
    key_one(&key, topic->shown.id);
    txn_put(txn, TABLE_TOPIC_STATE, &key, written(&writer));
}

void topic_save_names(struct txn *txn, const struct topic *topic)
{
    uint8_t buffer[RECORD_MAX];
    struct writer writer;
    struct key key;
    writer_init(&writer, buffer, sizeof buffer);
    topic_encode(&writer, topic);
    key_one(&key, topic->shown.id);
    txn_put(txn, TABLE_TOPICS, &key, written(&writer));
}

bool subscription_load(struct txn *txn, struct arena *arena, uint64_t topic,
                       uint64_t id, struct subscription *out)
{
    struct key key;
    struct bytes record;
    key_two(&key, topic, id);
    if (!load(txn, arena, TABLE_SUBSCRIPTIONS, &key, &record))
        return false;
    memset(out, 0, sizeof *out);
    out->shown.topic = topic;
    out->shown.id = id;
    return sound(txn, subscription_decode(record, out));
}

uint64_t subscription_find(struct txn *txn, uint64_t topic,
                           const struct store_key *callback)
{
    struct key key;
    struct bytes id;
    key_one(&key, topic);
    key_hash(&key, callback);
    return txn_get(txn, TABLE_SUBSCRIPTION_IDS, &key, &id) ? key_part(id, 0)
                                                           : 0;
}

bool subscription_any_at(struct txn *txn, const struct store_key *origin)
{
    struct key from;
    struct bytes key, nothing;
    key_start(&from);
    key_hash(&from, origin);
    return txn_seek(txn, TABLE_ORIGINS, &from, &key, &nothing)
           && key.len > from.len && memcmp(key.at, from.at, from.len) == 0;
}

void subscription_save(struct txn *txn, const struct subscription *subscription)
{
    uint8_t buffer[RECORD_MAX];
    struct writer writer;
    struct key key;
    writer_init(&writer, buffer, sizeof buffer);
    subscription_encode(&writer, subscription);
    key_two(&key, subscription->shown.topic, subscription->shown.id);
    txn_put(txn, TABLE_SUBSCRIPTIONS, &key, written(&writer));
}

void subscription_show(const struct subscription *subscription,
                       const struct lagging *lagging, uint64_t baseline,
                       struct store_subscriber *out)
{
    *out = subscription->shown;
    if (out->start < baseline)
        out->start = baseline;
    out->lagging = lagging != NULL;
    if (!lagging)
        return;
    out->next = lagging->next > out->start ? lagging->next : out->start + 1;
    out->attempts = lagging->attempts;
    out->step = lagging->step;
    out->first_failure = lagging->first_failure;
    out->due = lagging->due;
    out->last_status = lagging->last_status;
    out->waits = lagging->waits;
    out->last_count = lagging->last_count;
    memcpy(out->last, lagging->last, sizeof out->last);
}

bool lagging_load(struct txn *txn, uint64_t topic, uint64_t id,
                  struct lagging *out)
{
    struct key key;
    struct bytes record;
    key_two(&key, topic, id);
    return txn_get(txn, TABLE_LAGGING, &key, &record)
           && sound(txn, lagging_decode(record, out));
}

bool request_load(struct txn *txn, struct arena *arena, uint64_t id,
                  struct request *out)
{
    struct key key;
    struct bytes record;
    key_one(&key, id);
    if (!load(txn, arena, TABLE_REQUESTS, &key, &record))
        return false;
    memset(out, 0, sizeof *out);
    out->shown.id = id;
    return sound(txn, request_decode(record, out));
}

void request_save(struct txn *txn, const struct request *request)
{
    uint8_t buffer[RECORD_MAX];
    struct writer writer;
    struct key key;
    writer_init(&writer, buffer, sizeof buffer);
    request_encode(&writer, request);
    key_one(&key, request->shown.id);
    txn_put(txn, TABLE_REQUESTS, &key, written(&writer));
}

bool denial_load(struct txn *txn, struct arena *arena, uint64_t id,
                 struct denial *out)
{
    struct key key;
    struct bytes record;
    key_one(&key, id);
    if (!load(txn, arena, TABLE_DENIALS, &key, &record))
        return false;
    memset(out, 0, sizeof *out);
    out->shown.id = id;
    return sound(txn, denial_decode(record, out));
}

void denial_save(struct txn *txn, const struct denial *denial)
{
    uint8_t buffer[RECORD_MAX];
    struct writer writer;
    struct key key;
    writer_init(&writer, buffer, sizeof buffer);
    denial_encode(&writer, denial);
    key_one(&key, denial->shown.id);
    txn_put(txn, TABLE_DENIALS, &key, written(&writer));
}

bool update_peek(struct txn *txn, uint64_t topic, uint64_t seq,
                 struct update *out)
{
    struct key key;
    struct bytes record;
    key_two(&key, topic, seq);
    return txn_get(txn, TABLE_UPDATES, &key, &record)
           && sound(txn, update_decode(record, out));
}

bool update_oldest(struct txn *txn, uint64_t topic, uint64_t *seq,
                   struct update *out)
{
    struct key from;
    struct bytes key, record;
    key_two(&from, topic, 0);
    if (!txn_seek(txn, TABLE_UPDATES, &from, &key, &record)
        || key_part(key, 0) != topic)
        return false;
    *seq = key_part(key, ROW_SEQ);
    return sound(txn, update_decode(record, out));
}

void update_save(struct engine_context *context, uint64_t topic, uint64_t seq,
                 const struct update *update)
{
    size_t size = update_size(update);
    void *buffer = arena_alloc(&context->scratch, size);
    if (!buffer)
        return;
    struct writer writer;
    struct key key, place;
    writer_init(&writer, buffer, size);
    update_encode(&writer, update);
    key_two(&key, topic, seq);
    txn_put(context->txn, TABLE_UPDATES, &key, written(&writer));

    struct key event;
    key_one(&event, update->number);
    key_two(&place, topic, seq);
    txn_put(context->txn, TABLE_EVENTS, &event,
            (struct bytes){ (const char *)place.at, EVENT_SIZE });
}

void update_remove(struct txn *txn, uint64_t topic, uint64_t seq,
                   uint64_t number)
{
    struct key key;
    key_two(&key, topic, seq);
    txn_remove(txn, TABLE_UPDATES, &key);
    key_one(&key, number);
    txn_remove(txn, TABLE_EVENTS, &key);
}

bool walk_load(struct txn *txn, uint64_t topic, struct store_walk *out)
{
    struct key key;
    struct bytes record;
    key_one(&key, topic);
    if (!txn_get(txn, TABLE_WALKS, &key, &record))
        return false;
    out->topic = topic;
    return sound(txn, walk_decode(record, out));
}

void walk_save(struct txn *txn, const struct store_walk *walk)
{
    uint8_t buffer[WALK_SIZE];
    struct writer writer;
    struct key key;
    writer_init(&writer, buffer, sizeof buffer);
    walk_encode(&writer, walk);
    key_one(&key, walk->topic);
    txn_put(txn, TABLE_WALKS, &key, written(&writer));
}

void walk_remove(struct txn *txn, uint64_t topic)
{
    struct key key;
    key_one(&key, topic);
    txn_remove(txn, TABLE_WALKS, &key);
}
