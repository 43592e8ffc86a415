// SPDX-License-Identifier: MIT
//
// jsonplace -- where the items of a JSON Feed are in its text.
//
// A JSON library tells values, not places, and the publisher's own bytes are
// to be passed on. This reads just enough of JSON to find the elements of the
// array `items` of the outermost object; the text has been checked before.

#pragma once

#include <stdbool.h>
#include <stddef.h>

struct jsonplace {
    const char *text;
    size_t len, at;
};

// Stands before the first item, of the last member `items`: with jansson the
// last one counts. False: there is no such array to be found.
bool jsonplace_find(struct jsonplace *place, const char *text, size_t len);

// The next item. False: that was the last.
bool jsonplace_next(struct jsonplace *place, size_t *start, size_t *end);
