// SPDX-License-Identifier: MIT
//
// head -- where the head of an HTTP/1.1 message ends, and what it says.
//
// Only as much of HTTP as the benches speak to programs that they know: no
// chunked bodies, no folded lines. Pure.

#pragma once

#include <stdbool.h>
#include <stddef.h>

struct head {
    size_t len;      // with the blank line
    size_t body_len; // Content-Length; 0 without one
    bool close;      // Connection: close
};

// False: it is not whole yet.
bool head_read(const char *bytes, size_t len, struct head *out);

// Of an answer: 202. 0: it is not one.
unsigned head_status(const char *bytes, size_t len);
