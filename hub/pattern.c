// SPDX-License-Identifier: MIT

#include "pattern.h"

#include "fetcher/url.h"

#include <stdlib.h>
#include <string.h>

// Up to the first slash of a path it names no origin yet.
static bool has_path(const char *text, size_t len)
{
    const char *authority = memmem(text, len, "://", 3);
    const char *end = text + len;
    return authority
           && memchr(authority + 3, '/', (size_t)(end - (authority + 3)));
}

static const char *normalise(const char *text, size_t len, struct url *scratch,
                             struct pattern *out)
{
    const char *problem = url_read(text, len, scratch);
    if (problem)
        return problem;
    if (scratch->normal_len > PATTERN_MAX)
        return "has more than 480 bytes before its *";
    out->len = scratch->normal_len;
    memcpy(out->normal, scratch->normal, out->len + 1);
    return NULL;
}

const char *pattern_read(const char *text, size_t len, struct pattern *out)
{
    *out = (struct pattern){ .len = 0 };
    if (len == 0 || text[len - 1] != '*')
        return "does not end in a *";
    len--;
    if (len == 0)
        return NULL;
    if (!has_path(text, len))
        return "needs a scheme, a host and a slash before its *";
    struct url *scratch = malloc(sizeof *scratch);
    if (!scratch)
        return "cannot be read now: the hub has no memory left";
    const char *problem = normalise(text, len, scratch, out);
    free(scratch);
    return problem;
}
