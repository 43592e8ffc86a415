// SPDX-License-Identifier: MIT
//
// gathered -- text that comes in pieces, up to a ceiling.

#pragma once

#include <stdbool.h>
#include <stddef.h>

struct gathered {
    char *text; // yours to free; NULL until something came; a NUL follows it
    size_t len, room;
};

// Puts a copy of `bytes` behind what is there. False: that would be more than
// `max` bytes in all, or memory is out; then what was there is there still.
bool gathered_add(struct gathered *gathered, const char *bytes, size_t len,
                  size_t max);
