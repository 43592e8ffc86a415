// SPDX-License-Identifier: MIT
//
// sink -- the other side of a hub, in a process of its own: the publisher's
// origin and all the subscribers' callbacks, on every address of 127/8.
//
// GET with hub.challenge is answered with the challenge (or, when it is told
// to be silent, never); GET of /topic with the document; GET of /feed/NUMBER
// with the same and an entity tag, or 304 to who has one; other GETs with a
// line of text; a POST of /cb/NUMBER is counted and answered 204. One round is
// one content distribution: each callback counts once in it.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    SINK_DOCUMENT_MAX = 12 * 1024,
    SINK_MESSAGE_MAX = 16 * 1024, // one request with its body
};

struct sink_shared;

struct sink {
    pid_t pid;
    uint16_t port;
    int reached; // eventfd
    struct sink_shared *shared;
    size_t callbacks;
};

// Callbacks are numbered from 0. False: no memory, port or process.
bool sink_open(struct sink *sink, size_t callbacks, int cpu);
void sink_close(struct sink *sink);

// What /topic answers from now on. Copied. Not while somebody may fetch it.
void sink_document(struct sink *sink, const char *type, const char *bytes,
                   size_t len);

// Verifications of intent are never answered from now on.
void sink_silence(struct sink *sink);

// A new round, over when so many callbacks have been POSTed to.
void sink_begin(struct sink *sink, uint64_t target);
// False: it was not reached in that time.
bool sink_wait(struct sink *sink, int timeout_ms);

struct sink_round {
    uint64_t posts, again;     // callbacks that count, POSTs that do not
    int64_t first_ns, last_ns; // when, by figures_ns()
    uint64_t accepted;         // connections
};
void sink_round(const struct sink *sink, struct sink_round *out);

uint64_t sink_verified(const struct sink *sink);

// GETs of /feed/NUMBER: answered with the document, or 304.
uint64_t sink_fetched(const struct sink *sink);
uint64_t sink_unchanged(const struct sink *sink);

// The first POST of the round as it came in, borrowed until the next one
// begins. 0: there was none.
size_t sink_sample(const struct sink *sink, const char **out);
