// SPDX-License-Identifier: MIT

#include "engine_head.h"

#include "engine_network.h"
#include "engine_transfer.h"
#include "target.h"

#include <string.h>

enum {
    // "POST ", " HTTP/1.1", "Host: []:65535", "User-Agent: ",
    // "Content-Length: ", their line ends, and the last one.
    FRAME_MAX = 160,
    NUMBER_MAX = 24,
};

size_t engine_head_length(const struct transfer *transfer)
{
    const struct exchange *exchange = transfer->exchange;
    size_t len =
        FRAME_MAX + NUMBER_MAX + target_request_length(transfer_url(transfer))
        + transfer->origin->host_len + strlen(transfer->network->user_agent)
        + strlen(transfer->line) + 2;
    for (size_t i = 0; i < exchange->header_count; i++)
        len += strlen(exchange->headers[i]) + 2;
    return len;
}

static char *put(char *out, const char *text, size_t len)
{
    memcpy(out, text, len);
    return out + len;
}

static char *put_text(char *out, const char *text)
{
    return put(out, text, strlen(text));
}

static char *put_number(char *out, size_t number)
{
    char digits[NUMBER_MAX];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return put(out, digits + at, sizeof digits - at);
}

static char *put_host(char *out, const struct origin *origin)
{
    bool brackets = memchr(origin->host, ':', origin->host_len);
    out = put_text(out, brackets ? "Host: [" : "Host: ");
    out = put(out, origin->host, origin->host_len);
    if (brackets)
        *out++ = ']';
    if (origin->port != (origin->https ? 443 : 80)) {
        *out++ = ':';
        out = put_number(out, origin->port);
    }
    return put(out, "\r\n", 2);
}

// A line with a line end in it would be two, and is none.
static char *put_line(char *out, const char *line)
{
    size_t len = strlen(line);
    if (len == 0 || memchr(line, '\n', len) || memchr(line, '\r', len))
        return out;
    out = put(out, line, len);
    return put(out, "\r\n", 2);
}

size_t engine_head_write(const struct transfer *transfer, char *out)
{
    const struct exchange *exchange = transfer->exchange;
    char *at = put_text(out, exchange->post ? "POST " : "GET ");
    at = target_request(transfer_url(transfer), at);
    at = put(at, " HTTP/1.1\r\n", 11);
    at = put_host(at, transfer->origin);
    at = put(at, "User-Agent: ", 12);
    at = put_text(at, transfer->network->user_agent);
    at = put(at, "\r\n", 2);
    at = put_line(at, transfer->line);
    for (size_t i = 0; i < exchange->header_count; i++)
        at = put_line(at, exchange->headers[i]);
    if (exchange->post) {
        at = put(at, "Content-Length: ", 16);
        at = put_number(at, exchange->body_len);
        at = put(at, "\r\n", 2);
    }
    at = put(at, "\r\n", 2);
    return (size_t)(at - out);
}
