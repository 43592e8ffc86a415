// SPDX-License-Identifier: MIT
//
// target -- a URL taken apart just so far that it can be called.
//
// Unlike url_read() it makes no normal form and is meant to run once for each
// exchange: the request target stays the URL's own bytes, nothing is decoded,
// no dot segment is folded (R90).

#pragma once

#include "address.h"
#include "siphash.h"

enum { TARGET_HOST_MAX = 256 };

struct target {
    bool https, literal;
    uint16_t port;
    struct address address; // of a literal
    size_t host_len;
    // Lower case, A-labels; a literal in its usual notation, no brackets.
    char host[TARGET_HOST_MAX];
    // What the request line asks for, borrowed from the URL: the path and the
    // query up to any fragment. It lacks the "/" when it does not begin so.
    const char *path;
    size_t path_len;
};

// False: it is no http or https URL that could be called.
bool target_read(const char *url, struct target *out);

// The request target of a URL that target_read() took: its own bytes, only
// that it begins with a "/" and that those beyond ASCII, which HTTP has no
// place for (RFC 9112 3.2), are percent-encoded. Returns the end of what was
// written, without a NUL.
size_t target_request_length(const char *url);
char *target_request(const char *url, char *out);

// Of scheme, host and port.
uint64_t target_hash(const struct target *target,
                     const struct siphash_key *key);
