// SPDX-License-Identifier: MIT
//
// utf8 -- is it UTF-8, and nothing but (RFC 3629)?
//
// Overlong forms, surrogates and what lies above U+10FFFF are not.

#pragma once

#include <stdbool.h>
#include <stddef.h>

bool utf8_valid(const char *text, size_t len);

// Bytes of the character at the start of so many bytes, of which there is at
// least one; 0: there is none.
size_t utf8_character(const char *text, size_t len);
