// SPDX-License-Identifier: MIT

#include "letters.h"
#include "listens.h"
#include "log.h"
#include "mailboxes.h"

// Whether a letter without a row is done with.
static bool is_done(struct txn *txn, const struct mailbox *mailbox,
                    uint64_t number)
{
    struct log_row row;
    struct listen listen;
    struct key key;
    struct bytes state;
    uint64_t id = mailbox->shown.id;
    if (!log_find(txn, number, &row))
        return number <= mailbox->shown.place;
    uint64_t sid = listen_of_topic(txn, id, row.topic);
    if (sid == 0)
        return number <= mailbox->shown.place;
    key_two(&key, id, sid);
    return txn_get(txn, TABLE_LISTEN_STATE, &key, &state)
           && listen_state_decode(state, &listen)
           && listen.shown.seq >= row.seq;
}

static int64_t later(int64_t now, int64_t ms)
{
    return ms < INT64_MAX - now ? now + ms : INT64_MAX;
}

static enum store_status mark_one(struct engine_context *context,
                                  const struct mailbox *mailbox,
                                  const struct store_marking *item)
{
    struct letter letter;
    uint64_t id = mailbox->shown.id;
    if (!letter_load(context->txn, id, item->number, &letter))
        return item->mark == STORE_MARK_ACK
                       && is_done(context->txn, mailbox, item->number)
                   ? STORE_OK
                   : STORE_STALE;
    if (item->claim == 0 || letter.claim != item->claim)
        return STORE_STALE;
    if (letter.done)
        return item->mark == STORE_MARK_ACK ? STORE_OK : STORE_STALE;
    letter.done = item->mark == STORE_MARK_ACK;
    if (!letter.done)
        letter.until = later(context->now, item->delay);
    if (item->mark == STORE_MARK_NACK)
        letter.claim = 0;
    letter_save(context->txn, id, &letter);
    context->idle = false;
    return STORE_OK;
}

static bool sound(const struct store_mark_letters *op)
{
    if (op->count > STORE_BATCH_MAX || (op->count > 0 && !op->items))
        return false;
    for (size_t i = 0; i < op->count; i++)
        if (op->items[i].mark < STORE_MARK_ACK
            || op->items[i].mark > STORE_MARK_EXTEND || op->items[i].delay < 0)
            return false;
    return true;
}

enum store_status op_mark_letters(struct engine_context *context,
                                  struct store_mark_letters *op)
{
    struct mailbox mailbox;
    op->place = 0;
    op->again_at = INT64_MAX;
    if (!sound(op))
        return STORE_INVALID;
    if (!mailbox_load(context->txn, &context->scratch, op->mailbox, &mailbox))
        return STORE_NOT_FOUND;
    if (mailbox.shown.ack != STORE_ACK_EXPLICIT)
        return STORE_INVALID;
    context->idle = true;
    for (size_t i = 0; i < op->count; i++) {
        struct store_marking *item = &op->items[i];
        item->result = mark_one(context, &mailbox, item);
        int64_t due = later(context->now, item->delay);
        if (item->mark == STORE_MARK_NACK && item->result == STORE_OK
            && due < op->again_at)
            op->again_at = due;
    }
    op->place = mailbox.shown.place;
    return STORE_OK;
}
