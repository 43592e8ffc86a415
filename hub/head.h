// SPDX-License-Identifier: MIT
//
// head -- the head of an HTTP/1 request: its first line and its fields.
//
// Strict: lines end in CRLF, one blank stands where RFC 9112 has one, a line
// is never folded, and framing.h has no doubt about the body. A client that
// writes a head by hand is told what is wrong; one that tries to be
// understood in two ways is not understood at all.
//
// Pure, and works in the caller's buffer.

#pragma once

#include "framing.h"
#include "request.h"

#include <stdbool.h>
#include <stddef.h>

// Everything is borrowed from the buffer that was read.
struct head {
    enum request_method method;
    const char *path, *query;
    struct request_field fields[REQUEST_FIELDS_MAX];
    size_t field_count;
    bool http10;
    struct framing framing;
};

// Length of the head that text begins with, with its empty line; 0: it is not
// whole yet. Takes a bare LF for an end of line too, so that a head of that
// kind gets its 400 and not a wait.
size_t head_length(const char *text, size_t len);

// Blank lines in front of a request, which old clients send after a body.
size_t head_blank(const char *text, size_t len);

// Read a whole head, in place: its line ends become NULs. 0: fine. Else the
// status to answer with, and *problem is one sentence, borrowed for ever.
unsigned head_read(char *text, size_t len, struct head *out,
                   const char **problem);
