// SPDX-License-Identifier: MIT
//
// grant -- which topics somebody may read.
//
// Patterns: a URL, all URLs that begin so (`https://host/path*`), or all there
// are (`*`). They are compared with normalised URLs, as bytes. A pattern that
// ends in '*' reaches at least over scheme, host and the slash behind it, so
// that it never means another host; nor does one with a path mean what leads
// out of that path again ("/in/../out" is asked for as "/out").
//
// Never changes once it is made.

#pragma once

#include "fetcher/url.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>

struct grant;

enum { GRANT_PATTERNS_MAX = 128 };

// NULL: it is a pattern, and normalised it is out->normal; of one that ends in
// '*' without that, and "" of "*" itself. Else what is wrong with it, in words
// that fit after "the pattern", borrowed for ever.
const char *grant_check(const char *pattern, size_t len, struct url *out,
                        bool *prefix);

// Patterns, one a line; what is none, or too many, grants nothing. NULL: out
// of memory.
struct grant *grant_new(struct bytes patterns);
void grant_free(struct grant *grant);

bool grant_covers(const struct grant *grant, const char *normal, size_t len);
// Every URL that begins so.
bool grant_covers_all(const struct grant *grant, const char *prefix,
                      size_t len);

// Has its path a segment of dots? Such a URL means another place than it
// names, so that it is not below what it begins with.
bool grant_strays(const char *normal, size_t len);
