// SPDX-License-Identifier: MIT
//
// hold -- connections that are held for long: front's, steered by the main
// thread.
//
// A request that arrived at front is turned into a hold: the request ends, and
// what remains is the connection, of some hundred bytes. From then on it is
// either answered once (a long-poll), or becomes a stream (SSE, lines,
// WebSocket), is sent parcels, and is ended. Whatever happens to the
// connection meanwhile is told by hold_next(), and the hold itself lives until
// one of the two calls that end it, hold_answer() and hold_end(), also when its
// peer is long gone.
//
// All calls belong to the main thread and return at once; front's thread does
// the work, in slices that leave other connections undisturbed.

#pragma once

#include "request.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct front;
struct hold;
struct parcel;

// Ends the request, which must be `parkable`, and has not been answered.
// `owner` is told with each event. Never fails: the memory is there already.
struct hold *hold_take(struct request *request, void *owner);

// Another owner; NULL: nobody wants to know, and nothing is told any more.
void hold_own(struct hold *hold, void *owner);

// Ends these holds, that are no streams: each is sent this reply, or that too
// much is on its way (see front.h). Copies what it needs; equal bytes are kept
// once. The array is the caller's.
void hold_answer(struct front *front, struct hold *const holds[], size_t count,
                 const struct reply *reply);

enum hold_kind {
    HOLD_EVENTS = 1, // text/event-stream; its heartbeat is a comment
    HOLD_LINES = 2,  // JSON lines; an empty line
    HOLD_SOCKET = 3, // WebSocket; a ping, to be answered within 10 s
    HOLD_PULSE = 4,  // as EVENTS, but its heartbeat is an event of that name
};

// The head of the answer (status line, fields, empty line) goes out first, then
// what is sent. A heartbeat follows `heartbeat_ms` without anything else; 0:
// none. What its peer sends is thrown away, but for a socket's messages.
void hold_stream(struct front *front, struct hold *hold, enum hold_kind kind,
                 unsigned heartbeat_ms, struct parcel *head);

// Send to each of these streams; of sockets it is framed already (websocket.h).
// Where the reader has let too much pile up, or takes nothing for long, the
// connection is cut off instead, and told as HOLD_SLOW. `tell`: HOLD_DRAINED
// follows when all of it is with the kernel, once for several that were sent
// before. The parcel is shared, the array the caller's.
void hold_send(struct front *front, struct hold *const holds[], size_t count,
               struct parcel *parcel, bool tell);

// Ends the hold: what it was sent goes out, then `last` (NULL: nothing), then
// the connection ends; what is no stream ends without a word. Of a socket with
// a close frame of `code` and `reason`, at most 120 bytes (NULL: none).
void hold_end(struct front *front, struct hold *hold, struct parcel *last,
              unsigned code, const char *reason);

enum hold_event_kind {
    HOLD_GONE = 1,    // its peer closed, or the connection broke
    HOLD_SLOW = 2,    // it was cut off: its peer takes too little
    HOLD_DRAINED = 3, // see hold_send()
    HOLD_MESSAGE = 4, // a text message came on a socket
};
struct hold_event {
    enum hold_event_kind kind;
    struct hold *hold;
    void *owner;
    char *text; // MESSAGE: malloc'ed, yours to free, NUL-terminated, UTF-8
    size_t len; // at most HOLD_MESSAGE_MAX
};
enum { HOLD_MESSAGE_MAX = 64 * 1024 };

// The next thing that happened to a hold that is not ended and has an owner.
// False: nothing. front's `wake` is called when there is something again.
bool hold_next(struct front *front, struct hold_event *out);

// Address of its peer without the port, as request.peer.
void hold_peer(const struct hold *hold, char out[48]);
