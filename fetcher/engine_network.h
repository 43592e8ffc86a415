// SPDX-License-Identifier: MIT
//
// engine_network -- one network thread and all that is its own.
//
// It shares nothing with the others. The owner's thread puts exchanges into
// the inbox and takes ended ones from the outbox, both lists under one lock;
// everything else here belongs to the network thread. Callbacks of libraries
// only record; what follows from it is decided in a turn, once for each time
// the loop was awake.

#pragma once

#include "engine.h"
#include "engine_admission.h"
#include "engine_gate.h"
#include "engine_leans.h"
#include "engine_origin.h"
#include "engine_shard.h"
#include "engine_shun.h"
#include "engine_slow.h"
#include "engine_transfer.h"
#include "engine_watch.h"
#include "guard.h"

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

// Of an exchange; what is cancelled before it was started never is.
enum exchange_phase {
    PHASE_NONE,
    PHASE_WAITING,
    PHASE_STARTED,
    PHASE_CANCELLED
};

enum { NETWORK_TIDY_MS = 30000 };

struct exchanges {
    struct exchange *first, **tail;
};

struct network_numbers {
    _Atomic uint64_t submitted[EXCHANGE_CLASSES];
    _Atomic uint64_t started[EXCHANGE_CLASSES], ended[EXCHANGE_CLASSES];
    _Atomic uint64_t in_flight[EXCHANGE_CLASSES], slow[EXCHANGE_CLASSES];
    _Atomic uint64_t connections, refused, lookups, cut;
};

struct network_guards {
    struct guard topic, callback;
};

struct network {
    pthread_mutex_t lock;
    struct exchanges inbox, outbox;
    struct network_guards next_guards; // if they have changed
    bool guards_changed, closing;
    atomic_bool sweep; // something waiting was cancelled
    struct network_numbers numbers;

    // The owner's, not flushed yet.
    struct exchanges pending;

    // The same for all threads, and constant.
    const char *user_agent;
    const char *ca_file;
    void (*wake)(void *context);
    void *context;
    const struct admission *admission;

    pthread_t thread;
    bool loop_open, running;
    uv_loop_t loop;
    uv_async_t knock;
    uv_prepare_t before_wait;
    uv_poll_t sockets;
    uv_timer_t timer;
    int64_t now_ms;

    struct engine_limits limits; // this thread's share
    struct network_guards guards;
    struct watches watches;
    struct resolve *resolve;
    struct origins origins;
    struct gates gates;
    struct gate handshakes;
    struct shun shun;
    struct shard shards[SHARD_COUNT];
    struct leans leans;
    int64_t tidy_ms; // when to look for idle things; 0: there are none
    struct slows slows;
    unsigned in_flight[EXCHANGE_CLASSES]; // but for slow ones
    bool full[EXCHANGE_CLASSES];          // at the latest turn's end
    size_t queued;
    struct exchanges ended;
    struct transfer *transfers; // all that exist
    struct transfer *spare[TRANSFER_KINDS];
    size_t spare_count[TRANSFER_KINDS];
};

struct network_options {
    struct engine_limits limits;
    struct siphash_key key;  // of origins
    const char *dns_servers; // NULL: resolv.conf's
};

void exchanges_init(struct exchanges *list);
void exchanges_add(struct exchanges *list, struct exchange *exchange);
void exchanges_move(struct exchanges *to, struct exchanges *from);

// The constant part and the guards are set already. False: *problem.
bool network_open(struct network *network,
                  const struct network_options *options, const char **problem);
// Fine when it was not opened, or only half.
void network_close(struct network *network);

// An exchange that has come to its end, on the network thread.
void network_end(struct network *network, struct exchange *exchange,
                 enum exchange_result result);

// Something is kept that has to be looked after once it is idle.
void network_keep(struct network *network);

const struct guard *network_guard(const struct network *network,
                                  enum exchange_class class);

// It is after the exchange's `not_after`.
bool network_is_late(const struct exchange *exchange);

// The exchange may go to that address, and is counted there.
bool network_admits(const struct network *network,
                    const struct exchange *exchange,
                    const struct address *address);
