// SPDX-License-Identifier: MIT
//
// waiters -- who is being held, found by topic, by request, by deadline.
//
// Knows nothing of transports, stores or answers. One entry costs about a
// hundred bytes, and as much again for each topic. Pure but for memory: time
// is a parameter.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct request;
struct waiter;
struct waiters;

// A waiter's interest in one topic.
struct interest {
    struct waiter *waiter;
    struct interest *next, **link; // of the same bucket
    uint64_t topic;
    const char *url; // as the puller spelt it, in the waiter's own memory
};

struct waiter {
    struct request *request;
    struct waiter *due_next, **due_link;   // of the same tick
    struct waiter *held_next, **held_link; // of the same bucket
    int64_t deadline;                      // monotonic ms
    int64_t since;                         // monotonic ms
    uint64_t number;                       // everything up to it was told
    void *work;                            // the holder's, while it reads
    uint16_t tag;
    uint16_t preferred_s; // wait asked for as a preference; 0: none
    bool woken, gone, listed, bodies, conditional;
    uint8_t content; // enum store_content: what he asks for
    uint32_t limit, max_bytes;
    uint32_t count;
    struct interest interests[];
};

// NULL: out of memory.
struct waiters *waiters_new(void);
void waiters_free(struct waiters *waiters); // when empty

// One with room for so many topics, whose URLs take `url_bytes` in all. Zeroed
// but for `count`. NULL: out of memory.
struct waiter *waiter_new(size_t topics, size_t url_bytes);
char *waiter_urls(struct waiter *waiter); // where these bytes are
void waiter_free(struct waiter *waiter);  // when not in the list

// By its request, interests and deadline, which do not change from here on.
void waiters_add(struct waiters *waiters, struct waiter *waiter, int64_t now);
void waiters_remove(struct waiters *waiters, struct waiter *waiter);

size_t waiters_count(const struct waiters *waiters);

// Call `found` for each that is interested in this topic. It may not add or
// remove any.
void waiters_of(struct waiters *waiters, uint64_t topic,
                void (*found)(void *context, struct waiter *waiter),
                void *context);

// NULL: it is not (any more) being held.
struct waiter *waiters_by_request(const struct waiters *waiters,
                                  const struct request *request);

// One whose deadline is over; it must be removed before the next call. NULL:
// none.
struct waiter *waiters_over(struct waiters *waiters, int64_t now);

// Any one of them. NULL: none.
struct waiter *waiters_any(const struct waiters *waiters);

// Milliseconds until the next deadline at the earliest; INT64_MAX: none.
int64_t waiters_patience(const struct waiters *waiters, int64_t now);
