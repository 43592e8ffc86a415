// SPDX-License-Identifier: MIT

#include "utf8.h"

#include <stdint.h>

// The bounds of the second byte are what keeps overlong forms, surrogates
// and too large numbers out (RFC 3629, section 4).
struct shape {
    uint8_t first_low, first_high, second_low, second_high;
    uint8_t len;
};

static const struct shape shapes[] = {
    { 0xC2, 0xDF, 0x80, 0xBF, 2 }, { 0xE0, 0xE0, 0xA0, 0xBF, 3 },
    { 0xE1, 0xEC, 0x80, 0xBF, 3 }, { 0xED, 0xED, 0x80, 0x9F, 3 },
    { 0xEE, 0xEF, 0x80, 0xBF, 3 }, { 0xF0, 0xF0, 0x90, 0xBF, 4 },
    { 0xF1, 0xF3, 0x80, 0xBF, 4 }, { 0xF4, 0xF4, 0x80, 0x8F, 4 },
};

static const struct shape *shape_of(uint8_t first)
{
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (first >= shapes[i].first_low && first <= shapes[i].first_high)
            return &shapes[i];
    return NULL;
}

// Bytes of the character at `at`; 0: there is none.
static size_t character(const uint8_t *at, size_t left)
{
    const struct shape *shape = shape_of(at[0]);
    if (!shape || left < shape->len)
        return 0;
    if (at[1] < shape->second_low || at[1] > shape->second_high)
        return 0;
    for (size_t i = 2; i < shape->len; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    return shape->len;
}

size_t utf8_character(const char *text, size_t len)
{
    const uint8_t *at = (const uint8_t *)text;
    return *at < 0x80 ? 1 : character(at, len);
}

bool utf8_valid(const char *text, size_t len)
{
    const uint8_t *at = (const uint8_t *)text;
    const uint8_t *end = at + len;

    while (at < end) {
        size_t step = utf8_character((const char *)at, (size_t)(end - at));
        if (step == 0)
            return false;
        at += step;
    }
    return true;
}
