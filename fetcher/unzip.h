// SPDX-License-Identifier: MIT
//
// unzip -- undoing gzip, a piece at a time.
//
// libcurl would undo it too, but says nothing of a stream that breaks off
// before its end, which HTTP's own framing need not show (R83).

#pragma once

#include <stdbool.h>
#include <stddef.h>

struct unzip;

enum unzip_step {
    UNZIP_ON,
    UNZIP_BROKEN,  // it is no gzip
    UNZIP_STOPPED, // `take` wants no more
};

// NULL: out of memory.
struct unzip *unzip_new(void);
void unzip_free(struct unzip *unzip); // NULL is fine

// What comes out of these bytes goes to `take`, in pieces, until it answers
// false.
enum unzip_step unzip_feed(struct unzip *unzip, const char *bytes, size_t len,
                           bool (*take)(void *context, const char *bytes,
                                        size_t len),
                           void *context);

// The stream has come to its end, checksum and all. Several may follow each
// other (RFC 1952 2.2); what else comes behind one is passed over.
bool unzip_is_whole(const struct unzip *unzip);
