// SPDX-License-Identifier: MIT
//
// stream -- a guest that is sent this and that until it is enough.
//
// Front's thread writes what is in its outbox, beats when nothing else was
// sent for a while, reads what a socket says, and finds those whose peer is
// gone or too slow. Those stay, unheard, until their hold is ended.
//
// Only for guest.h and hold.h.

#pragma once

#include "guest.h"
#include "hold.h"
#include "outbox.h"

#include <stdbool.h>
#include <stdint.h>

struct websocket_input;

struct stream {
    // Under the lock of guests:
    struct outbox outbox;
    char *text; // a message that nobody took yet
    uint32_t text_len;
    uint32_t tell; // when so many parcels are out; 0: never
    bool closed;   // takes nothing more
    bool paused;   // is not read on before the message was taken

    // Of front's thread:
    uint8_t kind; // enum hold_kind
    bool blocked; // since `since`, the kernel takes nothing
    bool asked;   // at `since`, whether it is there
    bool deaf;    // what it says is thrown away
    bool behind;  // more of it was not read yet, as a message waits
    bool told;    // that it is gone
    bool dead;    // nothing is sent any more either
    bool ending;  // its hold is over
    unsigned heartbeat_ms;
    uint32_t last, since, input_since; // monotonic ms, cut
    struct websocket_input *input;
};

// NULL: out of memory.
struct stream *stream_new(enum hold_kind kind, unsigned heartbeat_ms);
void stream_free(struct stream *stream);

// Under the lock. False: it is to be cut off.
bool stream_put(struct stream *stream, struct parcel *parcel, bool tell);

void stream_begin(struct guest *guest, int64_t now);
enum guest_step stream_obey(struct guest *guest, unsigned errands, int64_t now);
enum guest_step stream_run(struct guest *guest, int64_t now);
enum guest_step stream_due(struct guest *guest, int64_t now);
