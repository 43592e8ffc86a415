// SPDX-License-Identifier: MIT
//
// why -- what a version of a feed brought, entry by entry, and what was passed
// over.
//
// For people: it reads all versions once more, one after the other, keeps what
// each entry said piece by piece, and compares the last one with the newest
// earlier version that had the entry. What is new and what has changed is
// diff.h's to judge; this only says what it was.

#pragma once

#include "document.h"

#include <stdbool.h>
#include <stddef.h>

enum why_turn {
    WHY_NEW,
    WHY_CHANGED,
    WHY_RETURNED, // not in the version before, and as it was when it was
    WHY_IGNORED,  // differs, but only by what counts for nothing
    WHY_SAME,
    WHY_GONE, // of the version before
};
// "new", "changed", ...
const char *why_turn_name(enum why_turn turn);

// Texts are the struct why's, NULL where there is none.
struct why_entry {
    enum why_turn turn;
    const char *id; // or what it is known by, if it has none
    const char *title;
    char *changed;  // names of what has changed: "title, content"
    char *ignored;  // of what differs and counts for nothing
    bool withdrawn; // GONE: taken out, not pushed out (M13)
};

// All zeros to begin with. Must be cleared.
struct why {
    struct reading *versions;
    size_t version_count, version_max;
    struct why_entry *entries; // of the last version, then what is gone
    size_t entry_count;
};

// The next version. Bytes are borrowed until the next call. False: out of
// memory.
bool why_add(struct why *why, const struct document_input *input);

// `last` is what document_read() made of the last version. Fills the entries.
// False: out of memory.
bool why_tell(struct why *why, const struct document *last);

void why_clear(struct why *why);
