// SPDX-License-Identifier: MIT
//
// memory -- which entries of a document stay known, and in what order.
//
// What is remembered lies in the order of the newest document. An entry that
// has gone keeps its place only if others that were behind it are still there:
// then somebody has taken it out. If it may as well have been pushed out at
// the end by newer ones, it lies behind all that are there. So whoever asks
// later what became of it (M13) looks whether one that is there follows it.
//
// This is judged when it goes, by those behind it that stand in the order in
// which they stood before: one that is pinned to the top, or has moved there,
// proves nothing. One may be pinned to the end as well, or a document may have
// several parts, each pushing out its own: then ones go from the same place
// again and again, one for each that comes. So the second at such a place
// counts as pushed out.
//
// Forgotten is, when there are too many, what has been gone for longest.
// What is in the document is never forgotten, and what was in it within the
// last week only to make room for what is: a document that was empty for once
// costs nothing.

#pragma once

#include "document.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEMORY_NEW SIZE_MAX

// What is to become of something remembered.
enum memory_fate {
    MEMORY_REPLACED, // a row of the document stands for it
    MEMORY_GONE,     // it is in the document no longer, or has not been
    MEMORY_ABSENT,   // it is not, which does not mean that it has gone
};

// An entry of the document.
struct memory_row {
    const uint8_t *id, *content; // 16 bytes each
    uint64_t seq;
    size_t old; // where in `known` it or its id was, or MEMORY_NEW
};

struct memory_input {
    const struct document_entry *known;
    const enum memory_fate *fates; // one for each
    size_t known_count;
    const struct memory_row *rows; // in the document's order, no two the same
    size_t row_count;
    const struct document_entry *own; // rows of the document itself
    size_t own_count;
    uint32_t was; // day that those in the last version bear
    uint32_t day; // this one's, later than 0 and not before `was`
    bool ordered; // `known` is in the order of a document
    bool blank;   // contents in `known` can be compared with no longer; they
                  // become zeros: known, but not what it says
    size_t max;   // rows, but for the exceptions above
};

// False: out of memory. *out is the caller's to free.
bool memory_make(const struct memory_input *input, struct document_entry **out,
                 size_t *out_count);
