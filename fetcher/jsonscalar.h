// SPDX-License-Identifier: MIT
//
// jsonscalar -- a string or a word of what is nearly JSON, as JSON.
//
// Mended are: control characters in a string, escapes that there are none of,
// halves of surrogate pairs, quotes that nobody escaped, single quotes, words
// in the place of strings, numbers that are none or that a double cannot hold
// (they become strings, so that an id keeps its digits).

#pragma once

#include "pool.h"

#include <stdbool.h>
#include <stddef.h>

struct jsonscalar {
    const char *text;
    size_t len, at;
    struct pool out;
    bool mended; // what was read is not what was written
};

// From a quote, single or double, to past its end. False: the text ended
// before.
bool jsonscalar_string(struct jsonscalar *scalar);

// All up to the next blank, quote, comma, colon or bracket. A name becomes a
// string, whatever it is.
void jsonscalar_word(struct jsonscalar *scalar, bool is_name);
