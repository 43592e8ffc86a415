// SPDX-License-Identifier: MIT
//
// response -- reads an HTTP/1.1 response as it arrives.
//
// Strict where framing is at stake: what could be read in two ways is broken
// and the connection it came on is not used again. Pure: bytes in, and what
// they mean into a struct collect, which has the ceilings.

#pragma once

#include "engine_collect.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RESPONSE_LINE_MAX = 16 * 1024 };

enum response_step {
    RESPONSE_MORE,   // give it more
    RESPONSE_DONE,   // the final answer is complete
    RESPONSE_BROKEN, // it is not HTTP, or cannot be told where it ends
    RESPONSE_STOP,   // the collect says so: see its verdict
};

enum response_place {
    RESPONSE_STATUS,
    RESPONSE_FIELDS,
    RESPONSE_LENGTH,
    RESPONSE_UNTIL_CLOSE,
    RESPONSE_CHUNK_SIZE,
    RESPONSE_CHUNK,
    RESPONSE_CHUNK_END,
    RESPONSE_TRAILERS,
    RESPONSE_END,
};

struct response {
    struct collect *collect;
    enum response_place place;
    enum collect_verdict verdict; // with RESPONSE_STOP
    uint64_t left;                // of the body, or the chunk
    bool chunked, has_length, framing_line;
    bool minor_zero, says_close, says_keep;
    // Begin of a line whose end has not come yet.
    char *part;
    size_t part_len, part_room;
};

// response_clear() first, if it was begun before.
void response_begin(struct response *response, struct collect *collect);
void response_clear(struct response *response);

// *used says how many of the bytes belong to this answer; all, but with
// RESPONSE_DONE.
enum response_step response_feed(struct response *response, const char *bytes,
                                 size_t len, size_t *used);

// The connection ended. DONE: this was how the body's end is told.
enum response_step response_close(struct response *response);

// After RESPONSE_DONE: another request may be sent on the connection.
bool response_keeps(const struct response *response);
