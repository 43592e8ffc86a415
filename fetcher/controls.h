// SPDX-License-Identifier: MIT
//
// controls -- the characters that XML does not have as they are.

#pragma once

#include <stdbool.h>
#include <stddef.h>

// Neither control characters, CR among them, nor U+FFFE and U+FFFF are in this
// UTF-8.
bool controls_are_absent(const char *text, size_t len);
