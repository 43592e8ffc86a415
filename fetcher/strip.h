// SPDX-License-Identifier: MIT
//
// strip -- a text without what noise.h says counts for nothing.
//
// The text is a URL, prose, or HTML that has been unescaped: parameters go out
// of every query in it, and whole <img> tags. For comparing only: what is left
// need not be good HTML. It takes linear time.

#pragma once

#include "noise.h"

#include <stdbool.h>
#include <stddef.h>

// In place. Returns how long it is now.
size_t strip_text(const struct noise *noise, char *text, size_t len);

struct strip_value {
    const char *bytes; // NULL: there is none
    size_t len;
};

// Do both say that it is one pixel, or none?
bool strip_is_pixel(const struct strip_value *width,
                    const struct strip_value *height);
