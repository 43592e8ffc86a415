// SPDX-License-Identifier: MIT
//
// jsonmend -- JSON out of a text that is nearly JSON.
//
// For what a strict reader has refused: commas too many or too few, comments,
// brackets that do not match, names and strings without quotes or with single
// ones, and all that jsonscalar.h says; text before the first '{' or after the
// end of its object. Of a text whose end is missing, the elements of the
// outermost array `items` that are whole are kept, or else the outermost
// members. One pass, without looking back.
//
// What comes out has at most 256 levels, and the places in it are not those
// of the text.

#pragma once

#include <stdbool.h>
#include <stddef.h>

struct jsonmend {
    char *text; // NULL: it cannot be mended
    size_t len;
    unsigned repairs; // bits of enum document_repair
    bool incomplete;
};

// False: out of memory. Must be cleared.
bool jsonmend_make(const char *text, size_t len, struct jsonmend *out);
void jsonmend_clear(struct jsonmend *mended);
