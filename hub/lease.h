// SPDX-License-Identifier: MIT
//
// lease -- how long a subscription is granted (WebSub 5.1, 5.3.1; R20, R63).
//
// Pure. Never perpetual: every answer lies within min..max.

#pragma once

#include <stdint.h>

// `asked` in seconds; below 1: not asked for. All else in milliseconds.
int64_t lease_granted(int64_t asked, int64_t min, int64_t usual, int64_t max);
