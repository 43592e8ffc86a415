// SPDX-License-Identifier: MIT

#include "response.h"

#include "hex.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void response_begin(struct response *response, struct collect *collect)
{
    *response = (struct response){ .collect = collect };
}

void response_clear(struct response *response)
{
    free(response->part);
    response->part = NULL;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static enum response_step collected(struct response *response,
                                    enum collect_verdict verdict)
{
    response->verdict = verdict;
    return verdict == COLLECT_ON ? RESPONSE_MORE : RESPONSE_STOP;
}

// HTTP/1.1 200 Fine; the reason and the blank before it may be missing.
static enum response_step status_line(struct response *response,
                                      const char *line, size_t len)
{
    if (len < 12 || memcmp(line, "HTTP/1.", 7) != 0 || !is_digit(line[7])
        || line[8] != ' ' || line[9] < '1' || line[9] > '9'
        || !is_digit(line[10]) || !is_digit(line[11])
        || (len > 12 && line[12] != ' '))
        return RESPONSE_BROKEN;
    response->minor_zero = line[7] == '0';
    response->place = RESPONSE_FIELDS;
    response->chunked = false;
    response->has_length = false;
    response->framing_line = false;
    response->left = 0;
    return collected(response, collect_line(response->collect, line, len));
}

static bool is_name(const char *line, size_t len, const char *name)
{
    return strlen(name) == len && strncasecmp(line, name, len) == 0;
}

static bool read_length(struct response *response, const char *value,
                        size_t len)
{
    uint64_t length = 0;
    if (len == 0 || len > 18)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!is_digit(value[i]))
            return false;
        length = length * 10 + (uint64_t)(value[i] - '0');
    }
    if (response->has_length && response->left != length)
        return false;
    response->has_length = true;
    response->left = length;
    return true;
}

static void read_connection(struct response *response, const char *value,
                            size_t len)
{
    for (size_t at = 0; at < len;) {
        size_t end = at;
        while (end < len && value[end] != ',' && value[end] != ' '
               && value[end] != '\t')
            end++;
        if (is_name(value + at, end - at, "close"))
            response->says_close = true;
        if (is_name(value + at, end - at, "keep-alive"))
            response->says_keep = true;
        at = end + 1;
    }
}

// False: the body's end cannot be told from this.
static bool read_field(struct response *response, const char *line,
                       size_t name_len, const char *value, size_t len)
{
    response->framing_line = true;
    if (is_name(line, name_len, "content-length"))
        return read_length(response, value, len);
    if (is_name(line, name_len, "transfer-encoding")) {
        bool again = response->chunked;
        response->chunked = true;
        return !again && is_name(value, len, "chunked");
    }
    response->framing_line = false;
    if (is_name(line, name_len, "connection"))
        read_connection(response, value, len);
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static enum response_step field_line(struct response *response,
                                     const char *line, size_t len)
{
    // A folded line continues the one before it; only where that is the
    // body's length does it matter.
    if (is_blank(line[0]))
        return response->framing_line
                   ? RESPONSE_BROKEN
                   : collected(response,
                               collect_line(response->collect, line, len));
    const char *colon = memchr(line, ':', len);
    if (!colon || colon == line || is_blank(colon[-1]))
        return RESPONSE_BROKEN;
    const char *value = colon + 1;
    const char *end = line + len;
    while (value < end && is_blank(*value))
        value++;
    while (end > value && is_blank(end[-1]))
        end--;
    if (!read_field(response, line, (size_t)(colon - line), value,
                    (size_t)(end - value)))
        return RESPONSE_BROKEN;
    return collected(response, collect_line(response->collect, line, len));
}

static enum response_step end_of_head(struct response *response)
{
    enum response_step step =
        collected(response, collect_line(response->collect, "", 0));
    unsigned status = response->collect->status;
    if (step != RESPONSE_MORE)
        return step;
    if (status < 200 && status != 101) {
        response->place = RESPONSE_STATUS; // interim: another head follows
        return RESPONSE_MORE;
    }
    response->place = RESPONSE_END;
    if (status == 101)
        response->says_close = true;
    if (status == 101 || status == 204 || status == 304)
        return RESPONSE_DONE;
    if (response->chunked) {
        // Both at once is how answers are smuggled (RFC 9112, 6.3).
        response->says_close = response->says_close || response->has_length;
        response->place = RESPONSE_CHUNK_SIZE;
        return RESPONSE_MORE;
    }
    if (!response->has_length) {
        response->says_close = true;
        response->place = RESPONSE_UNTIL_CLOSE;
        return RESPONSE_MORE;
    }
    if (response->left == 0)
        return RESPONSE_DONE;
    response->place = RESPONSE_LENGTH;
    return RESPONSE_MORE;
}

static enum response_step chunk_size(struct response *response,
                                     const char *line, size_t len)
{
    size_t digits = 0;
    response->left = 0;
    while (digits < len && hex_digit(line[digits]) >= 0) {
        response->left =
            response->left * 16 + (uint64_t)hex_digit(line[digits]);
        digits++;
    }
    if (digits == 0 || digits > 15
        || (digits < len && line[digits] != ';' && !is_blank(line[digits])))
        return RESPONSE_BROKEN;
    response->place = response->left > 0 ? RESPONSE_CHUNK : RESPONSE_TRAILERS;
    return RESPONSE_MORE;
}

static enum response_step take_line(struct response *response, const char *line,
                                    size_t len)
{
    if (len > 0 && line[len - 1] == '\r')
        len--;
    switch (response->place) {
    case RESPONSE_STATUS:
        return status_line(response, line, len);
    case RESPONSE_FIELDS:
        return len > 0 ? field_line(response, line, len)
                       : end_of_head(response);
    case RESPONSE_CHUNK_SIZE:
        return chunk_size(response, line, len);
    case RESPONSE_CHUNK_END:
        response->place = RESPONSE_CHUNK_SIZE;
        return len == 0 ? RESPONSE_MORE : RESPONSE_BROKEN;
    case RESPONSE_TRAILERS:
        if (len > 0)
            return collected(response,
                             collect_line(response->collect, line, len));
        response->place = RESPONSE_END;
        return RESPONSE_DONE;
    default:
        return RESPONSE_BROKEN;
    }
}

static bool keep_part(struct response *response, const char *bytes, size_t len)
{
    size_t need = response->part_len + len;
    if (need > RESPONSE_LINE_MAX)
        return false;
    if (need > response->part_room) {
        size_t room = need < 256 ? 256 : 2 * need;
        char *part = realloc(response->part, room);
        if (!part)
            return false;
        response->part = part;
        response->part_room = room;
    }
    memcpy(response->part + response->part_len, bytes, len);
    response->part_len = need;
    return true;
}

// One line, or what there is of it. *used moves behind it.
static enum response_step feed_line(struct response *response,
                                    const char *bytes, size_t len, size_t *used)
{
    const char *end = memchr(bytes, '\n', len);
    size_t line = end ? (size_t)(end - bytes) : len;
    *used += end ? line + 1 : len;
    if (end && response->part_len == 0)
        return line > RESPONSE_LINE_MAX ? RESPONSE_BROKEN
                                        : take_line(response, bytes, line);
    if (!keep_part(response, bytes, line))
        return RESPONSE_BROKEN;
    if (!end)
        return RESPONSE_MORE;
    line = response->part_len;
    response->part_len = 0;
    return take_line(response, response->part, line);
}

static enum response_step feed_body(struct response *response,
                                    const char *bytes, size_t len, size_t *used)
{
    bool counted = response->place != RESPONSE_UNTIL_CLOSE;
    if (counted && len > response->left)
        len = (size_t)response->left;
    *used += len;
    enum response_step step =
        collected(response, collect_body(response->collect, bytes, len));
    if (!counted || step != RESPONSE_MORE)
        return step;
    response->left -= len;
    if (response->left > 0)
        return RESPONSE_MORE;
    if (response->place == RESPONSE_CHUNK) {
        response->place = RESPONSE_CHUNK_END;
        return RESPONSE_MORE;
    }
    response->place = RESPONSE_END;
    return RESPONSE_DONE;
}

enum response_step response_feed(struct response *response, const char *bytes,
                                 size_t len, size_t *used)
{
    enum response_step step = RESPONSE_MORE;
    *used = 0;
    while (step == RESPONSE_MORE && *used < len) {
        bool body = response->place == RESPONSE_LENGTH
                    || response->place == RESPONSE_UNTIL_CLOSE
                    || response->place == RESPONSE_CHUNK;
        step = body ? feed_body(response, bytes + *used, len - *used, used)
                    : feed_line(response, bytes + *used, len - *used, used);
    }
    return step;
}

enum response_step response_close(struct response *response)
{
    return response->place == RESPONSE_UNTIL_CLOSE ? RESPONSE_DONE
                                                   : RESPONSE_BROKEN;
}

bool response_keeps(const struct response *response)
{
    return response->place == RESPONSE_END && !response->says_close
           && (!response->minor_zero || response->says_keep);
}
