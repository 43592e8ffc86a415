// SPDX-License-Identifier: MIT

#include "listening.h"

#include "topics.h"

#include <string.h>

static bool fits(struct bytes text, size_t max)
{
    return text.len <= max && (text.len == 0 || text.at);
}

bool listen_is_prefix(const struct store_listen *listen)
{
    static const struct store_key none;
    return memcmp(&listen->key, &none, sizeof none) == 0;
}

bool listen_sound(struct listen_wish wish)
{
    const struct store_listen *wanted = wish.wanted;
    bool prefix = listen_is_prefix(wanted);
    return fits(wanted->url, STORE_URL_MAX)
           && fits(wanted->normal, STORE_URL_MAX)
           && fits(wanted->label, STORE_LABEL_MAX)
           && (prefix || (wanted->url.len > 0 && wanted->normal.len > 0))
           && wish.since <= STORE_SINCE_TIME
           && !(prefix && wish.since == STORE_SINCE_LAST);
}

bool listen_equal(const struct store_listen *a, const struct store_listen *b)
{
    if (listen_is_prefix(a) != listen_is_prefix(b))
        return false;
    if (!listen_is_prefix(a))
        return memcmp(&a->key, &b->key, sizeof a->key) == 0;
    return a->normal.len == b->normal.len
           && (a->normal.len == 0
               || memcmp(a->normal.at, b->normal.at, a->normal.len) == 0);
}

struct listen *listen_same(const struct listens *listens,
                           const struct store_listen *wanted)
{
    for (size_t i = 0; i < listens->count; i++)
        if (listen_equal(&listens->items[i].shown, wanted))
            return &listens->items[i];
    return NULL;
}

static void make_of_topic(struct engine_context *context,
                          struct mailbox *mailbox, struct listen_wish wish,
                          struct listen *out, bool *topics_new)
{
    const struct store_listen *wanted = wish.wanted;
    struct topic topic;
    uint64_t id = topic_find(context->txn, &wanted->key);
    if (id == 0)
        topic_make(context, &wanted->key, wanted->url, wanted->normal, &topic);
    else if (!topic_load(context->txn, &context->scratch, id, &topic))
        return;
    if (!topic_followed(&topic, context->now)) {
        topic_follow(context, &topic);
        *topics_new = true;
    }
    out->shown.topic = topic.shown.id;
    listen_begin(context, &topic, wish.since, wish.value, out);
    listen_add(context, mailbox, &topic, out);
    topic_save(context->txn, &topic);
}

void listen_make(struct engine_context *context, struct mailbox *mailbox,
                 struct listen_wish wish, struct listen *out, bool *topics_new)
{
    const struct store_listen *wanted = wish.wanted;
    *out = (struct listen){
        .shown = {
            .url = arena_copy(&context->results, wanted->url),
            .normal = arena_copy(&context->results, wanted->normal),
            .label = arena_copy(&context->results, wanted->label),
            .key = wanted->key,
        },
    };
    if (context->results.failed)
        return;
    if (!listen_is_prefix(wanted)) {
        make_of_topic(context, mailbox, wish, out, topics_new);
        return;
    }
    listen_begin_prefix(context, wish.since, wish.value, out);
    listen_add(context, mailbox, NULL, out);
}
