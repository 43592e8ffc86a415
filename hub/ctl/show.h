// SPDX-License-Identifier: MIT
//
// show -- numbers, times and strangers' text for people at a terminal.

#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// "2026-11-22 01:31:42" (UTC) of unix milliseconds, "-" of 0.
const char *show_time(int64_t unix_ms, char out[24]);

// "3d 04:05:06" of milliseconds.
const char *show_duration(int64_t ms, char out[32]);

// "64.0 GiB"
const char *show_bytes(int64_t bytes, char out[24]);

// At most `max` - 1 bytes, without control bytes; "-" of NULL.
const char *show_text(const char *text, char *out, size_t max);

// A member of an object, 0 or "" if it is missing; `path` is "store.topics".
int64_t show_number(const json_t *object, const char *path);
const char *show_string(const json_t *object, const char *path);
bool show_truth(const json_t *object, const char *path); // false if missing
