// SPDX-License-Identifier: MIT
//
// feed_file -- what `websubctl feed` was asked, and the files that it names.

#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { FEED_FINE = 0, FEED_CANNOT = 1, FEED_USAGE = 2 };

struct feed_request {
    const char *content_type, *base; // NULL: not given
    bool why, json;
    char **files;
    int file_count;
};

struct feed_file {
    char *bytes;
    size_t len;
};

// "-" is the standard input. False: it has said why not; else *out is to be
// freed.
bool feed_file_read(const char *name, struct feed_file *out);

// A line about a file to the standard error. FEED_CANNOT.
int feed_complain(const char *name, const char *why);
// To the standard output. FEED_FINE, or what feed_complain() says.
int feed_print(const char *bytes, size_t len);

int feed_inspect(const struct feed_request *request);
int feed_diff(const struct feed_request *request);
