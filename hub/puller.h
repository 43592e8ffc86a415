// SPDX-License-Identifier: MIT
//
// puller -- one who pulls, from when his question is understood until his
// connection is done with.
//
// Two things are told apart here. A *source* (the log, in pull.h; a mailbox, in
// mailbox_read.h) knows where he stands, is asked to read for him, and wakes
// him. A *voice* (pull_write.h) is how he is told. Neither knows the other.
//
// A poll is told once, and is over then. A stream is told again and again:
// the next page is read when the one before is with the kernel, and at the end
// of what there is he rests with his source until it wakes him.

#pragma once

#include "loop.h"
#include "pull_write.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct batch;
struct hold;
struct hold_event;
struct puller;
struct pullers;
struct request;
struct services;
struct visitor;

// How he wants to be told, whatever the source.
struct puller_wish {
    enum pull_voice voice;
    int64_t wait_ms;      // of a poll; 0: answer at once
    uint32_t preferred_s; // RFC 7240: the wait that was preferred; 0: none
    bool conditional;     // nothing new is a 304
    unsigned heartbeat_ms;
    int64_t life_ms; // of a stream
    uint32_t pad;    // bytes of a comment at its start
};

struct puller_source {
    // Read what is next for him: ends, in a later step, in one of
    // puller_tell(), puller_rest() and puller_refuse().
    void (*read)(struct puller *puller);
    // A message of a socket that is not about the connection itself; borrowed.
    void (*message)(struct puller *puller, const char *text, size_t len);
    // His wait or his life is over, or he is drained: the batch to end with is
    // made (its cursor, no events), and told by puller_tell().
    void (*idle)(struct puller *puller);
    // He has left, or was told all there will be: forget him.
    void (*over)(struct puller *puller);
};

// A new one. Takes the request, shares the visitor; `from` is the source's
// own. An answer that cannot wait (not `parkable`) is made without a hold.
// NULL: out of memory, and the request was answered.
struct puller *puller_new(struct pullers *pullers, struct request *request,
                          const struct puller_wish *wish,
                          const struct visitor *visitor,
                          const struct puller_source *source, void *from,
                          struct moment now);

void *puller_from(const struct puller *puller);
const struct visitor *puller_visitor(const struct puller *puller);
bool puller_may_rest(const struct puller *puller); // wait for something new
bool puller_is_stream(const struct puller *puller);
enum pull_voice puller_voice(const struct puller *puller);

// Tell these, who asked the same and stand at the same place, in one go. Polls
// are over with that: `over` is called for each in this call. Streams stay, and
// are read for again when this is with the kernel, if the batch has `more`;
// `last` ends them too.
void puller_tell(struct pullers *pullers, struct puller *const list[],
                 size_t count, const struct batch *batch, bool last);

// Nothing is there: he rests until his source calls puller_wake(), or idle.
void puller_rest(struct puller *puller);
// Read for him soon. Any number of times.
void puller_wake(struct puller *puller);

// He is refused: a problem (RFC 9457), or, once a stream has begun, `abort`.
// `over` is called.
void puller_refuse(struct puller *puller, unsigned status, const char *type,
                   const char *detail);
