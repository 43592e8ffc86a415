// SPDX-License-Identifier: MIT

#include "since.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// "Z" or "+hh:mm": seconds east of Greenwich. False: neither of them, or
// something follows.
static bool read_zone(const char *at, int64_t *seconds)
{
    int hours, minutes, used = 0;
    *seconds = 0;
    if ((*at == 'Z' || *at == 'z') && at[1] == '\0')
        return true;
    if ((*at != '+' && *at != '-') || !isdigit((unsigned char)at[1])
        || sscanf(at + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2
        || used != 5 || at[6] != '\0' || hours < 0 || hours > 23 || minutes < 0
        || minutes > 59)
        return false;
    *seconds = (hours * 60 + minutes) * (*at == '+' ? 60 : -60);
    return true;
}

int64_t since_time(const char *text)
{
    struct tm tm = { 0 };
    const char *at = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    int64_t ms = 0, unit = 100, offset;
    if (!at)
        return -1;
    if (*at == '.') {
        if (!isdigit((unsigned char)*++at))
            return -1;
        for (; isdigit((unsigned char)*at); at++, unit /= 10)
            ms += (*at - '0') * unit;
    }
    if (!read_zone(at, &offset))
        return -1;
    int64_t seconds = (int64_t)timegm(&tm) - offset;
    return seconds >= 0 ? seconds * 1000 + ms : -1;
}

// "10m": so long ago. -1: it is not such a thing.
static int64_t duration(const char *text)
{
    char *end;
    if (!isdigit((unsigned char)*text))
        return -1;
    errno = 0;
    long long count = strtoll(text, &end, 10);
    int64_t unit = *end == 's'   ? 1000
                   : *end == 'm' ? 60 * 1000
                   : *end == 'h' ? 60 * 60 * 1000
                   : *end == 'd' ? 24 * 60 * 60 * 1000
                                 : 0;
    if (errno != 0 || unit == 0 || end[1] != '\0'
        || count > INT64_MAX / 1000 / unit)
        return -1;
    return count * unit;
}

// "-20". A cursor may begin like that too, but goes on with other characters.
static bool counts_back(const char *text)
{
    size_t digits = text[0] == '-' ? strspn(text + 1, "0123456789") : 0;
    return digits > 0 && text[1 + digits] == '\0';
}

static const char *read_count(const char *digits, uint64_t *out)
{
    *out = 0;
    for (; *digits; digits++) {
        *out = *out * 10 + (uint64_t)(*digits - '0');
        if (*out > SINCE_LAST_MAX)
            return "counts back 1000 at most";
    }
    return NULL;
}

const char *since_read(const char *text, int64_t now_unix, struct since *out)
{
    int64_t time = since_time(text), ago = duration(text);
    *out = (struct since){ .kind = STORE_SINCE_LATEST };
    if (strcmp(text, "latest") == 0)
        return NULL;
    if (strcmp(text, "earliest") == 0) {
        out->kind = STORE_SINCE_EARLIEST;
        return NULL;
    }
    if (counts_back(text)) {
        out->kind = STORE_SINCE_LAST;
        return read_count(text + 1, &out->value);
    }
    if (time >= 0 || ago >= 0) {
        out->kind = STORE_SINCE_TIME;
        int64_t at = time >= 0 ? time : now_unix - ago;
        out->value = at > 0 ? (uint64_t)at : 0;
        return NULL;
    }
    out->kind = STORE_SINCE_NUMBER;
    if (!*text || strlen(text) >= sizeof out->cursor)
        return "is not a cursor of this hub, nor latest, earliest, -N, a time "
               "or an age";
    memcpy(out->cursor, text, strlen(text) + 1);
    return NULL;
}
