// SPDX-License-Identifier: MIT
//
// coding -- one content coding (RFC 9110 8.4.1) that is undone as it arrives.
//
// What unzip.h, unbrotli.h and unzstd.h offer, and decode.h puts together.
// libcurl would undo them too, but says nothing of a stream that breaks off
// before its end, which HTTP's own framing need not show (R83).

#pragma once

#include <stdbool.h>
#include <stddef.h>

enum coding_step {
    CODING_ON,
    CODING_BROKEN,  // it is not what it says it is
    CODING_STOPPED, // `take` wants no more
};

// Gets what comes out, in pieces, until it answers false.
typedef bool coding_take(void *context, const char *bytes, size_t len);

struct coding {
    void *(*begin)(void); // NULL: out of memory
    void (*end)(void *state);
    enum coding_step (*feed)(void *state, const char *bytes, size_t len,
                             coding_take *take, void *context);
    // The stream has come to its end, checksum and all.
    bool (*is_whole)(const void *state);
};
