// SPDX-License-Identifier: MIT
//
// chunk -- the body of a request in chunks (RFC 9112, section 7.1).
//
// Fed with pieces of any size, it says how much of a piece it took and which
// of it is content. Extensions and trailers are read over, within bounds.
//
// Pure.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum chunk_state {
    CHUNK_SIZE,      // within the digits of a size
    CHUNK_EXTENSION, // between them and the line's end
    CHUNK_SIZE_LF,   // before the LF of that line
    CHUNK_CONTENT,   // within content
    CHUNK_CR,        // before the CR that follows it
    CHUNK_LF,        // before its LF
    CHUNK_TRAILER,   // at the start of a line after the last chunk
    CHUNK_FIELD,     // within such a line
    CHUNK_FIELD_LF,  // before its LF
    CHUNK_LAST_LF,   // before the very last LF
    CHUNK_DONE,
    CHUNK_BROKEN,
};

// All zero at the start.
struct chunk {
    enum chunk_state state;
    unsigned digits; // of the size that is being read
    unsigned waste;  // bytes that were neither sizes nor content
    uint64_t left;   // of the chunk's content
};

// Take from the front of bytes[len]; returns how many were taken. Content ends
// a call: it is the last *content bytes of those taken. So call it again until
// all is taken or the state is CHUNK_DONE or CHUNK_BROKEN.
size_t chunk_feed(struct chunk *chunk, const char *bytes, size_t len,
                  size_t *content);
