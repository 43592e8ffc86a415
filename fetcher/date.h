// SPDX-License-Identifier: MIT
//
// date -- a date as feeds write it.
//
// RFC 822 with what is made of it (two-digit years, months and days in full,
// no seconds, no zone, zones of any spelling, day and month exchanged), the
// date of asctime(), and RFC 3339 with all that ISO 8601 and W3CDTF let go:
// no time, no day, no colons, a space for the T. Without a zone it is UTC.

#pragma once

#include <stdbool.h>
#include <stdint.h>

// Unix seconds. False: it is no date of the years 1 to 9999.
bool date_read(const char *text, int64_t *out);
