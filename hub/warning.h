// SPDX-License-Identifier: MIT
//
// warning -- when to say that attempts run out.
//
// Pure.

#pragma once

#include <stdint.h>

// How much of `most` attempts (in percent: 50, 75 or 90) has been reached by
// the last one, of `attempts` in all, and not before it. 0: nothing to say.
uint32_t warning_share(uint32_t attempts, uint32_t most);
