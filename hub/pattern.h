// SPDX-License-Identifier: MIT
//
// pattern -- all topics whose URLs begin so: "https://example.com/news/*".
//
// A prefix of the normalised URL, with a star at its end and nowhere else that
// would mean anything. It reaches at least over one origin, so that
// "https://example.co*" does not take in what others own; or it is the star
// alone, which is everything. Pure.

#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { PATTERN_MAX = 480 }; // bytes before the *, normalised

struct pattern {
    char normal[PATTERN_MAX + 1]; // "": everything
    size_t len;
};

// NULL: it could be read. Else what is wrong with it, to be put after the
// name of the parameter; borrowed for ever.
const char *pattern_read(const char *text, size_t len, struct pattern *out);
