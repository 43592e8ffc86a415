// SPDX-License-Identifier: MIT

#include "grant.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

// Normalised patterns, each with a line end behind it.
struct grant {
    size_t len;
    char text[];
};

// ---------------------------------------------------------------- reading

// Does it reach to the slash behind the host? "http://a" is a prefix of
// "http://a.evil.example/" too.
static bool has_path(const char *text, size_t len)
{
    const char *authority = memmem(text, len, "://", 3);
    size_t skip = authority ? (size_t)(authority - text) + 3 : len;
    return skip < len && memchr(text + skip, '/', len - skip);
}

const char *grant_check(const char *pattern, size_t len, struct url *out,
                        bool *prefix)
{
    *prefix = len > 0 && pattern[len - 1] == '*';
    if (*prefix && len == 1) {
        out->normal[0] = '\0';
        out->normal_len = 0;
        return NULL;
    }
    len -= *prefix;
    if (*prefix && !has_path(pattern, len))
        return "must reach to the slash behind the host before its \"*\"";
    return url_read(pattern, len, out);
}

// One line, normalised; 0: it is no pattern.
static size_t put(char *at, const char *line, size_t len, struct url *scratch)
{
    bool prefix;
    if (len == 0 || grant_check(line, len, scratch, &prefix))
        return 0;
    size_t used = scratch->normal_len;
    memcpy(at, scratch->normal, used);
    if (prefix)
        at[used++] = '*';
    at[used++] = '\n';
    return used;
}

static size_t put_all(char *at, struct bytes patterns, struct url *scratch)
{
    size_t used = 0, count = 0;
    for (size_t i = 0; i < patterns.len && count < GRANT_PATTERNS_MAX;) {
        const char *line = patterns.at + i;
        const char *end = memchr(line, '\n', patterns.len - i);
        size_t len = end ? (size_t)(end - line) : patterns.len - i;
        size_t took = put(at + used, line, len, scratch);
        count += took > 0;
        used += took;
        i += len + 1;
    }
    return used;
}

struct grant *grant_new(struct bytes patterns)
{
    // Normalising makes it at most three times as long, but for a host in
    // other letters.
    size_t room = 3 * patterns.len + (size_t)512 * GRANT_PATTERNS_MAX;
    struct grant *grant = malloc(sizeof *grant + room);
    struct url *scratch = malloc(sizeof *scratch);
    if (!grant || !scratch) {
        free(grant);
        free(scratch);
        return NULL;
    }
    grant->len = put_all(grant->text, patterns, scratch);
    free(scratch);
    struct grant *fitted = realloc(grant, sizeof *grant + grant->len);
    return fitted ? fitted : grant;
}

void grant_free(struct grant *grant)
{
    free(grant);
}

// ---------------------------------------------------------------- judging

// Bytes that end a segment of a path, for some server at least.
static size_t separator(const char *text, size_t len)
{
    if (len > 0 && (*text == '/' || *text == ';'))
        return 1;
    if (len >= 3
        && (strncasecmp(text, "%2F", 3) == 0
            || strncasecmp(text, "%5C", 3) == 0))
        return 3;
    return 0;
}

bool grant_strays(const char *normal, size_t len)
{
    size_t begin = 0;
    const char *query = memchr(normal, '?', len);
    size_t end = query ? (size_t)(query - normal) : len;
    for (size_t i = 0; i <= end;) {
        size_t skip = i < end ? separator(normal + i, end - i) : 1;
        if (skip == 0) {
            i++;
            continue;
        }
        size_t dots = i - begin;
        if ((dots == 1 || dots == 2) && normal[begin] == '.'
            && normal[i - 1] == '.')
            return true;
        i += skip;
        begin = i;
    }
    return false;
}

struct pattern {
    const char *text;
    size_t len;
    bool prefix;
};

// The pattern at *at, which moves behind it.
static bool next(const struct grant *grant, size_t *at, struct pattern *out)
{
    if (*at == grant->len)
        return false;
    const char *line = grant->text + *at;
    const char *end = memchr(line, '\n', grant->len - *at);
    out->text = line;
    out->len = (size_t)(end - line);
    *at += out->len + 1;
    out->prefix = line[out->len - 1] == '*';
    out->len -= out->prefix;
    return true;
}

static bool begins(const struct pattern *pattern, const char *text, size_t len)
{
    return len >= pattern->len && memcmp(text, pattern->text, pattern->len) == 0
           && (pattern->len == 0 || !grant_strays(text, len));
}

bool grant_covers(const struct grant *grant, const char *normal, size_t len)
{
    struct pattern pattern;
    for (size_t at = 0; next(grant, &at, &pattern);) {
        bool same = pattern.len == len && !pattern.prefix
                    && memcmp(pattern.text, normal, len) == 0;
        if (same || (pattern.prefix && begins(&pattern, normal, len)))
            return true;
    }
    return false;
}

bool grant_covers_all(const struct grant *grant, const char *prefix, size_t len)
{
    struct pattern pattern;
    for (size_t at = 0; next(grant, &at, &pattern);)
        if (pattern.prefix && (pattern.len == 0 || has_path(prefix, len))
            && begins(&pattern, prefix, len))
            return true;
    return false;
}
