// SPDX-License-Identifier: MIT
//
// backoff -- when to try again.
//
// Pure: chance and time are parameters. All times in milliseconds.

#pragma once

#include <stdint.h>

// first * 2^step, at most `max`, spread by +-20 % by `chance` (any number).
int64_t backoff_delay(int64_t first, int64_t max, uint32_t step,
                      uint32_t chance);

// Retry-After (RFC 9110 10.2.3): seconds or an HTTP date, as a delay from
// `now_unix`, within 0..max. -1: there is none, or it is not readable.
int64_t backoff_retry_after(const char *value, int64_t now_unix, int64_t max);

// Three forms of RFC 9110 5.6.7 as unix seconds; -1: not a date.
int64_t backoff_http_date(const char *text);
