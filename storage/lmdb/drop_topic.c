// SPDX-License-Identifier: MIT

#include "due.h"
#include "listens.h"
#include "mailboxes.h"
#include "raze.h"

enum {
    LISTENERS = 64, // taken away in one operation
    LOOKED = 1024,  // mailboxes looked at for it
};

// One mailbox listens to it no longer.
static void leave(struct engine_context *context, uint64_t mailbox_id,
                  uint64_t topic)
{
    struct mailbox mailbox;
    struct listens listens;
    // One that ends keeps what it listens to until that is removed.
    bool alive =
        mailbox_load(context->txn, &context->scratch, mailbox_id, &mailbox);
    if ((!alive && !mailbox.ending)
        || !listens_load(context->txn, &context->scratch, mailbox_id, &listens))
        return;
    for (size_t i = 0; i < listens.count; i++)
        if (listens.items[i].shown.topic == topic)
            listen_remove(context, &mailbox, &listens.items[i]);
    mailbox_save(context, &mailbox);
}

// The next mailbox. 0: there is none.
static uint64_t next_mailbox(struct txn *txn, uint64_t after)
{
    struct key from;
    struct bytes key, record;
    if (after == UINT64_MAX)
        return 0;
    key_one(&from, after + 1);
    return txn_seek(txn, TABLE_MAILBOXES, &from, &key, &record)
               ? key_part(key, 0)
               : 0;
}

// Nothing leads from a topic to who listens to it, so all are asked, page by
// page. False: all of them were in this page, and none does.
static bool leave_page(struct engine_context *context,
                       struct store_drop_topic *op)
{
    size_t left = 0;
    bool from_start = op->looked == 0;
    for (size_t i = 0; i < LOOKED && left < LISTENERS; i++) {
        uint64_t mailbox = next_mailbox(context->txn, op->looked);
        op->looked = mailbox;
        if (mailbox == 0)
            return left > 0 || !from_start;
        if (listen_of_topic(context->txn, mailbox, op->topic) == 0)
            continue;
        leave(context, mailbox, op->topic);
        left++;
    }
    return true;
}

// Nobody follows it any more, and what works on it ends in nothing.
static void forsake(struct engine_context *context, struct topic *topic)
{
    topic->shown.kept = false;
    topic->shown.pulled_until = 0;
    claims_drop(context->claims, work_fetch(topic->shown.id));
    topic_unfollow_check(context, topic);
}

enum store_status op_drop_topic(struct engine_context *context,
                                struct store_drop_topic *op)
{
    struct topic topic;
    size_t removed = 0;
    op->more = false;
    if (!topic_load(context->txn, &context->scratch, op->topic, &topic))
        return STORE_NOT_FOUND;
    if (topic.shown.subscriptions > 0)
        return STORE_CONFLICT;
    if (topic.shown.listeners > 0) {
        if (!leave_page(context, op))
            txn_fail(context->txn, STORE_CORRUPT);
        op->more = true;
        // Leaving has changed its record.
        if (!topic_load(context->txn, &context->scratch, op->topic, &topic))
            return STORE_CORRUPT;
        return STORE_OK;
    }
    forsake(context, &topic);
    op->more = topic_raze(context, &topic, &removed);
    if (op->more)
        topic_save(context->txn, &topic);
    return STORE_OK;
}
