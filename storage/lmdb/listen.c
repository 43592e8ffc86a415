// SPDX-License-Identifier: MIT

#include "listening.h"
#include "mailboxes.h"

static struct listen_wish wish_of(const struct store_listen_op *op)
{
    return (struct listen_wish){ &op->listen, op->since, op->value };
}

static enum store_status add(struct engine_context *context,
                             struct store_listen_op *op,
                             struct mailbox *mailbox,
                             const struct listens *listens)
{
    const struct store_options *options = context->options;
    struct listen made;
    const struct listen *same = listen_same(listens, &op->listen);
    if (same) {
        op->listen = same->shown;
        return STORE_DUPLICATE;
    }
    bool makes = !listen_is_prefix(&op->listen)
                 && topic_find(context->txn, &op->listen.key) == 0;
    if (listens->count >= STORE_LISTENS_MAX
        || (makes && options->max_topics != 0
            && txn_count(context->txn, TABLE_TOPICS) >= options->max_topics))
        return STORE_CONFLICT;
    if (!engine_admits(context, LISTENING_SIZE + (makes ? LISTENING_TOPIC : 0)))
        return STORE_FULL;
    listen_make(context, mailbox, wish_of(op), &made, &op->topics_new);
    op->listen = made.shown;
    mailbox_save(context, mailbox);
    return STORE_OK;
}

static enum store_status take_away(struct engine_context *context,
                                   const struct store_listen_op *op,
                                   struct mailbox *mailbox,
                                   const struct listens *listens)
{
    bool any = false;
    for (size_t i = 0; i < listens->count; i++) {
        const struct listen *listen = &listens->items[i];
        if (op->sid != 0 && listen->shown.sid != op->sid)
            continue;
        listen_remove(context, mailbox, listen);
        any = true;
    }
    if (any)
        mailbox_save(context, mailbox);
    context->idle = !any;
    return any || op->sid == 0 ? STORE_OK : STORE_NOT_FOUND;
}

enum store_status op_listen(struct engine_context *context,
                            struct store_listen_op *op)
{
    struct mailbox mailbox;
    struct listens listens;
    op->topics_new = false;
    if (!op->remove && !listen_sound(wish_of(op)))
        return STORE_INVALID;
    if (!mailbox_load(context->txn, &context->scratch, op->mailbox, &mailbox))
        return STORE_NOT_FOUND;
    // What a duplicate is told of is borrowed from here.
    if (!listens_load(context->txn,
                      op->remove ? &context->scratch : &context->results,
                      op->mailbox, &listens))
        return STORE_AGAIN;
    return op->remove ? take_away(context, op, &mailbox, &listens)
                      : add(context, op, &mailbox, &listens);
}
