// SPDX-License-Identifier: MIT

#include "aliases.h"

#include "topics.h"

#include <string.h>

enum {
    ALIAS_TOPIC = 32,    // where the topic is in a key
    LOOKED_AT_MAX = 100, // of one name, followed or not
};

static const struct store_key none;

static bool same(const struct store_key *a, const struct store_key *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static void mark_key(struct key *key, const struct topic *topic)
{
    key_start(key);
    key_hash(key, &topic->self_key);
    key_u64(key, topic->shown.id);
}

void alias_forget(struct engine_context *context, const struct topic *topic)
{
    struct key key;
    if (!topic->self_near)
        return;
    mark_key(&key, topic);
    txn_remove(context->txn, TABLE_ALIASES, &key);
}

void alias_set(struct engine_context *context, struct topic *topic,
               const struct store_key *self, bool same_origin)
{
    struct key key;
    bool itself = same(self, &topic->key);
    bool near = same_origin && !itself && !same(self, &none);
    if (near == topic->self_near && same(self, &topic->self_key))
        return;
    alias_forget(context, topic);
    topic->self_key = itself ? none : *self;
    topic->self_near = near;
    if (!near)
        return;
    mark_key(&key, topic);
    txn_mark(context->txn, TABLE_ALIASES, &key);
}

// The topic that `topic` says it is, if that may be believed; 0: none.
static uint64_t own_self(struct engine_context *context,
                         const struct topic *topic)
{
    struct topic other;
    if (same(&topic->self_key, &none))
        return 0;
    uint64_t id = topic_find(context->txn, &topic->self_key);
    if (!id || !topic_load(context->txn, &context->scratch, id, &other)
        || !topic_followed(&other, context->now))
        return 0;
    return topic->self_near || same(&other.self_key, &topic->key) ? id : 0;
}

static bool followed(struct engine_context *context, uint64_t id)
{
    struct topic topic;
    return topic_load(context->txn, &context->scratch, id, &topic)
           && topic_followed(&topic, context->now);
}

size_t aliases_of(struct engine_context *context, const struct store_key *key,
                  uint64_t topic, uint64_t out[STORE_ALIASES_MAX])
{
    struct topic mine;
    struct key from;
    struct bytes found, nothing;
    size_t count = 0;
    uint64_t self = 0;
    if (topic && topic_load(context->txn, &context->scratch, topic, &mine))
        self = own_self(context, &mine);
    if (self)
        out[count++] = self;
    key_start(&from);
    key_hash(&from, key);
    bool more = txn_seek(context->txn, TABLE_ALIASES, &from, &found, &nothing);
    for (int i = 0; more && i < LOOKED_AT_MAX && count < STORE_ALIASES_MAX;
         i++) {
        if (found.len <= ALIAS_TOPIC
            || memcmp(found.at, from.at, from.len) != 0)
            break;
        uint64_t id = key_part(found, ALIAS_TOPIC);
        if (id != self && id != topic && followed(context, id))
            out[count++] = id;
        more = txn_next(context->txn, TABLE_ALIASES, &found, &nothing);
    }
    return count;
}
