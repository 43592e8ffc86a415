// SPDX-License-Identifier: MIT

#include "engine_collect.h"

#include "decode.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { KEPT_HEAD_ROOM = 4096, FIRST_BODY_ROOM = 1024 };

void collect_begin(struct collect *collect, const struct exchange *exchange)
{
    free(collect->body);
    decode_free(collect->coded);
    *collect = (struct collect){ .head = collect->head,
                                 .head_room = collect->head_room,
                                 .body_max = exchange->body_max < SIZE_MAX / 4
                                                 ? exchange->body_max
                                                 : SIZE_MAX / 4,
                                 .truncate = exchange->truncate,
                                 .decode = exchange->decode };
}

void collect_clear(struct collect *collect)
{
    free(collect->head);
    free(collect->body);
    decode_free(collect->coded);
    *collect = (struct collect){ 0 };
}

static bool is_status_line(const char *line, size_t len)
{
    return len >= 5 && memcmp(line, "HTTP/", 5) == 0;
}

static unsigned status_of(const char *line, size_t len)
{
    const char *blank = memchr(line, ' ', len);
    if (!blank || line + len - blank < 4)
        return 0;
    unsigned status = 0;
    for (int i = 1; i <= 3; i++) {
        if (!isdigit((unsigned char)blank[i]))
            return 0;
        status = status * 10 + (unsigned)(blank[i] - '0');
    }
    return status;
}

static bool head_grow(struct collect *collect, size_t more)
{
    size_t need = collect->head_len + more;
    if (need <= collect->head_room)
        return true;
    size_t room = collect->head_room ? collect->head_room : 512;
    while (room < need)
        room *= 2;
    char *head = realloc(collect->head, room);
    if (!head)
        return false;
    collect->head = head;
    collect->head_room = room;
    return true;
}

static bool is_text(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if ((c < ' ' && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void keep_field(struct collect *collect, const char *line,
                       const char *colon, const char *end)
{
    const char *value = colon + 1;
    while (value < end && is_blank(*value))
        value++;
    size_t name_len = (size_t)(colon - line);
    size_t value_len = (size_t)(end - value);
    if (!is_text(line, name_len) || !is_text(value, value_len))
        return;
    char *out = collect->head + collect->head_len;
    for (size_t i = 0; i < name_len; i++)
        out[i] =
            line[i] >= 'A' && line[i] <= 'Z' ? (char)(line[i] | 0x20) : line[i];
    out[name_len] = '\0';
    memcpy(out + name_len + 1, value, value_len);
    out[name_len + 1 + value_len] = '\0';
    collect->head_len += name_len + value_len + 2;
    collect->field_count++;
}

// Of other answers nobody reads the body (226: RFC 3229).
static bool has_document(const struct collect *collect)
{
    return collect->status == 200 || collect->status == 226;
}

// A body that says of itself that it is too long is not waited for.
static bool is_announced_too_large(const struct collect *collect)
{
    const char *length = collect_field(collect, "content-length");
    if (!has_document(collect) || collect->truncate || !length)
        return false;
    size_t digits = strspn(length, "0123456789");
    if (digits == 0 || length[digits] != '\0')
        return false;
    return digits > 18 || strtoull(length, NULL, 10) > collect->body_max;
}

// Several fields are one list (RFC 9110 5.3).
static bool read_codings(struct collect *collect)
{
    const char *at = collect->head;
    for (size_t i = 0; i < collect->field_count; i++) {
        const char *value = at + strlen(at) + 1;
        if (strcmp(at, "content-encoding") == 0
            && !decode_add(collect->coded, value))
            return false;
        at = value + strlen(value) + 1;
    }
    return true;
}

static enum collect_verdict begin_body(struct collect *collect)
{
    if (is_announced_too_large(collect))
        return COLLECT_TOO_LARGE;
    if (!collect->decode || !has_document(collect)
        || !collect_field(collect, "content-encoding"))
        return COLLECT_ON;
    collect->coded = decode_new(collect->body_max);
    if (!collect->coded)
        return COLLECT_NO_MEMORY;
    if (!read_codings(collect))
        return COLLECT_CODED;
    if (decode_needed(collect->coded))
        return COLLECT_ON;
    decode_free(collect->coded);
    collect->coded = NULL;
    return COLLECT_ON;
}

enum collect_verdict collect_line(struct collect *collect, const char *line,
                                  size_t len)
{
    collect->head_seen += len;
    if (collect->head_seen > COLLECT_HEAD_MAX)
        return COLLECT_HOSTILE;
    if (is_status_line(line, len)) {
        decode_free(collect->coded);
        collect->coded = NULL;
        collect->status = status_of(line, len);
        collect->head_done = false;
        collect->head_len = 0;
        collect->field_count = 0;
        return COLLECT_ON;
    }
    const char *end = line + len;
    while (end > line && is_blank(end[-1]))
        end--;
    if (end == line && !collect->head_done) {
        collect->head_done = true;
        return begin_body(collect);
    }
    const char *colon = memchr(line, ':', (size_t)(end - line));
    // What follows the blank line are trailers; a line that begins with a
    // blank continues another one, which RFC 9112 5.2 does away with.
    if (collect->head_done || !colon || colon == line || is_blank(line[0])
        || collect->field_count >= COLLECT_FIELDS_MAX)
        return COLLECT_ON;
    if (!head_grow(collect, (size_t)(end - line) + 2))
        return COLLECT_NO_MEMORY;
    keep_field(collect, line, colon, end);
    return COLLECT_ON;
}

static bool body_grow(struct collect *collect, size_t more)
{
    size_t need = collect->body_len + more + 1;
    if (need <= collect->body_room)
        return true;
    size_t room = collect->body_room ? collect->body_room : FIRST_BODY_ROOM;
    while (room < need)
        room *= 2;
    if (room > collect->body_max + 1)
        room = collect->body_max + 1;
    char *body = realloc(collect->body, room);
    if (!body)
        return false;
    collect->body = body;
    collect->body_room = room;
    return true;
}

static enum collect_verdict add_body(struct collect *collect, const char *bytes,
                                     size_t len)
{
    size_t left = collect->body_max - collect->body_len;
    size_t kept = len < left ? len : left;
    if (kept > 0) {
        if (!body_grow(collect, kept))
            return COLLECT_NO_MEMORY;
        memcpy(collect->body + collect->body_len, bytes, kept);
        collect->body_len += kept;
    }
    if (kept == len)
        return COLLECT_ON;
    if (!collect->truncate)
        return COLLECT_TOO_LARGE;
    collect->spilled += len - kept;
    return collect->spilled > COLLECT_SPILL_MAX ? COLLECT_ENOUGH : COLLECT_ON;
}

struct decoding {
    struct collect *collect;
    enum collect_verdict verdict;
};

static bool take_decoded(void *context, const char *bytes, size_t len)
{
    struct decoding *decoding = context;
    decoding->verdict = add_body(decoding->collect, bytes, len);
    return decoding->verdict == COLLECT_ON;
}

enum collect_verdict collect_body(struct collect *collect, const char *bytes,
                                  size_t len)
{
    struct decoding decoding = { collect, COLLECT_ON };
    if (!collect->coded)
        return add_body(collect, bytes, len);
    switch (decode_feed(collect->coded, bytes, len, take_decoded, &decoding)) {
    case DECODE_BROKEN:
        return COLLECT_CODED;
    case DECODE_TOO_LARGE:
        return COLLECT_TOO_LARGE;
    case DECODE_ON:
    case DECODE_STOPPED:
        break;
    }
    return decoding.verdict;
}

bool collect_is_whole(const struct collect *collect)
{
    return !collect->coded || decode_is_whole(collect->coded);
}

const char *collect_field(const struct collect *collect, const char *name)
{
    const char *at = collect->head;
    for (size_t i = 0; i < collect->field_count; i++) {
        const char *value = at + strlen(at) + 1;
        if (strcmp(at, name) == 0)
            return value;
        at = value + strlen(value) + 1;
    }
    return NULL;
}

static bool hand_over_fields(struct collect *collect, struct exchange *exchange)
{
    size_t count = collect->field_count;
    if (count == 0)
        return true;
    struct exchange_field *fields =
        malloc(count * sizeof *fields + collect->head_len);
    if (!fields)
        return false;
    char *at = (char *)(fields + count);
    memcpy(at, collect->head, collect->head_len);
    for (size_t i = 0; i < count; i++) {
        fields[i].name = at;
        fields[i].value = at + strlen(at) + 1;
        at += strlen(at) + 1;
        at += strlen(at) + 1;
    }
    exchange->fields = fields;
    exchange->field_count = count;
    return true;
}

bool collect_hand_over(struct collect *collect, struct exchange *exchange)
{
    // An interim answer is none, but for 101, which nobody asked for.
    if (collect->status < 200 && collect->status != 101)
        return true;
    exchange->status = collect->status;
    if (!hand_over_fields(collect, exchange))
        return false;
    if (collect->body) {
        collect->body[collect->body_len] = '\0';
        // Shrinking; the larger block will do if it cannot be had.
        char *tight = realloc(collect->body, collect->body_len + 1);
        exchange->response = tight ? tight : collect->body;
        exchange->response_len = collect->body_len;
        collect->body = NULL;
        collect->body_room = 0;
    }
    if (collect->head_room > KEPT_HEAD_ROOM) {
        free(collect->head);
        collect->head = NULL;
        collect->head_room = 0;
        collect->head_len = 0;
        collect->field_count = 0;
    }
    return true;
}
