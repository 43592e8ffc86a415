// SPDX-License-Identifier: MIT
//
// websocket -- RFC 6455: the handshake, and frames in both directions.
//
// Text messages alone; a binary one is refused with 1003. Nothing is
// compressed. The only file that includes <wslay/wslay.h>.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct parcel;
struct request;

enum { WEBSOCKET_ACCEPT = 29 }; // with its NUL

// Whether it asks for a WebSocket (RFC 6455 4.2.1). With a wrong version or
// key it does too, and *problem says so, borrowed for ever; else it is NULL.
bool websocket_asked(const struct request *request, const char **problem);
// For Sec-WebSocket-Accept. False: libcrypto refused.
bool websocket_accept(const struct request *request,
                      char accept[WEBSOCKET_ACCEPT]);

// One whole text message as bytes to be sent. NULL: out of memory.
struct parcel *websocket_text(const char *text, size_t len);
struct parcel *websocket_ping(void);
struct parcel *websocket_pong(const void *data, size_t len);
// `reason` may be NULL; cut after 120 bytes.
struct parcel *websocket_close(unsigned code, const char *reason);

// What comes in on one connection. Only while a message is not whole there is
// memory for it.
struct websocket_input;

enum websocket_event {
    WEBSOCKET_MORE, // nothing whole any more
    WEBSOCKET_TEXT, // a message; `text` is yours to free
    WEBSOCKET_PING, // answer it with `text`, yours to free
    WEBSOCKET_PONG,
    WEBSOCKET_CLOSED, // the peer says good-bye with `code` (1005: none)
    WEBSOCKET_BROKEN, // against the protocol: close with `code`
};
struct websocket_message {
    char *text;
    size_t len;
    unsigned code;
};

// Take these bytes, at most WEBSOCKET_TAKE_MAX, and all of them; call it again
// with none until it says MORE. *input is NULL at first, and again whenever
// nothing is incomplete. A message of over `max` bytes is BROKEN (1009), a
// frame that is not masked too (1002), text that is not UTF-8 too (1007).
enum { WEBSOCKET_TAKE_MAX = 4000 };
enum websocket_event websocket_take(struct websocket_input **input,
                                    const void *bytes, size_t len, size_t max,
                                    struct websocket_message *out);
// Memory that it has at the moment.
size_t websocket_weight(const struct websocket_input *input);
void websocket_clear(struct websocket_input *input);
