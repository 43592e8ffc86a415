// SPDX-License-Identifier: MIT
//
// published -- what the publisher of a bench serves: version after version of
// one document of about the same size.

#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { PUBLISHED_BYTES_MIN = 1024, PUBLISHED_BYTES_MAX = 1000 * 1000 };

struct published {
    bool feed;    // Atom, with one more entry in each version; else text
    size_t bytes; // wanted
    unsigned version;
};

const char *published_type(const struct published *published);

// The next version, borrowed until the one after it. Its length.
size_t published_next(struct published *published, const char **out);
