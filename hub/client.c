// SPDX-License-Identifier: MIT

#include "client.h"

#include "fetcher/guard.h"
#include "request.h"

#include <stdio.h>
#include <string.h>

// "192.0.2.7", "192.0.2.7:4711", "[2001:db8::1]:4711", "2001:db8::1".
static void strip_port(const char *text, size_t len, char out[CLIENT_MAX])
{
    const char *colon = memchr(text, ':', len);
    if (len > 0 && text[0] == '[') {
        const char *end = memchr(text, ']', len);
        text++;
        len = end ? (size_t)(end - text) : 0;
    } else if (colon
               && !memchr(colon + 1, ':', len - (size_t)(colon + 1 - text))) {
        len = (size_t)(colon - text);
    }
    snprintf(out, CLIENT_MAX, "%.*s", (int)(len < CLIENT_MAX ? len : 0), text);
}

static size_t trimmed(const char **text, size_t len)
{
    while (len > 0 && (**text == ' ' || **text == '\t')) {
        ++*text;
        len--;
    }
    while (len > 0 && ((*text)[len - 1] == ' ' || (*text)[len - 1] == '\t'))
        len--;
    return len;
}

void client_address(const struct request *request, const struct guard *proxies,
                    char out[CLIENT_MAX])
{
    const char *list = request_field(request, "X-Forwarded-For");
    size_t len = list ? strlen(list) : 0;
    snprintf(out, CLIENT_MAX, "%s", request->peer);
    while (len > 0 && guard_lists(proxies, out)) {
        const char *comma = memrchr(list, ',', len);
        const char *last = comma ? comma + 1 : list;
        size_t size = trimmed(&last, (size_t)(list + len - last));
        char next[CLIENT_MAX];
        strip_port(last, size, next);
        if (next[0] == '\0')
            return;
        memcpy(out, next, sizeof next);
        len = comma ? (size_t)(comma - list) : 0;
    }
}
