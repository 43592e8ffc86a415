// SPDX-License-Identifier: MIT

#include "engine_slow.h"

#include "engine_dispatch.h"
#include "engine_leans.h"
#include "engine_network.h"
#include "engine_shard.h"
#include "engine_transfer.h"

enum {
    HURRY_MS = 40,
    HURRY_TIMES = 2, // what is usual
};

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

static struct slow_line *line_of(struct network *network,
                                 const struct transfer *transfer)
{
    return &network->slows.young[transfer->exchange->class];
}

void slows_add(struct network *network, struct transfer *transfer)
{
    transfer->pace = TRANSFER_YOUNG;
    transfer->told = false;
    transfer->placed_ms = network->now_ms;
    line_add(line_of(network, transfer), transfer);
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
        line_remove(line_of(network, transfer), transfer);
    else if (transfer->pace == TRANSFER_SLOW)
        leave_slow(network, transfer);
    transfer->pace = TRANSFER_AGED;
}

// What it keeps is its connection alone.
static void become_slow(struct network *network, struct transfer *transfer)
{
    struct origin *origin = transfer->origin;
    if (network->now_ms - transfer->placed_ms >= EXCHANGE_SLOW_MS)
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

static bool is_full(const struct network *network)
{
    return network->slows.count >= network->limits.slow;
}

void slows_learn(struct network *network, const struct transfer *transfer)
{
    struct slows *slows = &network->slows;
    int64_t took_ms = network->now_ms - transfer->placed_ms;
    if (took_ms > EXCHANGE_SLOW_MS)
        took_ms = EXCHANGE_SLOW_MS;
    slows->usual += (uint32_t)took_ms - slows->usual / 16;
}

static int64_t patience_ms(const struct network *network,
                           enum exchange_class class)
{
    int64_t hurry_ms = network->slows.usual / 16 * HURRY_TIMES;
    unsigned most = network->limits.in_flight[class];
    bool awaited = network->origins.ring[class]
                   && network->in_flight[class] >= most - most / 16;
    if (class != EXCHANGE_DELIVER || !awaited || hurry_ms > EXCHANGE_SLOW_MS)
        return EXCHANGE_SLOW_MS;
    return hurry_ms > HURRY_MS ? hurry_ms : HURRY_MS;
}

static bool is_of_deliveries(enum exchange_class class)
{
    return class == EXCHANGE_DELIVER || class == EXCHANGE_RETRY;
}

static int64_t due_ms(const struct network *network, enum exchange_class class)
{
    const struct slows *slows = &network->slows;
    const struct transfer *first = slows->young[class].first;
    if (!first)
        return INT64_MAX;
    int64_t due = first->placed_ms + patience_ms(network, class);
    if (!is_of_deliveries(class) || network->limits.slow == 0
        || !is_full(network))
        return due;
    int64_t cut = slows->slow.first->placed_ms + EXCHANGE_CUT_MS;
    return cut > due ? cut : due;
}

static void move_on(struct network *network, struct transfer *transfer)
{
    bool slow =
        network->limits.slow > 0 && is_of_deliveries(transfer->exchange->class);
    if (slow && is_full(network))
        cut(network->slows.slow.first);
    line_remove(line_of(network, transfer), transfer);
    transfer->pace = TRANSFER_AGED;
    transfer_leave_handshake(transfer);
    if (slow)
        become_slow(network, transfer);
}

bool slows_check(struct network *network)
{
    bool any = false;
    for (int c = 0; c < EXCHANGE_CLASSES; c++)
        for (; due_ms(network, (enum exchange_class)c) <= network->now_ms;
             any = true)
            move_on(network, network->slows.young[c].first);
    return any;
}

int64_t slows_due_ms(const struct network *network)
{
    int64_t first = INT64_MAX;
    for (int c = 0; c < EXCHANGE_CLASSES; c++) {
        int64_t due = due_ms(network, (enum exchange_class)c);
        first = due < first ? due : first;
    }
    return first;
}
