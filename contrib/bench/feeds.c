// SPDX-License-Identifier: MIT

#include "feeds.h"

#include "callbacks.h"

#include <inttypes.h>
#include <stdio.h>

enum { URL_MAX = 96 };

static void url_of(const struct feeds *feeds, const char *what, uint64_t number,
                   char out[URL_MAX])
{
    uint32_t at = callbacks_address((size_t)(number % feeds->origins));
    snprintf(out, URL_MAX,
             "http%%3A%%2F%%2F%u.%u.%u.%u%%3A%u%%2F%s%%2F%" PRIu64, at >> 24,
             at >> 16 & 255, at >> 8 & 255, at & 255, feeds->port, what,
             number);
}

size_t feeds_subscribe(const void *context, uint64_t number, char *out,
                       size_t max)
{
    const struct feeds *feeds = context;
    char topic[URL_MAX], callback[URL_MAX];
    url_of(feeds, "feed", number, topic);
    url_of(feeds, "cb", number, callback);
    int len = snprintf(out, max,
                       "hub.mode=subscribe&hub.topic=%s&hub.callback=%s"
                       "&hub.lease_seconds=864000",
                       topic, callback);
    return len > 0 && (size_t)len < max ? (size_t)len : 0;
}

size_t feeds_ping(const void *context, uint64_t number, char *out, size_t max)
{
    const struct feeds *feeds = context;
    char topic[URL_MAX];
    size_t len = (size_t)snprintf(out, max, "hub.mode=publish");
    uint64_t first = number * FEEDS_PINGED;
    for (uint64_t i = first; i < first + FEEDS_PINGED && i < feeds->count;
         i++) {
        url_of(feeds, "feed", i, topic);
        len += (size_t)snprintf(out + len, max - len, "&hub.url=%s", topic);
        if (len >= max)
            return 0;
    }
    return len;
}
