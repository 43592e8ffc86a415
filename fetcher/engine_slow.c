// SPDX-License-Identifier: MIT

#include "engine_slow.h"

#include "engine_dispatch.h"
#include "engine_leans.h"
#include "engine_network.h"
#include "engine_shard.h"
#include "engine_transfer.h"

static void line_add(struct slow_line *line, struct transfer *transfer)
{
    transfer->line_previous = line->last;
    transfer->line_next = NULL;
    if (line->last)
        line->last->line_next = transfer;
    else
        line->first = transfer;
    line->last = transfer;
}

static void line_remove(struct slow_line *line, struct transfer *transfer)
{
    if (transfer->line_previous)
        transfer->line_previous->line_next = transfer->line_next;
    else
        line->first = transfer->line_next;
    if (transfer->line_next)
        transfer->line_next->line_previous = transfer->line_previous;
    else
        line->last = transfer->line_previous;
}

void slows_add(struct network *network, struct transfer *transfer)
{
    transfer->pace = TRANSFER_YOUNG;
    transfer->placed_ms = network->now_ms;
    line_add(&network->slows.young, transfer);
}

static void leave_slow(struct network *network, struct transfer *transfer)
{
    line_remove(&network->slows.slow, transfer);
    network->slows.count--;
    atomic_fetch_sub_explicit(&network->numbers.slow[transfer->exchange->class],
                              1, memory_order_relaxed);
    transfer->origin->slow--;
}

void slows_remove(struct network *network, struct transfer *transfer)
{
    if (transfer->pace == TRANSFER_YOUNG)
        line_remove(&network->slows.young, transfer);
    else if (transfer->pace == TRANSFER_SLOW)
        leave_slow(network, transfer);
    transfer->pace = TRANSFER_AGED;
}

// What it keeps is its connection alone.
static void become_slow(struct network *network, struct transfer *transfer)
{
    struct origin *origin = transfer->origin;
    transfer_heard(transfer);
    transfer_leave_class(transfer);
    transfer->pace = TRANSFER_SLOW;
    line_add(&network->slows.slow, transfer);
    network->slows.count++;
    atomic_fetch_add_explicit(&network->numbers.slow[transfer->exchange->class],
                              1, memory_order_relaxed);
    origin->slow++;
    if (transfer->gate)
        dispatch_slow_at_address(transfer->gate);
    origin_settle(origin);
}

// Or its end is only to be told yet.
static void cut(struct transfer *transfer)
{
    struct network *network = transfer->network;
    leave_slow(network, transfer);
    transfer->pace = TRANSFER_CUT;
    if (transfer->shard || transfer->lean)
        atomic_fetch_add(&network->numbers.cut, 1);
    if (transfer->shard) {
        shard_stop(transfer->shard, transfer);
        transfer_finished(transfer, EXCHANGE_TIMEOUT, false);
    } else if (transfer->lean) {
        leans_finish(transfer->lean, EXCHANGE_TIMEOUT, false);
    }
}

static bool can_be_slow(const struct network *network,
                        const struct transfer *transfer)
{
    return network->limits.slow > 0 && exchange_is_delivery(transfer->exchange);
}

static bool is_full(const struct network *network)
{
    return network->slows.count >= network->limits.slow;
}

bool slows_check(struct network *network)
{
    struct slow_line *young = &network->slows.young;
    bool any = false;
    while (slows_due_ms(network) <= network->now_ms) {
        struct transfer *transfer = young->first;
        bool slow = can_be_slow(network, transfer);
        if (slow && is_full(network))
            cut(network->slows.slow.first);
        line_remove(young, transfer);
        transfer->pace = TRANSFER_AGED;
        transfer_leave_handshake(transfer);
        if (slow)
            become_slow(network, transfer);
        any = true;
    }
    return any;
}

int64_t slows_due_ms(const struct network *network)
{
    const struct transfer *first = network->slows.young.first;
    if (!first)
        return INT64_MAX;
    int64_t due_ms = first->placed_ms + EXCHANGE_SLOW_MS;
    if (!can_be_slow(network, first) || !is_full(network))
        return due_ms;
    int64_t cut_ms = network->slows.slow.first->placed_ms + EXCHANGE_CUT_MS;
    return cut_ms > due_ms ? cut_ms : due_ms;
}
