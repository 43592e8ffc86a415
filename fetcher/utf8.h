// SPDX-License-Identifier: MIT
//
// utf8 -- is it, and where is it not?

#pragma once

#include <stddef.h>

// The length of the character at `text`; 0: there is none. Then *broken bytes
// are to be replaced by one U+FFFD, as WHATWG's decoder does (the longest
// beginning of a character).
size_t utf8_length(const char *text, size_t len, size_t *broken);

// How many bytes from the start are ASCII.
size_t utf8_ascii(const char *text, size_t len);

struct utf8_census {
    size_t many;   // characters of more than one byte
    size_t broken; // pieces that are none
};
struct utf8_census utf8_count(const char *text, size_t len);
