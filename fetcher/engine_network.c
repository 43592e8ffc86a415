// SPDX-License-Identifier: MIT

#include "engine_network.h"

#include "engine_dispatch.h"
#include "engine_lean.h"
#include "engine_transfer.h"
#include "resolve.h"

#include <assert.h>
#include <signal.h>
#include <string.h>
#include <time.h>

enum {
    EVENTS_AT_ONCE = 256,
    ROUNDS_MAX = 4, // of a turn, before it looks at the sockets again
};

void exchanges_init(struct exchanges *list)
{
    list->first = NULL;
    list->tail = &list->first;
}

void exchanges_add(struct exchanges *list, struct exchange *exchange)
{
    exchange->link = NULL;
    *list->tail = exchange;
    list->tail = &exchange->link;
}

void exchanges_move(struct exchanges *to, struct exchanges *from)
{
    if (!from->first)
        return;
    *to->tail = from->first;
    to->tail = from->tail;
    exchanges_init(from);
}

const struct guard *network_guard(const struct network *network,
                                  enum exchange_class class)
{
    return class == EXCHANGE_FETCH ? &network->guards.topic
                                   : &network->guards.callback;
}

bool network_is_late(const struct exchange *exchange)
{
    struct timespec now;
    if (exchange->not_after == 0)
        return false;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000
           > exchange->not_after;
}

bool network_admits(const struct network *network,
                    const struct exchange *exchange,
                    const struct address *address)
{
    return admission_admits(network->admission, exchange, address,
                            network->now_ms);
}

void network_end(struct network *network, struct exchange *exchange,
                 enum exchange_result result)
{
    exchange->result = result;
    exchange->ended_ms = network->now_ms;
    atomic_fetch_add_explicit(&network->numbers.ended[exchange->class], 1,
                              memory_order_relaxed);
    exchanges_add(&network->ended, exchange);
}

void network_keep(struct network *network)
{
    if (network->tidy_ms == 0)
        network->tidy_ms = network->now_ms + NETWORK_TIDY_MS;
}

static void tell_time(struct network *network)
{
    network->now_ms = (int64_t)(uv_hrtime() / 1000000);
}

static bool take_inbox(struct network *network)
{
    struct exchanges taken;
    exchanges_init(&taken);
    pthread_mutex_lock(&network->lock);
    bool closing = network->closing;
    if (network->guards_changed)
        network->guards = network->next_guards;
    network->guards_changed = false;
    exchanges_move(&taken, &network->inbox);
    pthread_mutex_unlock(&network->lock);
    struct exchange *exchange = taken.first;
    while (exchange) {
        struct exchange *next = exchange->link;
        dispatch_add(network, exchange);
        exchange = next;
    }
    if (atomic_exchange(&network->sweep, false))
        dispatch_sweep(network);
    return !closing;
}

static void hear_sockets(struct network *network)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    int count = epoll_wait(network->watches.epoll, events, EVENTS_AT_ONCE, 0);
    for (int i = 0; i < count; i++) {
        int fd = events[i].data.fd;
        const struct watch *watch = watch_of(&network->watches, fd);
        if (watch && watch->kind == WATCH_LEAN)
            lean_event(network, fd, events[i].events);
        else if (watch)
            shard_event(network, fd, events[i].events);
    }
}

static void give_back(struct network *network)
{
    if (!network->ended.first)
        return;
    pthread_mutex_lock(&network->lock);
    bool first = !network->outbox.first;
    exchanges_move(&network->outbox, &network->ended);
    pthread_mutex_unlock(&network->lock);
    // Who has not come since the last time comes anyway.
    if (first)
        network->wake(network->context);
}

static void tidy(struct network *network)
{
    if (network->tidy_ms == 0 || network->now_ms < network->tidy_ms)
        return;
    bool left = shards_tidy(network, network->now_ms);
    left = leans_tidy(network, network->now_ms) || left;
    transfers_trim(network);
    network->tidy_ms = left ? network->now_ms + NETWORK_TIDY_MS : 0;
}

static void on_timer(uv_timer_t *timer)
{
    (void)timer;
}

static void set_timer(struct network *network, bool more)
{
    int64_t ms = INT64_MAX;
    int64_t us = shards_patience_us(network);
    if (us != INT64_MAX)
        ms = (us + 999) / 1000;
    if (more)
        ms = 0;
    int64_t check_ms = network->leans.check_ms;
    if (check_ms > 0 && check_ms - network->now_ms < ms)
        ms = check_ms - network->now_ms;
    int64_t slow_ms = slows_due_ms(network);
    if (slow_ms != INT64_MAX && slow_ms - network->now_ms < ms)
        ms = slow_ms - network->now_ms;
    if (network->tidy_ms > 0 && network->tidy_ms - network->now_ms < ms)
        ms = network->tidy_ms - network->now_ms;
    if (ms == INT64_MAX)
        uv_timer_stop(&network->timer);
    else
        uv_timer_start(&network->timer, on_timer, (uint64_t)(ms > 0 ? ms : 0),
                       0);
}

static bool advance(struct network *network)
{
    tell_time(network);
    bool any = resolve_step(network->resolve, network->now_ms);
    leans_check(network);
    any = slows_check(network) || any;
    any = leans_reap(network) || any;
    any = shards_reap(network) || any;
    any = dispatch_run(network) || any;
    return shards_run_due(network) || any;
}

// Right before the loop waits, and so after all that woke it.
static void turn(uv_prepare_t *prepare)
{
    struct network *network = prepare->data;
    tell_time(network);
    if (!take_inbox(network)) {
        uv_stop(&network->loop);
        return;
    }
    hear_sockets(network);
    network->leans.opened = 0;
    bool more = true;
    for (int i = 0; more && i < ROUNDS_MAX; i++)
        more = advance(network);
    tidy(network);
    origins_drop_idle(&network->origins);
    atomic_store_explicit(&network->numbers.lookups,
                          resolve_lookups(network->resolve),
                          memory_order_relaxed);
    give_back(network);
    uv_update_time(&network->loop);
    set_timer(network, more || dispatch_is_held_back(network));
}

static void on_knock(uv_async_t *knock)
{
    (void)knock;
}

static void on_sockets(uv_poll_t *poll, int status, int events)
{
    (void)poll;
    (void)status;
    (void)events;
}

static void *run(void *context)
{
    struct network *network = context;
    pthread_setname_np(pthread_self(), "network");
    uv_run(&network->loop, UV_RUN_DEFAULT);
    return NULL;
}

static bool loop_open(struct network *network)
{
    if (uv_loop_init(&network->loop) != 0)
        return false;
    network->loop_open = true;
    network->before_wait.data = network;
    return uv_async_init(&network->loop, &network->knock, on_knock) == 0
           && uv_prepare_init(&network->loop, &network->before_wait) == 0
           && uv_prepare_start(&network->before_wait, turn) == 0
           && uv_timer_init(&network->loop, &network->timer) == 0
           && uv_poll_init(&network->loop, &network->sockets,
                           network->watches.epoll)
                  == 0
           && uv_poll_start(&network->sockets, UV_READABLE, on_sockets) == 0;
}

static bool thread_open(struct network *network)
{
    // Signals are the main thread's; and a write of OpenSSL's to a closed
    // connection must not be one.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&network->thread, NULL, run, network);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    network->running = !failed;
    return !failed;
}

bool network_open(struct network *network,
                  const struct network_options *options, const char **problem)
{
    *problem = "out of memory or descriptors";
    network->watches.epoll = -1;
    network->limits = options->limits;
    network->shun.key = options->key;
    network->handshakes.cap = options->limits.tls_handshakes;
    pthread_mutex_init(&network->lock, NULL);
    exchanges_init(&network->inbox);
    exchanges_init(&network->outbox);
    exchanges_init(&network->pending);
    exchanges_init(&network->ended);
    shards_init(network);
    if (!watches_open(&network->watches)
        || !origins_init(&network->origins, network, &options->key,
                         &options->limits)
        || !gates_init(&network->gates, options->limits.per_address)
        || !loop_open(network))
        return false;
    network->origins.crowded = shards_crowded;
    network->resolve =
        resolve_open(&network->loop, options->dns_servers, problem);
    if (!network->resolve)
        return false;
    *problem = "no thread could be started";
    return thread_open(network);
}

static void close_handle(uv_handle_t *handle, void *context)
{
    (void)context;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void network_close(struct network *network)
{
    if (network->running) {
        pthread_mutex_lock(&network->lock);
        network->closing = true;
        pthread_mutex_unlock(&network->lock);
        uv_async_send(&network->knock);
        pthread_join(network->thread, NULL);
    }
    transfers_free(network);
    shards_close(network);
    leans_close(network);
    // It ends its own handles first, they are not only uv's.
    resolve_close(network->resolve);
    if (network->loop_open) {
        uv_prepare_stop(&network->before_wait);
        uv_walk(&network->loop, close_handle, NULL);
        uv_run(&network->loop, UV_RUN_DEFAULT);
        uv_loop_close(&network->loop);
    }
    origins_clear(&network->origins);
    gates_clear(&network->gates);
    watches_close(&network->watches);
    pthread_mutex_destroy(&network->lock);
}
