// SPDX-License-Identifier: MIT

#include "letters.h"
#include "listens.h"
#include "mailboxes.h"

static void seek_one(struct engine_context *context,
                     const struct store_seek *op, const struct mailbox *mailbox,
                     struct listen *listen)
{
    uint64_t from = listen->shown.from;
    bool fresh = listen->shown.fresh;
    struct topic topic;
    if (listen->shown.topic == 0)
        listen_begin_prefix(context, op->since, op->value, listen);
    else if (topic_load(context->txn, &context->scratch, listen->shown.topic,
                        &topic))
        listen_begin(context, &topic, op->since, op->value, listen);
    else
        txn_fail(context->txn, STORE_CORRUPT);
    listen->shown.fresh = fresh;
    // Who goes back wants what was before it, too.
    uint64_t begun = listen->shown.from;
    if (from < begun)
        listen->shown.from = from;
    listen_save(context->txn, mailbox->shown.id, listen);
    listen->shown.from = begun;
}

static void end_leases(struct engine_context *context, uint64_t mailbox)
{
    struct letters letters;
    if (!letters_load(context->txn, &context->scratch, mailbox, &letters))
        return;
    for (size_t i = 0; i < letters.count; i++)
        letter_remove(context->txn, mailbox, letters.items[i].number);
}

enum store_status op_seek(struct engine_context *context, struct store_seek *op)
{
    struct mailbox mailbox;
    struct listens listens;
    op->place = 0;
    if (op->since > STORE_SINCE_TIME || op->since == STORE_SINCE_LAST)
        return STORE_INVALID;
    if (!mailbox_load(context->txn, &context->scratch, op->mailbox, &mailbox))
        return STORE_NOT_FOUND;
    if (!listens_load(context->txn, &context->scratch, op->mailbox, &listens))
        return STORE_AGAIN;
    uint64_t head = context->counters.event, place = head;
    for (size_t i = 0; i < listens.count; i++) {
        seek_one(context, op, &mailbox, &listens.items[i]);
        if (listens.items[i].shown.from < place)
            place = listens.items[i].shown.from;
    }
    if (op->since == STORE_SINCE_NUMBER && op->value < head)
        place = op->value;
    end_leases(context, op->mailbox);
    mailbox.hole_count = 0;
    mailbox.shown.place = op->place = place;
    mailbox_save(context, &mailbox);
    return STORE_OK;
}
