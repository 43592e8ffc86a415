// SPDX-License-Identifier: MIT

#include "engine.h"

#include <time.h>

void row_append(struct row *row, struct store_op *op)
{
    op->link = NULL;
    *(row->last ? &row->last->link : &row->first) = op;
    row->last = op;
}

struct store_op *row_take(struct row *row)
{
    struct store_op *op = row->first;
    if (!op)
        return NULL;
    row->first = op->link;
    if (!row->first)
        row->last = NULL;
    op->link = NULL;
    return op;
}

static int64_t system_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t engine_now(struct store *store)
{
    const struct store_options *options = &store->options;
    int64_t now =
        options->clock ? options->clock(options->context) : system_clock();
    pthread_mutex_lock(&store->mutex);
    if (store->clock < now)
        store->clock = now;
    now = store->clock;
    pthread_mutex_unlock(&store->mutex);
    return now;
}

bool engine_admits(struct engine_context *context, uint64_t bytes)
{
    if (context->room < 0 || bytes > (uint64_t)context->room)
        return false;
    context->room -= (int64_t)bytes;
    return true;
}

bool engine_admits_existing(struct engine_context *context, uint64_t bytes)
{
    int64_t room = context->room + context->reserve / 2;
    if (room < 0 || bytes > (uint64_t)room)
        return false;
    context->room -= (int64_t)bytes;
    return true;
}

bool engine_is_reader(enum store_verb verb)
{
    switch (verb) {
    case STORE_CLAIM:
    case STORE_TOPICS:
    case STORE_PAGE_TOPICS:
    case STORE_READ_ENTRIES:
    case STORE_READ_BODY:
    case STORE_MISSED:
    case STORE_PAGE_SUBSCRIBERS:
    case STORE_WALKS:
    case STORE_EVENTS:
    case STORE_STATS:
    case STORE_CLAIM_LANE:
    case STORE_PAGE_LANES:
    case STORE_PAGE_LAGGING:
    case STORE_STATUS:
    case STORE_FIND_TOKEN:
    case STORE_PAGE_TOKENS:
    case STORE_READ_MAILBOX:
    case STORE_PAGE_MAILBOXES:
    case STORE_PAGE_RULES:
        return true;
    default:
        return false;
    }
}

bool engine_reads_first(enum store_verb verb)
{
    return verb == STORE_FOLLOW || verb == STORE_COLLECT
           || verb == STORE_TOUCH_MAILBOX;
}

static enum store_status run_reader(struct engine_context *context,
                                    struct store_op *op)
{
    // `op` is the first member of each.
    void *whole = op;
    switch (op->verb) {
    case STORE_CLAIM:
        return op_claim(context, whole);
    case STORE_TOPICS:
        return op_topics(context, whole);
    case STORE_PAGE_TOPICS:
        return op_page_topics(context, whole);
    case STORE_READ_ENTRIES:
        return op_read_entries(context, whole);
    case STORE_READ_BODY:
        return op_read_body(context, whole);
    case STORE_MISSED:
        return op_missed(context, whole);
    case STORE_PAGE_SUBSCRIBERS:
        return op_page_subscribers(context, whole);
    case STORE_WALKS:
        return op_walks(context, whole);
    case STORE_EVENTS:
        return op_events(context, whole);
    case STORE_STATS:
        return op_stats(context, whole);
    case STORE_CLAIM_LANE:
        return op_claim_lane(context, whole);
    case STORE_PAGE_LANES:
        return op_page_lanes(context, whole);
    case STORE_PAGE_LAGGING:
        return op_page_lagging(context, whole);
    case STORE_STATUS:
        return op_status(context, whole);
    case STORE_FIND_TOKEN:
        return op_find_token(context, whole);
    case STORE_PAGE_TOKENS:
        return op_page_tokens(context, whole);
    case STORE_READ_MAILBOX:
        return op_read_mailbox(context, whole);
    case STORE_PAGE_MAILBOXES:
        return op_page_mailboxes(context, whole);
    case STORE_PAGE_RULES:
        return op_page_rules(context, whole);
    default:
        return STORE_INVALID;
    }
}

// What steering.h has, and writes.
static enum store_status run_steering(struct engine_context *context,
                                      struct store_op *op)
{
    void *whole = op;
    switch (op->verb) {
    case STORE_PUT_RULE:
        return op_put_rule(context, whole);
    case STORE_REMOVE_RULE:
        return op_remove_rule(context, whole);
    case STORE_KEEP_TOPIC:
        return op_keep_topic(context, whole);
    case STORE_DROP_TOPIC:
        return op_drop_topic(context, whole);
    case STORE_EXTEND:
        return op_extend(context, whole);
    case STORE_GRANT:
        return op_grant(context, whole);
    default:
        return run_reader(context, op);
    }
}

// What mailbox.h has, and writes.
static enum store_status run_mailbox(struct engine_context *context,
                                     struct store_op *op)
{
    void *whole = op;
    switch (op->verb) {
    case STORE_PUT_MAILBOX:
        return op_put_mailbox(context, whole);
    case STORE_LISTEN:
        return op_listen(context, whole);
    case STORE_REMOVE_MAILBOX:
        return op_remove_mailbox(context, whole);
    case STORE_TOUCH_MAILBOX:
        return op_touch_mailbox(context, whole);
    case STORE_COLLECT:
        return op_collect(context, whole);
    case STORE_MARK_LETTERS:
        return op_mark_letters(context, whole);
    case STORE_SEEK:
        return op_seek(context, whole);
    case STORE_EXPIRE_MAILBOXES:
        return op_expire_mailboxes(context, whole);
    case STORE_PUT_TOKEN:
        return op_put_token(context, whole);
    case STORE_REMOVE_TOKEN:
        return op_remove_token(context, whole);
    default:
        return run_steering(context, op);
    }
}

enum store_status engine_run(struct engine_context *context,
                             struct store_op *op)
{
    void *whole = op;
    switch (op->verb) {
    case STORE_TAKE:
        return op_take(context, whole);
    case STORE_RELEASE:
        return op_release(context, whole);
    case STORE_SETTLE:
        return op_settle(context, whole);
    case STORE_PING:
        return op_ping(context, whole);
    case STORE_PUT_CHUNK:
        return op_put_chunk(context, whole);
    case STORE_PUBLISH:
        return op_publish(context, whole);
    case STORE_CHECKPOINT:
        return op_checkpoint(context, whole);
    case STORE_RECORD:
        return op_record(context, whole);
    case STORE_FOLLOW:
        return op_follow(context, whole);
    case STORE_EXPIRE:
        return op_expire(context, whole);
    case STORE_TRIM:
        return op_trim(context, whole);
    case STORE_REMOVE:
        return op_remove(context, whole);
    case STORE_TELL:
        return op_tell(context, whole);
    case STORE_CHOOSE:
        return op_choose(context, whole);
    case STORE_FIND:
        return op_find(context, whole);
    case STORE_KEEP_LANE:
        return op_keep_lane(context, whole);
    case STORE_PAUSE:
        return op_pause(context, whole);
    case STORE_RESEND:
        return op_resend(context, whole);
    default:
        return run_mailbox(context, op);
    }
}

bool engine_perform(struct engine_context *context, struct store_op *op)
{
    store_release(op);
    arena_reset(&context->scratch);
    context->idle = context->wrote = context->deferred = false;
    op->status = engine_run(context, op);
    op->at = context->now;
    bool memory = !context->results.failed && !context->scratch.failed;
    bool sound = memory && txn_ok(context->txn);
    if (!txn_ok(context->txn))
        op->status = context->txn->status;
    else if (!memory)
        op->status = STORE_AGAIN;
    op->results = arena_detach(&context->results);
    // A duplicate may tell what there is.
    if (op->status != STORE_OK && op->status != STORE_DUPLICATE)
        store_release(op);
    return sound;
}
