// SPDX-License-Identifier: MIT

#include "mailboxes.h"

#include "letters.h"
#include "listens.h"

// Events of its topics that are there and not done with.
static uint64_t pending(struct txn *txn, const struct listens *listens)
{
    uint64_t count = 0;
    for (size_t i = 0; i < listens->count; i++) {
        const struct store_listen *listen = &listens->items[i].shown;
        struct topic topic;
        if (listen->topic == 0 || !topic_peek(txn, listen->topic, &topic))
            continue;
        uint64_t done = listen->seq > topic.shown.removed ? listen->seq
                                                          : topic.shown.removed;
        count += topic.shown.head - done;
    }
    return count;
}

enum store_status op_read_mailbox(struct engine_context *context,
                                  struct store_read_mailbox *op)
{
    struct mailbox mailbox;
    struct listens listens;
    struct letter_numbers numbers;
    op->count = 0;
    op->items = NULL;
    op->pending = 0;
    uint64_t id =
        op->id != 0 ? op->id : mailbox_find(context->txn, op->owner, op->name);
    if (!mailbox_load(context->txn, &context->results, id, &mailbox))
        return STORE_NOT_FOUND;
    if (!listens_load(context->txn, &context->results, id, &listens))
        return STORE_AGAIN;
    op->items = listens_show(&context->results, &listens);
    if (!op->items)
        return STORE_AGAIN;
    op->count = listens.count;
    letters_count(context, id, &numbers);
    op->pending = pending(context->txn, &listens);
    op->pending -= numbers.done < op->pending ? numbers.done : op->pending;
    mailbox.shown.leased = numbers.leased;
    mailbox.shown.suspended = mailbox.shown.overflow == STORE_OVERFLOW_SUSPEND
                              && mailbox.shown.max_pending != 0
                              && op->pending > mailbox.shown.max_pending;
    op->mailbox = mailbox.shown;
    return STORE_OK;
}

// The place after which a page begins, among the names.
static bool start_of_page(const struct store_page_mailboxes *op,
                          struct key *from)
{
    uint64_t owner = op->after_owner;
    struct bytes name = op->after_name;
    if (op->owner != 0 && owner != op->owner) {
        owner = op->owner;
        name.len = 0;
    }
    if (name.len > STORE_NAME_MAX)
        return false;
    key_one(from, owner);
    if (name.len > 0) {
        key_text(from, name);
        key_u8(from, 0); // the next after it, at the earliest
    }
    return true;
}

enum store_status op_page_mailboxes(struct engine_context *context,
                                    struct store_page_mailboxes *op)
{
    struct key from;
    struct bytes key, id;
    op->count = 0;
    op->items = NULL;
    op->end = true;
    if (op->max == 0 || op->max > STORE_BATCH_MAX || !start_of_page(op, &from))
        return STORE_INVALID;
    op->items = arena_array(&context->results, op->max, sizeof *op->items);
    if (!op->items)
        return STORE_AGAIN;
    bool more = txn_seek(context->txn, TABLE_MAILBOX_NAMES, &from, &key, &id);
    while (more && op->count < op->max) {
        struct mailbox mailbox;
        if (op->owner != 0 && key_part(key, 0) != op->owner)
            break;
        if (!mailbox_load(context->txn, &context->results, key_part(id, 0),
                          &mailbox))
            return STORE_CORRUPT;
        op->items[op->count++] = mailbox.shown;
        more = txn_next(context->txn, TABLE_MAILBOX_NAMES, &key, &id);
    }
    op->end = !more || op->count < op->max
              || (op->owner != 0 && key_part(key, 0) != op->owner);
    return STORE_OK;
}
