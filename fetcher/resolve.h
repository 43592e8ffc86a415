// SPDX-License-Identifier: MIT
//
// resolve -- names to addresses, without ever waiting for them.
//
// Asks over c-ares on the caller's loop, /etc/hosts first. A question is
// answered within RESOLVE_ANSWER_MS once it is put to the servers, and within
// RESOLVE_WAIT_MS more when it has to stand in line: so many at once in all,
// and so many for one registrable domain (taken to be the last two labels,
// which under "co.uk" lumps strangers together: it costs them patience only).
// Equal questions are asked once; answers are remembered for their TTL within
// bounds, failures for a while too.
//
// It judges no address; see guard.h. Times are CLOCK_MONOTONIC's. Not
// thread-safe: one for each thread.

#pragma once

#include "address.h"

struct uv_loop_s;
struct resolve;

enum {
    RESOLVE_ADDRESSES_MAX = 8,
    RESOLVE_AT_ONCE_MAX = 256,
    RESOLVE_DOMAIN_MAX = 4,
    RESOLVE_KNOWN_MAX = 8192,
    RESOLVE_TRY_MS = 2000,
    RESOLVE_ANSWER_MS = 2 * RESOLVE_TRY_MS,
    RESOLVE_WAIT_MS = 10000,
};

struct resolve_answer {
    size_t count; // 0: the name does not resolve
    int64_t expires_ms;
    struct address addresses[RESOLVE_ADDRESSES_MAX]; // best first
};

// Embedded in whatever waits for an answer; borrowed until done is called.
struct resolve_waiter {
    void (*done)(struct resolve_waiter *waiter,
                 const struct resolve_answer *answer);
    struct resolve_waiter *next;
};

// `servers` is "ADDR:PORT,ADDR:PORT", or NULL for resolv.conf's. NULL: see
// *problem, borrowed for ever.
struct resolve *resolve_open(struct uv_loop_s *loop, const char *servers,
                             const char **problem);

// Ends all questions without answering them. Its handles close in the loop's
// next turn, so the loop has to run until it has none.
void resolve_close(struct resolve *resolve);

// What is remembered of `name` at that time. False: ask.
bool resolve_known(struct resolve *resolve, const char *name, int64_t now_ms,
                   struct resolve_answer *out);

// The answer comes out of a later resolve_step(), never from within this
// call. False: out of memory, nobody will answer.
bool resolve_ask(struct resolve *resolve, const char *name, int64_t now_ms,
                 struct resolve_waiter *waiter);

// Hands out what was answered and puts waiting questions, to be called before
// the loop blocks. True: some waiter was called.
bool resolve_step(struct resolve *resolve, int64_t now_ms);

// Questions put to the servers so far.
uint64_t resolve_lookups(const struct resolve *resolve);
