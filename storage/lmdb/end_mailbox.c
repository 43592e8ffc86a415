// SPDX-License-Identifier: MIT

#include "leases.h"
#include "mailboxes.h"

enum store_status op_remove_mailbox(struct engine_context *context,
                                    struct store_remove_mailbox *op)
{
    struct mailbox mailbox;
    op->more = false;
    if (!mailbox_load(context->txn, &context->scratch, op->mailbox, &mailbox)
        && !mailbox.ending)
        return STORE_NOT_FOUND;
    op->more = !mailbox_end(context, &mailbox);
    return STORE_OK;
}

static bool first_over(struct engine_context *context, struct lease *out)
{
    return lease_first(context->txn, LEASE_MAILBOX, out)
           && out->end <= context->now;
}

// Ends the one whose lease this is, and tells of it once.
static void end(struct engine_context *context,
                struct store_expire_mailboxes *op, const struct lease *lease)
{
    struct mailbox mailbox;
    bool told =
        !mailbox_load(context->txn, &context->results, lease->id, &mailbox);
    if (told && !mailbox.ending) {
        txn_fail(context->txn, STORE_CORRUPT);
        return;
    }
    if (!told)
        op->items[op->count++] = mailbox.shown;
    mailbox_end(context, &mailbox);
}

enum store_status op_expire_mailboxes(struct engine_context *context,
                                      struct store_expire_mailboxes *op)
{
    struct lease lease;
    op->count = 0;
    op->items = NULL;
    op->more = false;
    op->next_end = INT64_MAX;
    if (op->max > STORE_BATCH_MAX)
        return STORE_INVALID;
    op->items = arena_array(&context->results, op->max + 1, sizeof *op->items);
    if (!op->items)
        return STORE_AGAIN;
    context->idle = op->max == 0 || !first_over(context, &lease);
    for (size_t i = 0; i < op->max && first_over(context, &lease); i++)
        end(context, op, &lease);
    if (!txn_ok(context->txn))
        return STORE_AGAIN;
    op->more = first_over(context, &lease);
    if (lease_first(context->txn, LEASE_MAILBOX, &lease))
        op->next_end = lease.end;
    return STORE_OK;
}
