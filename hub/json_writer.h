// SPDX-License-Identifier: MIT
//
// json_writer -- JSON written straight into bytes.
//
// For what is written often or is long: nothing is built that is written later.
// Whether names, commas and brackets make sense is the caller's affair. A
// failure stays until the end, where json_writer_parcel() or `failed` tells it.

#pragma once

#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct parcel;

// Twice the longest document that can be configured, and some.
enum { JSON_WRITER_MAX = 640 * 1024 * 1024 };

// All zero is an empty one.
struct json_writer {
    char *at;
    size_t len, room;
    bool failed; // out of memory, or beyond JSON_WRITER_MAX
};
void json_writer_clear(struct json_writer *writer);

// As they are.
void json_writer_put(struct json_writer *writer, const char *text);
void json_writer_bytes(struct json_writer *writer, const void *at, size_t len);
void json_writer_number(struct json_writer *writer, uint64_t number);
// A comma, unless what stands before is a bracket that was just opened.
void json_writer_next(struct json_writer *writer);
// That, then "name":
void json_writer_name(struct json_writer *writer, const char *name);

// In quotes, on one line, also for readers that take U+0085, U+2028 and U+2029
// for ends of lines. Each byte that is not UTF-8 becomes U+FFFD.
void json_writer_text(struct json_writer *writer, const char *at, size_t len);
void json_writer_string(struct json_writer *writer, const char *text);
// The same of what is UTF-8. False, and nothing is written: it is not.
bool json_writer_utf8(struct json_writer *writer, const char *at, size_t len);
// In quotes.
void json_writer_base64(struct json_writer *writer, const void *at, size_t len);
// "2026-11-22T14:00:00.123Z", in quotes.
void json_writer_time(struct json_writer *writer, int64_t unix_ms);

// What was written; the writer is empty again. NULL: out of memory.
struct parcel *json_writer_parcel(struct json_writer *writer);
