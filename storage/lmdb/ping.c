// SPDX-License-Identifier: MIT

#include "aliases.h"
#include "due.h"
#include "topics.h"

#include <stdlib.h>
#include <string.h>

// A topic, and which of the keys means it.
struct mark {
    uint64_t topic;
    size_t key;
};

static int by_topic(const void *a, const void *b)
{
    const struct mark *x = a, *y = b;
    return x->topic < y->topic ? -1 : x->topic > y->topic;
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct store_key));
}

// One that nobody follows is not fetched for anybody. False: it is such.
static bool mark_dirty(struct engine_context *context, uint64_t id)
{
    struct topic topic;
    if (!topic_load(context->txn, &context->scratch, id, &topic)
        || !topic_followed(&topic, context->now))
        return false;
    topic.shown.dirty++;
    // One that is overdue keeps its place in the row.
    if (topic.shown.fetch_due == 0 || topic.shown.fetch_due > context->now)
        due_fetch(context, &topic, context->now);
    topic_save(context->txn, &topic);
    return true;
}

// What one key means: its own topic, and its aliases.
static size_t find(struct engine_context *context, const struct store_key *key,
                   size_t index, struct mark *out)
{
    uint64_t aliases[STORE_ALIASES_MAX];
    uint64_t topic = topic_find(context->txn, key);
    size_t count = aliases_of(context, key, topic, aliases);
    for (size_t i = 0; i < count; i++)
        out[i] = (struct mark){ aliases[i], index };
    if (topic)
        out[count++] = (struct mark){ topic, index };
    return count;
}

// Each topic is marked once; returns how many keys meant one that is followed.
static size_t mark_all(struct engine_context *context, struct mark *marks,
                       size_t count, bool *known)
{
    size_t result = 0;
    bool followed = false;
    qsort(marks, count, sizeof *marks, by_topic);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || marks[i].topic != marks[i - 1].topic)
            followed = mark_dirty(context, marks[i].topic);
        if (followed && !known[marks[i].key]) {
            known[marks[i].key] = true;
            result++;
        }
    }
    return result;
}

enum store_status op_ping(struct engine_context *context, struct store_ping *op)
{
    struct arena *scratch = &context->scratch;
    size_t count = 0;
    op->known = 0;
    if (op->count < 1 || op->count > STORE_BATCH_MAX || !op->keys)
        return STORE_INVALID;
    struct store_key *keys = arena_array(scratch, op->count, sizeof *keys);
    bool *known = arena_array(scratch, op->count, sizeof *known);
    struct mark *marks = arena_array(
        scratch, op->count * (STORE_ALIASES_MAX + 1), sizeof *marks);
    if (!keys || !known || !marks)
        return STORE_AGAIN;
    memcpy(keys, op->keys, op->count * sizeof *keys);
    qsort(keys, op->count, sizeof *keys, by_bytes);
    for (size_t i = 0; i < op->count; i++)
        if (i == 0 || by_bytes(&keys[i], &keys[i - 1]) != 0)
            count += find(context, &keys[i], i, &marks[count]);
    op->known = mark_all(context, marks, count, known);
    return STORE_OK;
}
