// SPDX-License-Identifier: MIT
//
// entity -- the characters that HTML has names for.
//
// Those of HTML 4.01, with what HTML 5 added for ASCII's signs, the rest of
// the Latin letters, dashes, spaces and fractions.

#pragma once

#include <stddef.h>
#include <stdint.h>

// `name` as it stands between '&' and ';'. The length of its UTF-8 form in
// `out`; 0: no such name.
size_t entity_find(const char *name, size_t len, char out[4]);

// A character as UTF-8; its length.
size_t entity_write(uint32_t character, char out[4]);
