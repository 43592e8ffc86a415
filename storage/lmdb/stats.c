// SPDX-License-Identifier: MIT

#include "meta.h"
#include "ops.h"
#include "room.h"

static bool tell_tables(struct engine_context *context, struct store_stats *op)
{
    op->items = arena_array(&context->results, TABLE_COUNT, sizeof *op->items);
    if (!op->items)
        return false;
    for (enum table table = 0; table < TABLE_COUNT; table++)
        op->items[op->table_count++] = (struct store_table){
            .name = env_table_name(table),
            .entries = txn_count(context->txn, table),
            .bytes = txn_size(context->txn, table),
        };
    return true;
}

enum store_status op_stats(struct engine_context *context,
                           struct store_stats *op)
{
    struct txn *txn = context->txn;
    struct env_room room;
    op->table_count = 0;
    op->items = NULL;
    if (!env_room(txn->env, false, &room)
        || (op->tables && !tell_tables(context, op)))
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
        .rules = txn_count(txn, TABLE_RULES),
        .events = context->counters.event,
        .commits = context->commits,
        .operations = context->operations,
        .epoch = txn->env->epoch,
        .format = META_FORMAT,
    };
    room_tell(&room, env_growth(txn->env), env_disk_free(txn->env),
              &op->numbers);
    return STORE_OK;
}
