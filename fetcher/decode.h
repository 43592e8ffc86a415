// SPDX-License-Identifier: MIT
//
// decode -- the content codings of an answer, undone a piece at a time.
//
// Knows gzip, deflate, brotli and zstd, and two of them on top of each other.
// What goes into any of them has a ceiling, so that nothing small becomes
// endless work on its way to little or nothing; what comes out at the end is
// the taker's to limit.

#pragma once

#include "coding.h"

#include <stdbool.h>
#include <stddef.h>

struct decode;

// The header line that asks for them.
#define DECODE_ACCEPT "Accept-Encoding: gzip, deflate, br, zstd"

enum { DECODE_CODINGS_MAX = 2 };

// `max`: bytes into each coding. NULL: out of memory.
struct decode *decode_new(size_t max);
void decode_free(struct decode *decode); // NULL is fine

// The value of one Content-Encoding field, in the order of the fields. False:
// it cannot be undone (or memory ran out).
bool decode_add(struct decode *decode, const char *codings);

// Is there anything to undo?
bool decode_needed(const struct decode *decode);

enum decode_step {
    DECODE_ON,
    DECODE_BROKEN,
    DECODE_TOO_LARGE, // over `max`
    DECODE_STOPPED,   // `take` wants no more
};
enum decode_step decode_feed(struct decode *decode, const char *bytes,
                             size_t len, coding_take *take, void *context);

// Each of the streams has come to its end.
bool decode_is_whole(const struct decode *decode);
