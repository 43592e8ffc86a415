// SPDX-License-Identifier: MIT

#include "due.h"
#include "topics.h"

enum {
    // A topic with its keys, and two URLs of any length.
    KEEP_SIZE = 8192,
};

static bool url_fits(struct bytes url)
{
    return url.at && url.len > 0 && url.len <= STORE_URL_MAX;
}

static bool sound(const struct store_keep_topic *op)
{
    bool makes = op->set_keep && op->keep;
    return (!makes || (url_fits(op->url) && url_fits(op->url_normal)))
           && (!op->set_poll || op->poll_every >= -1)
           && (!op->set_content || op->content <= STORE_CONTENT_EACH);
}

static enum store_status make(struct engine_context *context,
                              const struct store_keep_topic *op,
                              struct topic *out)
{
    uint64_t max = context->options->max_topics;
    if (!op->set_keep || !op->keep)
        return STORE_NOT_FOUND;
    if (max != 0 && txn_count(context->txn, TABLE_TOPICS) >= max)
        return STORE_CONFLICT;
    if (!engine_admits(context, KEEP_SIZE))
        return STORE_FULL;
    topic_make(context, &op->key, op->url, op->url_normal, out);
    return STORE_OK;
}

// What is not fetched because of a ping, or to learn what is old, or again
// after a failure, is fetched when the new plan says so.
static void plan_anew(struct engine_context *context, struct topic *topic)
{
    struct store_topic *shown = &topic->shown;
    bool failing = shown->failures > 0 && shown->poll_every >= 0;
    if (!topic_followed(topic, context->now) || shown->last_fetch == 0
        || shown->dirty != shown->fetched || failing)
        return;
    // What was learnt is not the store's to read: who reads it fetches first.
    int64_t learnt = shown->poll_every == 0 ? context->now : 0;
    int64_t due = topic_poll_due(topic, shown->last_fetch, learnt);
    if (due != 0 && due < context->now)
        due = context->now;
    due_fetch(context, topic, due);
}

static bool keep(struct engine_context *context,
                 const struct store_keep_topic *op, struct topic *topic)
{
    bool before = topic->shown.kept;
    if (!op->set_keep || before == op->keep)
        return false;
    bool followed = topic_followed(topic, context->now);
    topic->shown.kept = op->keep;
    if (op->keep && !followed)
        topic_follow(context, topic);
    topic_unfollow_check(context, topic);
    return !followed && op->keep;
}

static bool poll(struct engine_context *context,
                 const struct store_keep_topic *op, struct topic *topic)
{
    if (!op->set_poll || topic->shown.poll_every == op->poll_every)
        return false;
    topic->shown.poll_every = op->poll_every;
    plan_anew(context, topic);
    return true;
}

static bool choose(struct engine_context *context,
                   const struct store_keep_topic *op, struct topic *topic)
{
    if (!op->set_content || topic->shown.content == op->content)
        return false;
    topic->shown.content = op->content;
    topic_save_names(context->txn, topic);
    return true;
}

enum store_status op_keep_topic(struct engine_context *context,
                                struct store_keep_topic *op)
{
    struct topic topic;
    op->topic = 0;
    op->topic_new = false;
    if (!sound(op))
        return STORE_INVALID;
    uint64_t id = topic_find(context->txn, &op->key);
    if (id && !topic_load(context->txn, &context->scratch, id, &topic))
        return STORE_CORRUPT;
    enum store_status status = id ? STORE_OK : make(context, op, &topic);
    if (status != STORE_OK)
        return status;
    bool was = topic.shown.kept;
    op->topic = topic.shown.id;
    op->topic_new = keep(context, op, &topic);
    bool changed = was != topic.shown.kept;
    changed |= poll(context, op, &topic);
    changed |= choose(context, op, &topic);
    context->idle = id && !changed;
    if (!context->idle)
        topic_save(context->txn, &topic);
    return STORE_OK;
}
