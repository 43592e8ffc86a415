// SPDX-License-Identifier: MIT

#include "engine_transfer.h"

#include "engine_dispatch.h"
#include "engine_easy.h"
#include "engine_leans.h"
#include "engine_network.h"
#include "engine_shard.h"
#include "engine_slow.h"
#include "target.h"
#include "url.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SPARE_IDLE_MAX = 16, HOP_URL_MAX = 4096 };

const char *transfer_url(const struct transfer *transfer)
{
    return transfer->hop_url ? transfer->hop_url : transfer->exchange->url;
}

bool transfer_tried(const struct transfer *transfer,
                    const struct address *address)
{
    for (unsigned i = 0; transfer && i < transfer->attempts; i++)
        if (address_same(&transfer->tried[i], address))
            return true;
    return false;
}

static void transfer_free(struct transfer *transfer)
{
    easy_free(transfer->easy);
    collect_clear(&transfer->collect);
    free(transfer->hop_url);
    free(transfer);
}

static struct transfer *transfer_new(struct network *network,
                                     enum transfer_kind kind)
{
    struct transfer *transfer = calloc(1, sizeof *transfer);
    if (!transfer)
        return NULL;
    transfer->network = network;
    transfer->kind = kind;
    if (kind != TRANSFER_LEAN)
        transfer->easy = easy_new(transfer, kind == TRANSFER_FETCH);
    if (kind != TRANSFER_LEAN && !transfer->easy) {
        free(transfer);
        return NULL;
    }
    transfer->next = network->transfers;
    network->transfers = transfer;
    return transfer;
}

static enum transfer_kind kind_of(const struct origin *origin,
                                  const struct exchange *exchange)
{
    if (leans_suit(origin, exchange))
        return TRANSFER_LEAN;
    return exchange->class == EXCHANGE_FETCH ? TRANSFER_FETCH : TRANSFER_POST;
}

struct transfer *transfer_of(struct network *network, struct origin *origin,
                             struct exchange *exchange)
{
    if (exchange->transfer)
        return exchange->transfer;
    enum transfer_kind kind = kind_of(origin, exchange);
    struct transfer *transfer = network->spare[kind];
    if (transfer) {
        network->spare[kind] = transfer->next_spare;
        network->spare_count[kind]--;
    } else {
        transfer = transfer_new(network, kind);
    }
    if (!transfer)
        return NULL;
    transfer->exchange = exchange;
    transfer->hops = 0;
    transfer->moved = false;
    transfer->downgraded = false;
    transfer->inside = false;
    transfer->left_ms = exchange->timeout_ms;
    exchange->transfer = transfer;
    exchange->started_ms = network->now_ms;
    atomic_fetch_add_explicit(&network->numbers.started[exchange->class], 1,
                              memory_order_relaxed);
    return transfer;
}

static void put_back(struct transfer *transfer)
{
    struct network *network = transfer->network;
    transfer->exchange = NULL;
    transfer->origin = NULL;
    transfer->attempts = 0;
    free(transfer->hop_url);
    transfer->hop_url = NULL;
    transfer->next_spare = network->spare[transfer->kind];
    network->spare[transfer->kind] = transfer;
    network->spare_count[transfer->kind]++;
}

void transfer_leave_handshake(struct transfer *transfer)
{
    if (transfer->handshaking)
        dispatch_leave_handshake(transfer->network);
    transfer->handshaking = false;
}

static void leave_gates(struct transfer *transfer)
{
    if (transfer->gate)
        dispatch_leave_address(transfer->network, transfer->gate,
                               transfer_is_slow(transfer));
    transfer->gate = NULL;
    transfer_leave_handshake(transfer);
}

void transfer_leave_class(struct transfer *transfer)
{
    struct network *network = transfer->network;
    enum exchange_class class = transfer->exchange->class;
    network->in_flight[class]--;
    atomic_fetch_sub_explicit(&network->numbers.in_flight[class], 1,
                              memory_order_relaxed);
    transfer->origin->in_flight[class]--;
}

static void leave_places(struct transfer *transfer)
{
    leave_gates(transfer);
    if (!transfer_is_slow(transfer))
        transfer_leave_class(transfer);
    slows_remove(transfer->network, transfer);
    origin_settle(transfer->origin);
}

static bool attempt(struct transfer *transfer)
{
    transfer->connected = false;
    transfer->refused = false;
    transfer->starved = false;
    transfer->late = false;
    transfer->verdict = COLLECT_ON;
    transfer->tried[transfer->attempts++] = transfer->address;
    transfer->sent_ms = transfer->network->now_ms;
    collect_begin(&transfer->collect, transfer->exchange);
    if (transfer->kind == TRANSFER_LEAN)
        return leans_start(transfer);
    struct shard *shard = shard_of(transfer->network, transfer->origin);
    return easy_set(transfer->easy, transfer) && shard_start(shard, transfer);
}

static bool is_too_much(unsigned status)
{
    return status == 429 || (status >= 502 && status <= 504);
}

void transfer_heard(struct transfer *transfer)
{
    const struct network *network = transfer->network;
    struct origin *origin = transfer->origin;
    struct parallel_request request = {
        .sent_ms = transfer->sent_ms,
        .now_ms = network->now_ms,
        .wanted = origin_wants_more(origin)
                  && !network->full[transfer->exchange->class],
    };
    parallel_answered(&origin->parallel, &origin->table->parallel, &request);
    transfer->told = true;
}

// What it was that ended says how many the origin takes.
static void judge(struct transfer *transfer, enum exchange_result result)
{
    struct parallel_request request = { .sent_ms = transfer->sent_ms,
                                        .now_ms = transfer->network->now_ms };
    bool failed = result == EXCHANGE_TIMEOUT || result == EXCHANGE_NO_CONNECT
                  || result == EXCHANGE_BROKEN
                  || is_too_much(transfer->collect.status);
    if (!exchange_is_delivery(transfer->exchange))
        return;
    if (result == EXCHANGE_ANSWERED)
        slows_learn(transfer->network, transfer);
    if (failed)
        parallel_failed(&transfer->origin->parallel, &request);
    else if (result == EXCHANGE_ANSWERED && !transfer->told)
        transfer_heard(transfer);
}

static bool is_inside(const struct transfer *transfer)
{
    struct sockaddr_storage address;
    if (transfer->exchange->class != EXCHANGE_FETCH)
        return false;
    address_to_socket(&transfer->address, transfer->origin->port, &address);
    return guard_is_inside(&transfer->network->guards.topic,
                           (const struct sockaddr *)&address);
}

static void finish(struct transfer *transfer, enum exchange_result result)
{
    transfer->inside = transfer->inside || is_inside(transfer);
    judge(transfer, result);
    leave_places(transfer);
    transfer_end(transfer, result);
}

void transfer_start(struct transfer *transfer, struct origin *origin,
                    struct gate *gate, bool handshaking)
{
    struct network *network = transfer->network;
    enum exchange_class class = transfer->exchange->class;
    transfer->origin = origin;
    transfer->gate = gate;
    gate_enter(gate, false);
    transfer->handshaking = handshaking;
    network->handshakes.busy += handshaking;
    network->in_flight[class]++;
    atomic_fetch_add_explicit(&network->numbers.in_flight[class], 1,
                              memory_order_relaxed);
    origin->in_flight[class]++;
    slows_add(network, transfer);
    transfer->deadline_ms = network->now_ms + transfer->left_ms;
    if (!attempt(transfer))
        finish(transfer, EXCHANGE_BROKEN);
}

bool transfer_sends(struct transfer *transfer)
{
    const struct exchange *exchange = transfer->exchange;
    transfer->connected = true;
    transfer->sent_ms = transfer->network->now_ms;
    transfer_leave_handshake(transfer);
    transfer->line[0] = '\0';
    transfer->late =
        network_is_late(exchange)
        || (exchange->prepare && !exchange->prepare(exchange, transfer->line));
    return !transfer->late;
}

// The class's own places are kept, the address changes.
static bool try_next_address(struct transfer *transfer)
{
    struct network *network = transfer->network;
    struct address next;
    if (transfer->attempts >= TRANSFER_ADDRESSES_MAX
        || network->now_ms >= transfer->deadline_ms
        || !dispatch_address(network, transfer->origin, transfer->exchange,
                             &next)
        || !network_admits(network, transfer->exchange, &next))
        return false;
    struct gate *gate = gates_at(&network->gates, &next);
    if (!gate)
        return false;
    bool handshaking = transfer->handshaking;
    gate_enter(gate, transfer_is_slow(transfer));
    network->handshakes.busy += handshaking;
    leave_gates(transfer);
    transfer->gate = gate;
    transfer->handshaking = handshaking;
    transfer->address = next;
    return attempt(transfer);
}

static bool is_redirect(const struct transfer *transfer)
{
    const struct exchange *exchange = transfer->exchange;
    unsigned status = transfer->collect.status;
    return exchange->redirects_max > 0 && !exchange->post
           && (status == 301 || status == 302 || status == 303 || status == 307
               || status == 308);
}

// The URL to go on with. NULL: there is none that may be called.
static char *next_url(const struct transfer *transfer, struct target *target)
{
    char text[HOP_URL_MAX];
    struct url url;
    const char *location = collect_field(&transfer->collect, "location");
    if (!location
        || !url_resolve(transfer_url(transfer), location, text, sizeof text))
        return NULL;
    text[strcspn(text, "#")] = '\0';
    if (url_read(text, strlen(text), &url) || !target_read(text, target))
        return NULL;
    return strdup(text);
}

static void hop(struct transfer *transfer)
{
    struct network *network = transfer->network;
    struct exchange *exchange = transfer->exchange;
    unsigned status = transfer->collect.status;
    struct target target;
    if (transfer->hops >= exchange->redirects_max) {
        finish(transfer, EXCHANGE_REDIRECTS);
        return;
    }
    char *url = next_url(transfer, &target);
    struct origin *origin =
        url ? origins_at(&network->origins, &target, network->now_ms) : NULL;
    if (!origin) {
        finish(transfer, url ? EXCHANGE_BROKEN : EXCHANGE_REDIRECTS);
        free(url);
        return;
    }
    transfer->hops++;
    transfer->inside = transfer->inside || is_inside(transfer);
    transfer->moved = transfer->moved || (status != 301 && status != 308);
    if (transfer->origin->https && !target.https)
        transfer->downgraded = true;
    transfer->left_ms = transfer->deadline_ms - network->now_ms;
    free(transfer->hop_url);
    transfer->hop_url = url;
    transfer->attempts = 0;
    leave_places(transfer);
    network->queued++;
    origin_prepend(origin, exchange);
    origin_settle(origin);
}

static void shun(struct transfer *transfer)
{
    struct network *network = transfer->network;
    shun_add(&network->shun, &transfer->address, network->now_ms);
    origin_shun(transfer->origin, &transfer->address);
}

void transfer_finished(struct transfer *transfer, enum exchange_result result,
                       bool elsewhere)
{
    if (elsewhere)
        shun(transfer);
    else if (transfer->attempts > 1 && transfer->connected)
        origin_prefer(transfer->origin, &transfer->address);
    if (elsewhere && network_is_late(transfer->exchange))
        result = EXCHANGE_CANCELLED;
    else if (elsewhere && try_next_address(transfer))
        return;
    if (result == EXCHANGE_ANSWERED && is_redirect(transfer)) {
        hop(transfer);
        return;
    }
    if (result == EXCHANGE_REFUSED)
        atomic_fetch_add(&transfer->network->numbers.refused, 1);
    finish(transfer, result);
}

void transfer_end(struct transfer *transfer, enum exchange_result result)
{
    struct exchange *exchange = transfer->exchange;
    if (!collect_hand_over(&transfer->collect, exchange))
        result = EXCHANGE_BROKEN;
    if (transfer->hops > 0) {
        exchange->final_url = transfer->hop_url;
        transfer->hop_url = NULL;
        exchange->moved_for_good = !transfer->moved;
        exchange->downgraded = transfer->downgraded;
    }
    exchange->inside = transfer->inside;
    exchange->transfer = NULL;
    memcpy(exchange->address, transfer->address.bytes,
           sizeof exchange->address);
    struct network *network = transfer->network;
    put_back(transfer);
    network_end(network, exchange, result);
}

void transfers_free(struct network *network)
{
    while (network->transfers) {
        struct transfer *transfer = network->transfers;
        network->transfers = transfer->next;
        if (transfer->shard)
            shard_stop(transfer->shard, transfer);
        leans_stop(transfer);
        transfer_free(transfer);
    }
}

void transfers_trim(struct network *network)
{
    for (int kind = 0; kind < TRANSFER_KINDS; kind++) {
        network->spare[kind] = NULL;
        network->spare_count[kind] = 0;
    }
    struct transfer **at = &network->transfers;
    while (*at) {
        struct transfer *transfer = *at;
        if (!transfer->exchange
            && network->spare_count[transfer->kind] >= SPARE_IDLE_MAX) {
            *at = transfer->next;
            transfer_free(transfer);
            continue;
        }
        if (!transfer->exchange) {
            transfer->next_spare = network->spare[transfer->kind];
            network->spare[transfer->kind] = transfer;
            network->spare_count[transfer->kind]++;
        }
        at = &transfer->next;
    }
}
