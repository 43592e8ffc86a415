// SPDX-License-Identifier: MIT
//
// feed_why -- what the hub made of the last of some versions, in words.

#pragma once

#include "fetcher/document.h"
#include "fetcher/why.h"

#include <stdbool.h>
#include <stddef.h>

struct feed_why {
    const char *name; // of the last file
    const struct document *document;
    const struct why *why;
    size_t len;          // of the document
    bool refused;        // no feed where there was one: as a fetch that failed
    bool around_changed; // what surrounds the entries
    bool around_differs; // or only its bytes
    bool new_links;      // another hub or self (M14)
    size_t cut_count;    // entries that are delivered
};

// To the standard output. False: it could not be written.
bool feed_why_print(const struct feed_why *told);
// The same as one JSON object.
bool feed_why_print_json(const struct feed_why *told);
