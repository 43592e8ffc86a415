// SPDX-License-Identifier: MIT

#include "poll_hints.h"

#include "backoff.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

enum { SECONDS_MAX = INT32_MAX, MS = 1000 };

// Digits, as far as they go; -1: there are none.
static int64_t number(const char *text)
{
    int64_t value = -1;
    for (; *text >= '0' && *text <= '9'; text++) {
        value = (value < 0 ? 0 : value) * 10 + (*text - '0');
        if (value > SECONDS_MAX)
            value = SECONDS_MAX;
    }
    return value;
}

static size_t length_of(const char *directive)
{
    bool quoted = false;
    size_t len = 0;
    for (; directive[len] && (quoted || directive[len] != ','); len++)
        if (directive[len] == '"')
            quoted = !quoted;
    return len;
}

static bool is(const char *directive, const char *name)
{
    size_t len = strlen(name);
    return strncasecmp(directive, name, len) == 0
           && strchr(",; \t=", directive[len]) != NULL;
}

// Seconds of max-age; 0: not to be kept; -1: it does not say. What forbids
// wins over what allows.
static int64_t lifetime(const char *cache_control)
{
    int64_t seconds = -1;
    for (const char *at = cache_control; *at;) {
        at += strspn(at, " \t,");
        if (is(at, "no-cache") || is(at, "no-store"))
            return 0;
        if (is(at, "max-age") && at[strlen("max-age")] == '=') {
            const char *value = at + strlen("max-age=");
            seconds = number(value + (*value == '"'));
        }
        at += length_of(at);
    }
    return seconds;
}

static int64_t expiry(const struct poll_fields *fields, int64_t now_unix)
{
    if (!fields->expires)
        return -1;
    int64_t expires = backoff_http_date(fields->expires);
    int64_t date = fields->date ? backoff_http_date(fields->date) : -1;
    if (date < 0)
        date = now_unix / MS;
    // What is no date, "0" above all, has expired (RFC 9111 5.3).
    return expires > date ? expires - date : 0;
}

int64_t poll_hints_fresh(const struct poll_fields *fields, int64_t now_unix)
{
    int64_t seconds =
        fields->cache_control ? lifetime(fields->cache_control) : -1;
    if (seconds < 0)
        seconds = expiry(fields, now_unix);
    if (seconds < 0)
        return -1;
    int64_t age = fields->age ? number(fields->age) : 0;
    if (age > 0)
        seconds = seconds > age ? seconds - age : 0;
    return seconds * MS;
}
