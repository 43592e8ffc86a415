// SPDX-License-Identifier: MIT

#include "standing.h"
#include "tickets.h"

enum store_status op_status(struct engine_context *context,
                            struct store_request_status *op)
{
    struct txn *txn = context->txn;
    struct request request;
    struct ticket ticket;
    op->state = STORE_REQUEST_UNKNOWN;
    if (request_load(txn, &context->scratch, op->request, &request)) {
        if (request.shown.deadline > context->now)
            op->state = STORE_REQUEST_PENDING;
    } else if (ticket_load(txn, op->request, &ticket)) {
        if (standing_show(context, ticket.topic, ticket.subscription,
                          &op->subscriber))
            op->state = STORE_REQUEST_VERIFIED;
        else if (ticket.end > context->now)
            op->state = STORE_REQUEST_ENDED;
    }
    return STORE_OK;
}
