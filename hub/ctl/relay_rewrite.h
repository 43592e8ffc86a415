// SPDX-License-Identifier: MIT
//
// relay_rewrite -- another hub in a document, and nothing else changed.
//
// Works on the bytes of Atom, RSS and HTML: the target of each <link> element,
// whatever its prefix, whose rel is or has "hub" (WebSub 4). What stands in
// comments, CDATA sections and scripts is left alone. Pure; linear.

#pragma once

#include <stdbool.h>
#include <stddef.h>

struct relay_rewritten {
    char *text; // yours to free(); NUL behind it
    size_t len;
    size_t hubs; // replaced
    bool self;   // it says what it calls itself
};

// False: out of memory.
bool relay_rewrite(const char *text, size_t len, const char *hub,
                   struct relay_rewritten *out);
