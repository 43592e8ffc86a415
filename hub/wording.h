// SPDX-License-Identifier: MIT
//
// wording -- outcomes, times and states in words.
//
// For sentences that people read, and for the fields beside them. Pure; each
// function returns `out`.

#pragma once

#include <stdint.h>

struct store_subscriber;

enum { WORDING_MAX = 80 };

// What came of a call, as the store keeps it: an HTTP status, or a negative
// enum exchange_result: "HTTP 403 (Forbidden)", "its name did not resolve".
// Without an address, whatever it was.
const char *wording_status(int32_t status, char out[WORDING_MAX]);

// "2026-11-22T04:31:07Z"; "" of 0, which means never.
const char *wording_time(int64_t unix_ms, char out[WORDING_MAX]);

// "3 minutes", "2 days", to the nearest.
const char *wording_span(int64_t ms, char out[WORDING_MAX]);

// "2026-11-22 04:31:07 UTC (3 minutes ago)", "... (in 2 days)"; "never" of 0.
const char *wording_when(int64_t unix_ms, int64_t now, char out[WORDING_MAX]);

// "active", "lagging", "stopped" or "suspended": A, L, D and G of the
// semantics' table B; or "paused", by an operator, or "waiting", for its
// origin.
const char *wording_state(const struct store_subscriber *subscriber);
