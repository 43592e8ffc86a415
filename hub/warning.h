// SPDX-License-Identifier: MIT
//
// warning -- when to say that attempts run out, and how long is left.
//
// Pure.

#pragma once

#include <stdint.h>

// How much of `most` attempts (in percent: 50, 75 or 90) has been reached by
// the last one, of `attempts` in all, and not before it. 0: nothing to say.
uint32_t warning_share(uint32_t attempts, uint32_t most);

// For how long retention (ms) keeps the first update that somebody misses who
// has failed since then (unix ms; 0: only now). 0: it may be gone.
int64_t warning_kept(int64_t first_failure, int64_t now, int64_t retention);
