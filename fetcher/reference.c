// SPDX-License-Identifier: MIT

#include "reference.h"

#include "entity.h"

#include <stdint.h>
#include <string.h>

enum { REFERENCE_MAX = 12 };

// "#233" or "#xE9". 0: it is none, or no character of XML.
static uint32_t number_of(const char *text, size_t len)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    bool hex = len > 1 && text[1] == 'x';
    size_t at = hex ? 2 : 1;
    uint32_t value = 0;
    if (at == len || len - at > 7)
        return 0;
    for (; at < len; at++) {
        const char *digit = memchr(digits, text[at], hex ? 22 : 10);
        if (digit == NULL)
            return 0;
        uint32_t of = (uint32_t)(digit - digits);
        value = value * (hex ? 16 : 10) + (of > 15 ? of - 6 : of);
    }
    bool fine = value == 9 || value == 10 || value == 13
                || (value >= 0x20 && value < 0xD800)
                || (value >= 0xE000 && value <= 0xFFFD)
                || (value >= 0x10000 && value <= 0x10FFFF);
    return fine ? value : 0;
}

// At an '&'. Behind its ';'; 0: it is none of XML's own.
static size_t decode_reference(struct pool *out, const char *text, size_t len)
{
    static const struct {
        const char *name;
        size_t len;
        char c;
    } known[] = {
        { "lt;", 3, '<' },   { "gt;", 3, '>' },    { "amp;", 4, '&' },
        { "quot;", 5, '"' }, { "apos;", 5, '\'' },
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (len > known[i].len
            && memcmp(text + 1, known[i].name, known[i].len) == 0) {
            pool_add(out, &known[i].c, 1);
            return known[i].len + 1;
        }
    const char *end =
        memchr(text, ';', len < REFERENCE_MAX ? len : REFERENCE_MAX);
    if (end == NULL || len < 4 || text[1] != '#')
        return 0;
    char bytes[4];
    uint32_t number = number_of(text + 1, (size_t)(end - text) - 1);
    if (number == 0)
        return 0;
    pool_add(out, bytes, entity_write(number, bytes));
    return (size_t)(end - text) + 1;
}

bool reference_undo(struct pool *out, const char *text, size_t len)
{
    size_t at = 0;
    while (at < len) {
        const char *next = memchr(text + at, '&', len - at);
        size_t until = next != NULL ? (size_t)(next - text) : len;
        pool_add(out, text + at, until - at);
        at = until;
        if (at == len)
            break;
        size_t taken = decode_reference(out, text + at, len - at);
        if (taken == 0)
            return false;
        at += taken;
    }
    return !out->failed;
}
