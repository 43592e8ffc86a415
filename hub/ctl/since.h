// SPDX-License-Identifier: MIT
//
// since -- a time in the past, as people write it.
//
// RFC 3339 ("2026-11-22T04:31:07Z"), unix seconds ("1795321867"), or so long
// ago ("90s", "15m", "2h", "3d"). Pure.

#pragma once

#include <stdbool.h>
#include <stdint.h>

// Unix milliseconds. False: it is none of these, or after `now`.
bool since_when(const char *text, int64_t now, int64_t *out);
