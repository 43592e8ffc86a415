// SPDX-License-Identifier: MIT
//
// signing -- signatures over one large body, made on worker threads.
//
// To sign megabytes takes longer than a network thread may be kept from its
// connections. Whoever has the same secret and method gets the same line, made
// once.

#pragma once

#include "signature.h"

#include <stddef.h>

struct loop;
struct signing;

// Bodies over this are signed here.
enum { SIGNING_FROM = 256 * 1024 };

// Who waits for his line. Borrowed until `ready`.
struct signing_want {
    enum signature_method method;
    const void *secret;
    size_t secret_len;
    // With the line, borrowed for the call; NULL: it could not be made here.
    void (*ready)(struct signing_want *want, const char *line);
    struct signing_want *next; // ours
};

// NULL: out of memory. The body is borrowed until signing_free().
struct signing *signing_new(struct loop *loop, const void *body, size_t len);
void signing_free(struct signing *signing); // nobody waits; NULL is fine

// `ready` is called in this call, if it was made before, or in a later turn.
void signing_ask(struct signing *signing, struct signing_want *want);
