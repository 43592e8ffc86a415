// SPDX-License-Identifier: MIT

#include "denials.h"
#include "due.h"

enum store_status op_tell(struct engine_context *context, struct store_tell *op)
{
    struct denial denial;
    if (op->due < 0)
        return STORE_INVALID;
    // Gone: this was said before, and the answer got lost.
    if (!denial_load(context->txn, &context->scratch, op->denial, &denial))
        return STORE_OK;
    if (!claims_settle(context->claims, work_denial(op->denial), op->token))
        return STORE_STALE;
    if (op->over) {
        denial_drop(context, &denial);
        return STORE_OK;
    }
    denial.shown.tries++;
    denial_delay(context, &denial, op->due > 0 ? op->due : context->now);
    return STORE_OK;
}
