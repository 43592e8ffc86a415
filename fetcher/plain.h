// SPDX-License-Identifier: MIT
//
// plain -- the text of a title that was written as something else.

#pragma once

#include "pool.h"

#include <stddef.h>

// HTML: without its tags and scripts, with its references undone, and each run
// of white space as one space.
void plain_html(struct pool *out, const char *html, size_t len);

// Base64; what is none is left out (Atom 0.3, mode="base64"). Nothing, if it is
// no UTF-8.
void plain_base64(struct pool *out, const char *text, size_t len);
