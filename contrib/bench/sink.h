// SPDX-License-Identifier: MIT
//
// sink -- the other side of a hub, in a process of its own: the publisher's
// origin and all the subscribers' callbacks, on every address of 127/8, on one
// port in the clear and on another through TLS.
//
// GET with hub.challenge is answered with the challenge (or, when it is told
// to be silent, never); GET of /topic with the document; GET of /feed/NUMBER
// with the same and an entity tag, or 304 to who has one; other GETs with a
// line of text; a POST is answered 204, after a delay if there is one, that
// holds up nothing else, and one of /cb/NUMBER is counted; a POST of
// /hung/NUMBER is never answered. One round is one content distribution: each
// callback counts once in it.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    SINK_DOCUMENT_MAX = 1024 * 1024,
    SINK_MESSAGE_MAX = SINK_DOCUMENT_MAX + 16 * 1024, // a request, its body
};

struct authority;
struct sink_shared;

struct sink {
    pid_t pid;
    uint16_t port, tls_port; // 0: no TLS
    int reached;             // eventfd
    struct sink_shared *shared;
    size_t callbacks;
};

// Callbacks are numbered from 0. `authority` makes the certificates; NULL:
// there is no TLS. False: no memory, port or process.
bool sink_open(struct sink *sink, size_t callbacks, struct authority *authority,
               int cpu);
void sink_close(struct sink *sink);

// What /topic answers from now on. Copied. Not while somebody may fetch it.
void sink_document(struct sink *sink, const char *type, const char *bytes,
                   size_t len);

// Verifications of intent are never answered from now on.
void sink_silence(struct sink *sink);

// POSTs are answered so long after they have arrived, from now on.
void sink_delay(struct sink *sink, long delay_ms);

// A new round, over when so many callbacks have been POSTed to.
void sink_begin(struct sink *sink, uint64_t target);
// False: it was not reached in that time.
bool sink_wait(struct sink *sink, int timeout_ms);

struct sink_round {
    uint64_t posts, again;     // callbacks that count, POSTs that do not
    uint64_t hung;             // POSTs that are never answered
    int64_t first_ns, last_ns; // when, by figures_ns()
    int64_t fetched_ns;        // when /topic was last answered
    uint64_t accepted;         // connections, since the start
};
void sink_round(const struct sink *sink, struct sink_round *out);

// When each callback got its POST of this round, in microseconds from
// `from_ns` on. `out` has room for all of them. How many there are.
size_t sink_latencies(const struct sink *sink, int64_t from_ns, double *out);

uint64_t sink_verified(const struct sink *sink);

// GETs of /topic; of /feed/NUMBER: answered with the document, or 304.
uint64_t sink_asked(const struct sink *sink);
uint64_t sink_fetched(const struct sink *sink);
uint64_t sink_unchanged(const struct sink *sink);

// The first POST of the round as it came in, borrowed until the next one
// begins. 0: there was none.
size_t sink_sample(const struct sink *sink, const char **out);
