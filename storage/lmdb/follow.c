// SPDX-License-Identifier: MIT

#include "ops.h"
#include "topics.h"

enum {
    // A topic with its keys, and two URLs of any length.
    FOLLOW_SIZE = 8192,
};

static bool url_fits(struct bytes url)
{
    return url.at && url.len > 0 && url.len <= STORE_URL_MAX;
}

static bool valid(const struct store_follow *op)
{
    return op->interest_ms > 0
           && (!op->create || (url_fits(op->url) && url_fits(op->url_normal)));
}

// More than half of the interest is left, so nothing need be written.
static bool fresh(const struct engine_context *context,
                  const struct topic *topic, int64_t interest_ms)
{
    return topic->shown.unfollowed_at == 0
           && topic->shown.pulled_until - context->now >= interest_ms / 2
           && topic->shown.pulled_until > context->now;
}

static enum store_status make(struct engine_context *context,
                              const struct store_follow *op, struct topic *out)
{
    uint64_t max = context->options->max_topics;
    if (max != 0 && txn_count(context->txn, TABLE_TOPICS) >= max)
        return STORE_CONFLICT;
    if (!engine_admits(context, FOLLOW_SIZE))
        return STORE_FULL;
    topic_make(context, &op->key, op->url, op->url_normal, out);
    return STORE_OK;
}

static void answer(struct engine_context *context, struct store_follow *op,
                   const struct topic *topic)
{
    op->topic = topic->shown.id;
    op->reach = topic->shown.reach;
    op->newest = topic_newest(context->txn, topic);
}

// Somebody begins, or goes on, to pull it.
static void follow(struct engine_context *context, struct store_follow *op,
                   struct topic *topic)
{
    op->topic_new = !topic_followed(topic, context->now);
    if (op->topic_new)
        topic_follow(context, topic);
    int64_t until = op->interest_ms < INT64_MAX - context->now
                        ? context->now + op->interest_ms
                        : INT64_MAX;
    if (topic->shown.pulled_until < until)
        topic->shown.pulled_until = until;
    // Interest ends without an event; retention is what notices it.
    topic_plan_trim(context, topic);
    topic_save(context->txn, topic);
    answer(context, op, topic);
}

enum store_status op_follow(struct engine_context *context,
                            struct store_follow *op)
{
    struct topic topic;
    op->topic = op->newest = 0;
    op->topic_new = false;
    op->reach = STORE_REACH_UNTOLD;
    if (!valid(op))
        return STORE_INVALID;
    uint64_t id = topic_find(context->txn, &op->key);
    if (id && !topic_load(context->txn, &context->scratch, id, &topic))
        return STORE_CORRUPT;
    bool hidden =
        id && op->public_only && topic.shown.reach != STORE_REACH_PUBLIC;
    if (hidden || (!id && !op->create))
        return STORE_NOT_FOUND;
    if (id && fresh(context, &topic, op->interest_ms)) {
        context->idle = true;
        answer(context, op, &topic);
        return STORE_OK;
    }
    context->deferred = !context->txn->writes;
    if (context->deferred)
        return STORE_AGAIN;
    enum store_status status = id ? STORE_OK : make(context, op, &topic);
    if (status == STORE_OK)
        follow(context, op, &topic);
    return status;
}
