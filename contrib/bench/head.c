// SPDX-License-Identifier: MIT

#include "head.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char content_length[] = "content-length:";
static const char connection_close[] = "connection: close";

static void read_line(const char *line, size_t len, struct head *out)
{
    if (len >= sizeof content_length
        && strncasecmp(line, content_length, sizeof content_length - 1) == 0)
        out->body_len = strtoul(line + sizeof content_length - 1, NULL, 10);
    if (len == sizeof connection_close - 1
        && strncasecmp(line, connection_close, len) == 0)
        out->close = true;
}

bool head_read(const char *bytes, size_t len, struct head *out)
{
    const char *blank = memmem(bytes, len, "\r\n\r\n", 4);
    if (blank == NULL)
        return false;
    *out = (struct head){ .len = (size_t)(blank - bytes) + 4 };
    for (const char *line = bytes; line <= blank;) {
        const char *end = memchr(line, '\r', len - (size_t)(line - bytes));
        read_line(line, (size_t)(end - line), out);
        line = end + 2;
    }
    return true;
}

unsigned head_status(const char *bytes, size_t len)
{
    if (len < 12 || memcmp(bytes, "HTTP/1.", 7) != 0)
        return 0;
    return (unsigned)strtoul(bytes + 9, NULL, 10);
}
