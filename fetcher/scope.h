// SPDX-License-Identifier: MIT
//
// scope -- which namespace a prefix stands for, where we are.
//
// Prefixes are borrowed; namespaces stay where they are until scope_clear(),
// each once.

#pragma once

#include "feed.h"

#include <stdbool.h>
#include <stddef.h>

enum { SCOPE_BINDINGS_MAX = 64 };

struct scope_binding {
    const char *prefix; // len 0: the default
    size_t len;
    const char *uri;
    unsigned level;
};

// All zeros to begin with, but for the uri: "".
struct scope {
    const char *uri; // the default
    unsigned level;  // how many elements are open; the caller counts up
    struct scope_binding bindings[SCOPE_BINDINGS_MAX];
    unsigned binding_count;
    char *uris[FEED_NAMESPACES_MAX];
    unsigned uri_count;
    unsigned declared;
};

// For the element that was opened last. False: this is not allowed, or there
// are too many, or memory ran out.
bool scope_bind(struct scope *scope, const char *prefix, size_t prefix_len,
                const char *uri, size_t len);

// NULL: it is not bound.
const char *scope_find(const struct scope *scope, const char *prefix,
                       size_t len);

// That element is closed.
void scope_leave(struct scope *scope);

void scope_clear(struct scope *scope);
