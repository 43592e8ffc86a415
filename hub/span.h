// SPDX-License-Identifier: MIT
//
// span -- lengths of time as operators write them in requests.
//
// "90s", "15m", "2h", "10d", "500ms", as in the configuration, or seconds
// alone: leases are counted in these.

#pragma once

#include <stdbool.h>
#include <stdint.h>

// In milliseconds. False: it is none, or more than 100 years.
bool span_read(const char *text, int64_t *out);
