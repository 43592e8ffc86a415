// SPDX-License-Identifier: MIT
//
// diff -- what is new in a document, against what is remembered of it.
//
// Compared are digests alone. An entry is known by its identity (R124) and has
// changed when the digest of its content has: for XML that of canon.h, for
// JSON that of jsonfeed.h, so that only a difference in meaning counts. What
// surrounds the entries is one more thing, without the parts that say only
// when the feed was made (builder.h lists them). A document that is no feed is
// compared by all of its bytes.
//
// An id that stands twice in a document is remembered with both contents, and
// has changed when one of them is not among those remembered (M14).
//
// The memory says which entries were in the version it was made of: those
// whose `seen` is that of the document's own row (the id of zeros). For this,
// an entry that goes on the very day it was last seen is put down for the day
// before. Entries that are gone stay known, up to a ceiling, and those gone for
// longest are forgotten first; so one that comes back is not new. The days
// never go back, even if the clock does.

#pragma once

#include "document.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct diff_row {
    uint8_t id[16], content[16];
};

struct diff_input {
    bool feed;                   // else count is 0
    const uint8_t *whole;        // 16 bytes: of what surrounds them, or of all
    const struct diff_row *rows; // in the document's order
    size_t count;
    // As in document_input.
    const struct document_entry *known;
    size_t known_count;
    uint64_t seq;
    uint32_t today;
    size_t entries_max;
};

// Fills change, remember, entries, memory_count, changed and changed_count of
// *out, and nothing else. False: out of memory; what is there is the
// document's to clear.
bool diff_make(const struct diff_input *input, struct document *out);
