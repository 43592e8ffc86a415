// SPDX-License-Identifier: MIT

#include "ops.h"
#include "tables.h"

#include <string.h>

enum {
    // What the records of a topic usually take up, beside the struct.
    TOPIC_GUESS = 512,
};

static bool show(struct engine_context *context, uint64_t id,
                 struct store_topic *out)
{
    struct topic topic;
    if (!topic_load(context->txn, &context->results, id, &topic))
        return false;
    *out = topic.shown;
    return true;
}

static struct store_topic *room_for(struct engine_context *context,
                                    size_t count)
{
    arena_expect(&context->results,
                 count * (sizeof(struct store_topic) + TOPIC_GUESS));
    return arena_array(&context->results, count, sizeof(struct store_topic));
}

enum store_status op_topics(struct engine_context *context,
                            struct store_topics *op)
{
    op->items = NULL;
    if (op->count > STORE_BATCH_MAX || (op->count > 0 && !op->keys && !op->ids))
        return STORE_INVALID;
    op->items = room_for(context, op->count);
    for (size_t i = 0; op->items && i < op->count; i++) {
        uint64_t id =
            op->keys ? topic_find(context->txn, &op->keys[i]) : op->ids[i];
        if (id != 0)
            show(context, id, &op->items[i]);
    }
    return STORE_OK;
}

static void page_by_number(struct engine_context *context,
                           struct store_page_topics *op)
{
    struct key from;
    struct bytes key, nothing;
    if (op->after == UINT64_MAX) {
        op->end = true;
        return;
    }
    key_one(&from, op->after + 1);
    bool any = txn_seek(context->txn, TABLE_TOPIC_STATE, &from, &key, &nothing);
    while (any && op->count < op->max) {
        if (!show(context, key_part(key, 0), &op->items[op->count]))
            return;
        op->count++;
        any = txn_next(context->txn, TABLE_TOPIC_STATE, &key, &nothing);
    }
    op->end = !any;
}

// Where the page begins. False: `after` is not a topic (any more).
static bool start_of_page(struct engine_context *context,
                          const struct store_page_topics *op, struct key *from)
{
    struct topic topic;
    key_start(from);
    if (op->after == 0) {
        key_text(from, op->prefix);
        return true;
    }
    if (!topic_load(context->txn, &context->scratch, op->after, &topic))
        return false;
    key_text(from, topic.shown.url_normal);
    key_u64(from, op->after + 1);
    return true;
}

static bool begins_with(struct bytes text, struct bytes prefix)
{
    return text.len >= prefix.len
           && memcmp(text.at, prefix.at, prefix.len) == 0;
}

// Whether the page may go on behind this key; the keys hold only the start
// of a URL, and a prefix may be longer.
static bool within(struct bytes key, struct bytes prefix)
{
    if (key.len < 8)
        return false;
    if (prefix.len > KEY_TEXT_MAX)
        prefix.len = KEY_TEXT_MAX;
    return begins_with((struct bytes){ key.at, key.len - 8 }, prefix);
}

static void page_by_url(struct engine_context *context,
                        struct store_page_topics *op)
{
    struct key from;
    struct bytes key, nothing;
    if (!start_of_page(context, op, &from)) {
        op->end = true;
        return;
    }
    bool any = txn_seek(context->txn, TABLE_TOPIC_URLS, &from, &key, &nothing)
               && within(key, op->prefix);
    while (any && op->count < op->max) {
        struct store_topic *item = &op->items[op->count];
        if (!show(context, key_part(key, key.len - 8), item))
            return;
        if (begins_with(item->url_normal, op->prefix))
            op->count++;
        any = txn_next(context->txn, TABLE_TOPIC_URLS, &key, &nothing)
              && within(key, op->prefix);
    }
    op->end = !any;
}

enum store_status op_page_topics(struct engine_context *context,
                                 struct store_page_topics *op)
{
    op->count = 0;
    op->items = NULL;
    op->end = false;
    if (op->max < 1 || op->max > STORE_BATCH_MAX
        || op->prefix.len > STORE_URL_MAX)
        return STORE_INVALID;
    op->items = room_for(context, op->max);
    if (!op->items)
        return STORE_AGAIN;
    if (op->prefix.len > 0)
        page_by_url(context, op);
    else
        page_by_number(context, op);
    return STORE_OK;
}
