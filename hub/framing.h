// SPDX-License-Identifier: MIT
//
// framing -- where a request ends, when all servers would say the same.
//
// Two servers in a row that disagree about the length of a body let a client
// smuggle a request past the first one. So whatever RFC 9112, section 6 lets
// one doubt is refused here: a doubled Content-Length or Host,
// Content-Length beside Transfer-Encoding, any coding but chunked, a blank
// before a colon, control characters. Both readers of requests, head.h and
// http.h, ask here.
//
// Pure.

#pragma once

#include "request.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum framing_body { FRAMING_NONE, FRAMING_LENGTH, FRAMING_CHUNKED };

struct framing {
    enum framing_body body;
    uint64_t length;       // FRAMING_LENGTH: bytes, not 0
    bool keep_alive;       // what the client would like
    bool expects_continue; // it waits for a 100 before it sends the body
};

// NULL: all is clear. Else one sentence, borrowed for ever.
const char *framing_check(const struct request_field *fields, size_t count,
                          bool http10, struct framing *out);

// REQUEST_OTHER: not one that we know. Methods are case-sensitive.
enum request_method framing_method(const char *method);

// Cut a request target in place into path and query. Origin form, absolute
// form (its authority is dropped) and "*" (as "/"). False: it is none of
// them, or it has a fragment or control characters.
bool framing_target(char *target, const char **path, const char **query);
