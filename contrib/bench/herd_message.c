// SPDX-License-Identifier: MIT

#include "herd_message.h"

#include "head.h"

#include <stdint.h>
#include <string.h>

enum { PING = 9, CLOSING = 8 };

static bool holds(const char *bytes, size_t len, const char *text)
{
    return *text != '\0' && memmem(bytes, len, text, strlen(text)) != NULL;
}

static bool read_answer(const char *bytes, size_t len, struct herd_message *out)
{
    struct head head;
    if (!head_read(bytes, len, &head) || len < head.len + head.body_len)
        return false;
    out->len = head.len + head.body_len;
    out->closing = head.close;
    out->status = head_status(bytes, head.len);
    return true;
}

// Whatever is there, if it ends where an event does; what is in chunks has one
// more line end.
static bool read_events(const char *bytes, size_t len, struct herd_message *out)
{
    out->len = len;
    return (len >= 2 && memcmp(bytes + len - 2, "\n\n", 2) == 0)
           || (len >= 4 && memcmp(bytes + len - 4, "\n\n\r\n", 4) == 0);
}

static bool read_frame(const char *bytes, size_t len, struct herd_message *out)
{
    const uint8_t *at = (const uint8_t *)bytes;
    size_t head = 2, payload;
    if (len < head)
        return false;
    payload = at[1] & 127U;
    if (payload >= 126) {
        size_t more = payload == 126 ? 2 : 8;
        head += more;
        if (len < head)
            return false;
        payload = 0;
        for (size_t i = 0; i < more; i++)
            payload = payload << 8 | at[2 + i];
    }
    if (len - head < payload)
        return false;
    out->len = head + payload;
    out->ping = (at[0] & 15U) == PING ? (unsigned)payload + 1 : 0;
    out->closing = (at[0] & 15U) == CLOSING;
    return true;
}

bool herd_message(enum herd_kind kind, const char *bytes, size_t len,
                  const char *expected, struct herd_message *out)
{
    bool whole = false;
    *out = (struct herd_message){ 0 };
    switch (kind) {
    case HERD_POLL:
        whole = read_answer(bytes, len, out);
        break;
    case HERD_EVENTS:
        whole = read_events(bytes, len, out);
        break;
    case HERD_SOCKET:
        whole = read_frame(bytes, len, out);
        break;
    }
    if (whole)
        out->news = holds(bytes, out->len, expected);
    return whole;
}

void herd_message_cursor(const char *bytes, size_t len,
                         char out[HERD_CURSOR_MAX])
{
    static const char name[] = "\"cursor\":";
    const char *end = bytes + len;
    const char *at = memmem(bytes, len, name, sizeof name - 1);
    if (at == NULL)
        return;
    at += sizeof name - 1;
    while (at < end && *at == ' ')
        at++;
    if (at == end || *at++ != '"')
        return;
    const char *quote = memchr(at, '"', (size_t)(end - at));
    if (quote == NULL || quote - at >= HERD_CURSOR_MAX)
        return;
    memcpy(out, at, (size_t)(quote - at));
    out[quote - at] = '\0';
}
