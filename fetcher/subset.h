// SPDX-License-Identifier: MIT
//
// subset -- the plain entities that a document type declares for itself.
//
// Only those whose text is short and has neither markup nor references in it,
// so that putting it in place can neither go on nor blow up.

#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { SUBSET_MAX = 64, SUBSET_TEXT_MAX = 256 };

struct subset {
    // Borrowed from the text that was read.
    struct {
        const char *name, *text;
        size_t name_len, text_len;
    } entities[SUBSET_MAX];
    size_t count;
};

// The end of the document type that starts at `at` with "<!", just past its
// '>'; the length of the text if it has none. *declares: it has a subset.
size_t subset_read(const char *text, size_t len, size_t at,
                   struct subset *subset, bool *declares);

// NULL: it is none of them.
const char *subset_find(const struct subset *subset, const char *name,
                        size_t name_len, size_t *len);
