// SPDX-License-Identifier: MIT
//
// engine_shard -- one of the curl multi handles of a network thread.
//
// libcurl 7.88 walks all connections of a multi handle whenever a transfer
// ends, so a thread has several and divides its origins among them. HTTPS
// has fewer, since each keeps a parsed copy of the CA bundle.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct network;
struct origin;
struct transfer;
struct watch;

enum { SHARD_COUNT = 16, SHARD_HTTPS_COUNT = 4 };

struct shard {
    struct network *network;
    void *multi;         // CURLM; NULL while it is not needed
    int64_t deadline_us; // when curl wants to be called; 0: never
    unsigned running;
    unsigned connections; // open, idle or not
    unsigned kept;        // of these, where they become idle
    int64_t used_ms;
    bool touched; // transfers may have ended
};

void shards_init(struct network *network);

struct shard *shard_of(struct network *network, const struct origin *origin);

// False: out of memory. The transfer has its curl handle set up.
bool shard_start(struct shard *shard, struct transfer *transfer);
void shard_stop(struct shard *shard, struct transfer *transfer);

// A new connection would not stay in the cache, or push out another.
// So many are open that a new one of this https origin would push out others.
bool shards_crowded(const struct origin *origin);

bool shard_is_full(const struct shard *shard);

// Something happened on one of its sockets.
void shard_event(struct network *network, int fd, uint32_t events);

// Lets curl do what is due. True: it did something.
bool shards_run_due(struct network *network);

// Ends the transfers that curl has finished. True: there were some.
bool shards_reap(struct network *network);

// Microseconds until one wants to be called; INT64_MAX: none does.
int64_t shards_patience_us(const struct network *network);

// Closes what was idle for long. True: some still have connections.
bool shards_tidy(struct network *network, int64_t now_ms);
void shards_close(struct network *network);

// For curl's OPENSOCKETFUNCTION and CLOSESOCKETFUNCTION. -1: no socket.
int shard_socket(struct transfer *transfer, int family);
int shard_close_socket(void *network, int fd);
