// SPDX-License-Identifier: MIT

#include "json_writer.h"

#include "parcel.h"
#include "utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void json_writer_clear(struct json_writer *writer)
{
    free(writer->at);
    *writer = (struct json_writer){ 0 };
}

// Room for so many more bytes; NULL: there is none.
static char *make_room(struct json_writer *writer, size_t len)
{
    if (writer->failed || len > JSON_WRITER_MAX - writer->len) {
        writer->failed = true;
        return NULL;
    }
    if (len > writer->room - writer->len) {
        size_t room = writer->room > 0 ? writer->room * 2 : 1024;
        while (room < writer->len + len)
            room *= 2;
        char *at = realloc(writer->at, room);
        if (!at) {
            writer->failed = true;
            return NULL;
        }
        writer->at = at;
        writer->room = room;
    }
    return writer->at + writer->len;
}

void json_writer_bytes(struct json_writer *writer, const void *at, size_t len)
{
    char *to = make_room(writer, len);
    if (!to || len == 0)
        return;
    memcpy(to, at, len);
    writer->len += len;
}

void json_writer_put(struct json_writer *writer, const char *text)
{
    json_writer_bytes(writer, text, strlen(text));
}

void json_writer_number(struct json_writer *writer, uint64_t number)
{
    char text[24];
    int len = snprintf(text, sizeof text, "%" PRIu64, number);
    json_writer_bytes(writer, text, (size_t)len);
}

void json_writer_next(struct json_writer *writer)
{
    char last = writer->len > 0 ? writer->at[writer->len - 1] : '{';
    if (last != '{' && last != '[')
        json_writer_bytes(writer, ",", 1);
}

void json_writer_name(struct json_writer *writer, const char *name)
{
    json_writer_next(writer);
    json_writer_bytes(writer, "\"", 1);
    json_writer_put(writer, name);
    json_writer_bytes(writer, "\":", 2);
}

static void put_escaped(struct json_writer *writer, unsigned code)
{
    static const char hex[] = "0123456789abcdef";
    static const char short_ones[] = "\bb\tt\nn\ff\rr\"\"\\\\";
    for (const char *at = short_ones; *at; at += 2)
        if ((unsigned char)*at == code) {
            json_writer_bytes(writer, (const char[]){ '\\', at[1] }, 2);
            return;
        }
    const char text[] = { '\\',
                          'u',
                          hex[code >> 12 & 15],
                          hex[code >> 8 & 15],
                          hex[code >> 4 & 15],
                          hex[code & 15] };
    json_writer_bytes(writer, text, sizeof text);
}

// Bytes of the character at the start that must be escaped, as *code; 0: none.
static size_t must_escape(const char *at, size_t len, unsigned *code)
{
    unsigned char first = (unsigned char)*at;
    *code = first;
    if (first < 0x20 || first == '"' || first == '\\')
        return 1;
    if (len >= 2 && memcmp(at, "\xC2\x85", 2) == 0) {
        *code = 0x85;
        return 2;
    }
    if (len >= 3
        && (memcmp(at, "\xE2\x80\xA8", 3) == 0
            || memcmp(at, "\xE2\x80\xA9", 3) == 0)) {
        *code = at[2] == '\xA8' ? 0x2028 : 0x2029;
        return 3;
    }
    return 0;
}

// Neither a control character, nor a quote, nor the first byte of one of the
// long ends of lines.
static bool is_plain(char byte)
{
    unsigned char c = (unsigned char)byte;
    return c >= 0x20 && c != '"' && c != '\\' && c != 0xC2 && c != 0xE2;
}

static void put_valid(struct json_writer *writer, const char *at, size_t len)
{
    size_t from = 0;
    for (size_t i = 0; i < len;) {
        unsigned code = 0;
        size_t step = is_plain(at[i]) ? 0 : must_escape(at + i, len - i, &code);
        if (step == 0) {
            i++;
            continue;
        }
        json_writer_bytes(writer, at + from, i - from);
        put_escaped(writer, code);
        i += step;
        from = i;
    }
    json_writer_bytes(writer, at + from, len - from);
}

bool json_writer_utf8(struct json_writer *writer, const char *at, size_t len)
{
    if (!utf8_valid(at, len))
        return false;
    json_writer_bytes(writer, "\"", 1);
    put_valid(writer, at, len);
    json_writer_bytes(writer, "\"", 1);
    return true;
}

void json_writer_text(struct json_writer *writer, const char *at, size_t len)
{
    if (json_writer_utf8(writer, at, len))
        return;
    json_writer_bytes(writer, "\"", 1);
    for (size_t i = 0; i < len;) {
        size_t step = utf8_character(at + i, len - i);
        if (step > 0)
            put_valid(writer, at + i, step);
        else
            json_writer_put(writer, "\xEF\xBF\xBD");
        i += step > 0 ? step : 1;
    }
    json_writer_bytes(writer, "\"", 1);
}

void json_writer_string(struct json_writer *writer, const char *text)
{
    json_writer_text(writer, text, strlen(text));
}

void json_writer_base64(struct json_writer *writer, const void *from,
                        size_t len)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *bytes = from;
    size_t whole = (len + 2) / 3 * 4 + 2;
    char *at = make_room(writer, whole);
    if (!at)
        return;
    *at++ = '"';
    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t bits = (uint32_t)bytes[i] << 16;
        if (left > 1)
            bits |= (uint32_t)bytes[i + 1] << 8;
        if (left > 2)
            bits |= bytes[i + 2];
        *at++ = digits[bits >> 18];
        *at++ = digits[bits >> 12 & 63];
        *at++ = left > 1 ? digits[bits >> 6 & 63] : '=';
        *at++ = left > 2 ? digits[bits & 63] : '=';
    }
    *at = '"';
    writer->len += whole;
}

void json_writer_time(struct json_writer *writer, int64_t unix_ms)
{
    char text[64] = "null";
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm utc;
    if (unix_ms >= 0 && gmtime_r(&seconds, &utc)) {
        size_t len = strftime(text, sizeof text, "\"%Y-%m-%dT%H:%M:%S", &utc);
        snprintf(text + len, sizeof text - len, ".%03dZ\"",
                 (int)(unix_ms % 1000));
    }
    json_writer_put(writer, text);
}

struct parcel *json_writer_parcel(struct json_writer *writer)
{
    struct parcel *parcel =
        writer->failed ? NULL : parcel_new(writer->at, writer->len);
    json_writer_clear(writer);
    return parcel;
}
