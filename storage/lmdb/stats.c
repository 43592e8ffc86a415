// SPDX-License-Identifier: MIT

#include "meta.h"
#include "ops.h"

enum store_status op_stats(struct engine_context *context,
                           struct store_stats *op)
{
    struct txn *txn = context->txn;
    struct env_room room;
    if (!env_room(txn->env, false, &room))
        return STORE_AGAIN;
    op->numbers = (struct store_numbers){
        .topics = txn_count(txn, TABLE_TOPICS),
        .subscriptions = txn_count(txn, TABLE_SUBSCRIPTIONS),
        .requests = txn_count(txn, TABLE_REQUESTS) - context->counters.idle,
        .lagging = txn_count(txn, TABLE_LAGGING),
        .walks = txn_count(txn, TABLE_WALKS),
        .denials = txn_count(txn, TABLE_DENIALS),
        .waiting = txn_count(txn, TABLE_WAITING),
        .lanes = txn_count(txn, TABLE_LANES),
        .paused = meta_paused(txn),
        .mailboxes = txn_count(txn, TABLE_MAILBOXES),
        .tokens = txn_count(txn, TABLE_TOKENS),
        .events = context->counters.event,
        .map_bytes = room.map_bytes,
        .used_bytes = room.used_bytes,
        .commits = context->commits,
        .operations = context->operations,
        .epoch = txn->env->epoch,
    };
    return STORE_OK;
}
