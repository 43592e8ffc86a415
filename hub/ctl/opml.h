// SPDX-License-Identifier: MIT
//
// opml -- the feeds in a list of feeds, as readers export them (OPML 2.0).
//
// Every outline with an xmlUrl is one, however deep it lies. Lists that are no
// well-formed XML are read as far as their tags can be.

#pragma once

#include <stdbool.h>
#include <stddef.h>

struct opml_feed {
    const char *url; // NUL-terminated, until `take` returns
    unsigned line;
};

struct opml_taker {
    bool (*take)(void *context, const struct opml_feed *feed); // false: stop
    void *context;
};

// NULL: it was read. Else why not, in a few words.
const char *opml_read(const char *bytes, size_t len,
                      const struct opml_taker *taker);
