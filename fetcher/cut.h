// SPDX-License-Identifier: MIT
//
// cut -- a feed without some of its entries, byte for byte.
//
// An entry goes with the white space before its start tag; of JSON, with its
// comma. All else stays as the publisher wrote it, in its charset and its
// order: the declaration, comments between entries, <at:deleted-entry>; so the
// result is as well-formed as the whole was. RSS 1.0's list of items loses the
// places of those that went. A document whose end is missing loses what there
// is of its last entry, too.

#pragma once

#include "charset.h"
#include "feed.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cut_source {
    const char *bytes;
    size_t len;
    const struct charset_text *text;
    const struct feed *feed;
};

// Are the places of the entries in its bytes known?
bool cut_can(const struct cut_source *source);

// Keep the entries with these ids. `matched` (one for each id, or NULL) and
// *found say which of the ids are in it. NULL: out of memory. The caller
// frees it; a NUL follows its last byte.
char *cut_make(const struct cut_source *source, const uint8_t (*ids)[16],
               size_t id_count, bool *matched, size_t *found, size_t *out_len);
