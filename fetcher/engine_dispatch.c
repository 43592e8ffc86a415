// SPDX-License-Identifier: MIT

#include "engine_dispatch.h"

#include "engine_leans.h"
#include "engine_network.h"
#include "engine_transfer.h"
#include "resolve.h"
#include "target.h"

#include <assert.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

static bool claim(struct exchange *exchange)
{
    int expected = PHASE_WAITING;
    return atomic_compare_exchange_strong(&exchange->phase, &expected,
                                          PHASE_STARTED);
}

// Out of the queue without having been sent.
static void end_waiting(struct network *network, struct exchange *exchange,
                        enum exchange_result result)
{
    network->queued--;
    if (exchange->transfer)
        transfer_end(exchange->transfer, result);
    else
        network_end(network, exchange,
                    claim(exchange) ? result : EXCHANGE_CANCELLED);
}

static void end_all(struct network *network, struct origin *origin,
                    enum exchange_result result)
{
    struct exchange *exchange;
    for (int c = 0; c < EXCHANGE_CLASSES; c++)
        while ((exchange = origin_pop(origin, (enum exchange_class)c))) {
            if (!exchange->started_ms && result == EXCHANGE_NO_NAME)
                exchange->started_ms = network->now_ms;
            end_waiting(network, exchange, result);
        }
    origin_settle(origin);
}

void dispatch_add(struct network *network, struct exchange *exchange)
{
    struct target target;
    enum exchange_result result = EXCHANGE_BUSY;
    struct origin *origin = NULL;
    if (!target_read(exchange->url, &target))
        result = EXCHANGE_BAD_URL;
    else if (network->queued < network->limits.queue_max)
        origin = origins_at(&network->origins, &target, network->now_ms);
    exchange->transfer = NULL;
    network->queued++;
    if (!origin) {
        end_waiting(network, exchange, result);
        return;
    }
    origin_append(origin, exchange);
    origin_settle(origin);
}

bool dispatch_address(const struct network *network,
                      const struct origin *origin,
                      const struct exchange *exchange, struct address *out)
{
    const struct guard *guard = network_guard(network, exchange->class);
    const struct resolve_answer *answer = &origin->answer;
    for (size_t i = 0; i < answer->count; i++) {
        struct sockaddr_storage address;
        address_to_socket(&answer->addresses[i], origin->port, &address);
        if (transfer_tried(exchange->transfer, &answer->addresses[i])
            || !guard_allows(guard, (const struct sockaddr *)&address))
            continue;
        *out = answer->addresses[i];
        return true;
    }
    return false;
}

// Says of each address whether it would be called.
static void tell_judgement(const struct network *network,
                           const struct origin *origin,
                           struct exchange *exchange)
{
    static const char *const words[] = { [GUARD_ALLOWED] = "allowed",
                                         [GUARD_REFUSED] = "refused",
                                         [GUARD_OWN] = "own",
                                         [GUARD_PORT] = "port" };
    const struct guard *guard = network_guard(network, exchange->class);
    const struct resolve_answer *answer = &origin->answer;
    size_t room = answer->count * (ADDRESS_TEXT_MAX + 16) + 1, len = 0;
    char *out = calloc(1, room);
    for (size_t i = 0; out && i < answer->count; i++) {
        char text[ADDRESS_TEXT_MAX];
        struct sockaddr_storage address;
        address_text(&answer->addresses[i], text);
        address_to_socket(&answer->addresses[i], origin->port, &address);
        len += (size_t)snprintf(
            out + len, room - len, "%s %s\n", text,
            words[guard_judge(guard, (const struct sockaddr *)&address)]);
    }
    exchange->response = out;
    exchange->response_len = len;
}

// An address that worked stays the first as long as the name has it, so that
// connections to it are used again however the answers are shuffled.
static void set_addresses(struct origin *origin,
                          const struct resolve_answer *answer)
{
    struct network *network = origin->table->network;
    struct address old = origin->answer.addresses[0];
    bool had = origin->answer.count > 0;
    origin->answer = *answer;
    if (had)
        origin_prefer(origin, &old);
    shun_sort(&network->shun, origin->answer.addresses, answer->count,
              network->now_ms);
    leans_forget(origin);
}

static void on_addresses(struct resolve_waiter *waiter,
                         const struct resolve_answer *answer)
{
    struct origin *origin =
        (struct origin *)((char *)waiter - offsetof(struct origin, waiter));
    origin->asking = false;
    if (answer->count > 0)
        set_addresses(origin, answer);
    else
        end_all(origin->table->network, origin, EXCHANGE_NO_NAME);
    origin_settle(origin);
}

// False: the origin waits for its name, or its queue came to an end.
static bool has_addresses(struct network *network, struct origin *origin)
{
    if (origin->answer.expires_ms > network->now_ms)
        return true;
    struct resolve_answer answer;
    if (resolve_known(network->resolve, origin->host, network->now_ms,
                      &answer)) {
        if (answer.count > 0) {
            set_addresses(origin, &answer);
            return true;
        }
        end_all(network, origin, EXCHANGE_NO_NAME);
        return false;
    }
    origin->waiter.done = on_addresses;
    origin->asking = resolve_ask(network->resolve, origin->host,
                                 network->now_ms, &origin->waiter);
    if (!origin->asking)
        end_all(network, origin, EXCHANGE_NO_NAME);
    return false;
}

static void let_in(struct origin *origin)
{
    while (origin) {
        struct origin *next = origin->parked_next;
        origin->parked_next = NULL;
        origin_settle(origin);
        origin = next;
    }
}

void dispatch_leave_address(struct network *network, struct gate *gate,
                            bool slow)
{
    let_in(gate_leave(gate, slow));
    gates_drop_unused(&network->gates, gate);
}

void dispatch_slow_at_address(struct gate *gate)
{
    let_in(gate_slow(gate));
}

void dispatch_leave_handshake(struct network *network)
{
    let_in(gate_leave(&network->handshakes, false));
}

// NULL: it is parked at some gate, or else memory ran out.
static struct gate *pass_gates(struct network *network, struct origin *origin,
                               const struct address *address, bool *handshaking)
{
    struct gate *gate = gates_at(&network->gates, address);
    if (!gate)
        return NULL;
    if (gate_is_shut(gate)) {
        gate_park(gate, origin);
        return NULL;
    }
    *handshaking = origin->https && origin->connections <= origin_busy(origin);
    if (*handshaking && gate_is_shut(&network->handshakes)) {
        gate_park(&network->handshakes, origin);
        gates_drop_unused(&network->gates, gate);
        return NULL;
    }
    return gate;
}

static void end_first(struct network *network, struct origin *origin,
                      enum exchange_class class, enum exchange_result result)
{
    end_waiting(network, origin_pop(origin, class), result);
}

// Of several, one where somebody agreed goes first: it works, and is not
// counted, while one that is dead would use up what it may be called.
static void put_trusted_first(const struct network *network,
                              struct origin *origin)
{
    struct address *all = origin->answer.addresses;
    for (size_t i = 0; i < origin->answer.count; i++)
        if (admission_trusts(network->admission, &all[i], network->now_ms)) {
            struct address trusted = all[i];
            all[i] = all[0];
            all[0] = trusted;
            return;
        }
}

// Where the first one of that queue may go. False: it has come to its end, or
// has to wait for its name.
static bool find_way(struct network *network, struct origin *origin,
                     enum exchange_class class, struct address *out)
{
    struct exchange *exchange = origin->first[class];
    if (network_is_late(exchange)) {
        end_first(network, origin, class, EXCHANGE_CANCELLED);
        return false;
    }
    if (!has_addresses(network, origin))
        return false;
    if (exchange->class == EXCHANGE_VERIFY && origin->answer.count > 1)
        put_trusted_first(network, origin);
    bool allowed = dispatch_address(network, origin, exchange, out);
    if (exchange->judge_only) {
        tell_judgement(network, origin, exchange);
        end_first(network, origin, class,
                  allowed ? EXCHANGE_ANSWERED : EXCHANGE_REFUSED);
        return false;
    }
    if (!allowed) {
        atomic_fetch_add(&network->numbers.refused, 1);
        end_first(network, origin, class, EXCHANGE_REFUSED);
    }
    return allowed;
}

static void start_next(struct network *network, struct origin *origin,
                       enum exchange_class class)
{
    struct address address;
    bool handshaking = false;
    if (!find_way(network, origin, class, &address))
        return;
    struct gate *gate = pass_gates(network, origin, &address, &handshaking);
    if (!gate && origin->parked_at)
        return;
    if (!gate) {
        end_first(network, origin, class, EXCHANGE_BUSY);
        return;
    }
    struct exchange *exchange = origin->first[class];
    if (!network_admits(network, exchange, &address)) {
        gates_drop_unused(&network->gates, gate);
        end_first(network, origin, class, EXCHANGE_LIMITED);
        return;
    }
    origin_pop(origin, class);
    bool mine = exchange->transfer || claim(exchange);
    struct transfer *transfer =
        mine ? transfer_of(network, origin, exchange) : NULL;
    network->queued--;
    if (transfer) {
        transfer->address = address;
        transfer_start(transfer, origin, gate, handshaking);
        return;
    }
    gates_drop_unused(&network->gates, gate);
    network_end(network, exchange, mine ? EXCHANGE_BUSY : EXCHANGE_CANCELLED);
}

static bool has_room(const struct network *network, enum exchange_class class)
{
    unsigned all = network->slows.count;
    for (int c = 0; c < EXCHANGE_CLASSES; c++)
        all += network->in_flight[c];
    return network->in_flight[class] < network->limits.in_flight[class]
           && (network->limits.at_once == 0 || all < network->limits.at_once);
}

bool dispatch_is_held_back(const struct network *network)
{
    return network->leans.opened >= LEANS_OPENED_MAX;
}

bool dispatch_run(struct network *network)
{
    // First what people wait for.
    static const enum exchange_class order[EXCHANGE_CLASSES] = {
        EXCHANGE_VERIFY, EXCHANGE_FETCH, EXCHANGE_DELIVER, EXCHANGE_RETRY
    };
    bool any = false;
    for (int i = 0; i < EXCHANGE_CLASSES; i++) {
        enum exchange_class class = order[i];
        struct origin *origin;
        while (has_room(network, class) && !dispatch_is_held_back(network)
               && (origin = origins_turn(&network->origins, class))) {
            start_next(network, origin, class);
            origin_settle(origin);
            any = true;
        }
        network->full[class] = !has_room(network, class);
    }
    return any;
}

static void sweep_queue(struct network *network, struct origin *origin,
                        enum exchange_class class)
{
    struct exchange *exchange = origin->first[class];
    origin->first[class] = NULL;
    origin->last[class] = NULL;
    while (exchange) {
        struct exchange *next = exchange->link;
        if (!exchange->transfer
            && atomic_load(&exchange->phase) == PHASE_CANCELLED)
            end_waiting(network, exchange, EXCHANGE_CANCELLED);
        else
            origin_append(origin, exchange);
        exchange = next;
    }
}

void dispatch_sweep(struct network *network)
{
    const struct origins *origins = &network->origins;
    for (size_t i = 0; i < origins->bucket_count; i++)
        for (struct origin *o = origins->buckets[i]; o; o = o->in_bucket) {
            for (int c = 0; c < EXCHANGE_CLASSES; c++)
                sweep_queue(network, o, (enum exchange_class)c);
            origin_settle(o);
        }
}
