// SPDX-License-Identifier: MIT

#include "mailboxes.h"

enum store_status op_touch_mailbox(struct engine_context *context,
                                   struct store_touch_mailbox *op)
{
    struct mailbox mailbox;
    op->lease_end = 0;
    if (!mailbox_load(context->txn, &context->scratch, op->mailbox, &mailbox))
        return STORE_NOT_FOUND;
    op->lease_end = mailbox.shown.lease_end;
    context->idle = !op->now && mailbox_is_fresh(context, &mailbox);
    if (context->idle)
        return STORE_OK;
    if (!context->txn->writes) {
        context->deferred = true;
        return STORE_AGAIN;
    }
    mailbox_renew(context, &mailbox);
    mailbox_save(context, &mailbox);
    op->lease_end = mailbox.shown.lease_end;
    return STORE_OK;
}
