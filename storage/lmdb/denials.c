// SPDX-License-Identifier: MIT

#include "denials.h"

#include "due.h"

enum {
    // Beyond its strings: a key in `due`, and what pages waste.
    DENIAL_SIZE = 512,
};

static void make(struct engine_context *context, struct denial *denial)
{
    struct store_denial *shown = &denial->shown;
    struct txn *txn = context->txn;
    if (shown->reason == STORE_DENIAL_NONE
        || txn_count(txn, TABLE_DENIALS) >= STORE_DENIALS_MAX
        || !engine_admits(context,
                          DENIAL_SIZE + shown->topic.len + shown->callback.len))
        return;
    shown->id = ++context->counters.denial;
    shown->made = context->now;
    denial->due = context->now;
    denial_save(txn, denial);
    due_move(context, work_denial(shown->id), 0, denial->due);
}

void denial_of_subscription(struct engine_context *context,
                            const struct store_key *topic_key,
                            const struct subscription *subscription,
                            enum store_denial_reason reason)
{
    const struct store_subscriber *shown = &subscription->shown;
    struct denial denial = {
        .shown = {
            .topic = shown->topic_url,
            .callback = shown->callback,
            .topic_key = *topic_key,
            .callback_key = subscription->callback_key,
            .origin = shown->origin,
            .reason = reason,
            .verified = true,
        },
    };
    make(context, &denial);
}

void denial_of_request(struct engine_context *context,
                       const struct store_request *request, bool verified,
                       enum store_denial_reason reason)
{
    struct denial denial = {
        .shown = {
            .topic = request->topic,
            .callback = request->callback,
            .topic_key = request->topic_key,
            .callback_key = request->callback_key,
            .origin = request->origin,
            .reason = reason,
            .verified = verified,
        },
    };
    make(context, &denial);
}

void denial_delay(struct engine_context *context, struct denial *denial,
                  int64_t due)
{
    due_move(context, work_denial(denial->shown.id), denial->due, due);
    denial->due = due;
    denial_save(context->txn, denial);
}

void denial_drop(struct engine_context *context, const struct denial *denial)
{
    struct key key;
    uint64_t id = denial->shown.id;
    claims_drop(context->claims, work_denial(id));
    due_move(context, work_denial(id), denial->due, 0);
    key_one(&key, id);
    txn_remove(context->txn, TABLE_DENIALS, &key);
}
