// SPDX-License-Identifier: MIT
//
// says -- the sentences in an answer of the daemon's.

#pragma once

#include <jansson.h>

// {"says":[{"about":...,"text":...}, ...]}: a line each, what they are about
// in front of the first one.
void says_print(const json_t *answer);
