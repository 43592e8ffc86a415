// SPDX-License-Identifier: MIT
//
// fixture -- the documents of tests/fixtures/feeds, in memory.

#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fixture {
    char *bytes; // NUL after the last one
    size_t len;
};

// The tree is found by where this file was compiled from.
static inline struct fixture fixture_read(const char *name)
{
    char path[4096];
    const char *here = strstr(__FILE__, "unit/fetcher/");
    assert_non_null(here);
    (void)snprintf(path, sizeof path, "%.*sfixtures/feeds/%s",
                   (int)(here - __FILE__), __FILE__, name);
    FILE *from = fopen(path, "rb");
    assert_non_null(from);
    assert_int_equal(fseek(from, 0, SEEK_END), 0);
    long len = ftell(from);
    assert_true(len >= 0);
    rewind(from);

    struct fixture out = { malloc((size_t)len + 1), (size_t)len };
    assert_non_null(out.bytes);
    assert_int_equal(fread(out.bytes, 1, out.len, from), out.len);
    out.bytes[out.len] = '\0';
    assert_int_equal(fclose(from), 0);
    return out;
}

// A new text with the first `what` of `in` replaced. The caller frees it.
static inline char *replaced(const char *in, const char *what, const char *by)
{
    const char *at = strstr(in, what);
    assert_non_null(at);
    size_t len = strlen(in) + strlen(by) + 1;
    char *out = malloc(len);
    assert_non_null(out);
    (void)snprintf(out, len, "%.*s%s%s", (int)(at - in), in, by,
                   at + strlen(what));
    return out;
}
