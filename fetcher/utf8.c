// SPDX-License-Identifier: MIT

#include "utf8.h"

#include <stdint.h>
#include <string.h>

size_t utf8_length(const char *text, size_t len, size_t *broken)
{
    const unsigned char *bytes = (const unsigned char *)text;
    unsigned char first = bytes[0];
    *broken = 1;
    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4)
        return 0;

    // Neither longer than needed, nor a surrogate, nor beyond U+10FFFF.
    unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    size_t n = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    for (size_t i = 1; i < n; i++) {
        if (i >= len || bytes[i] < low || bytes[i] > high)
            return 0;
        low = 0x80;
        high = 0xbf;
        *broken = i + 1;
    }
    return n;
}

size_t utf8_ascii(const char *text, size_t len)
{
    size_t at = 0;
    uint64_t eight;
    for (; len - at >= sizeof eight; at += sizeof eight) {
        memcpy(&eight, text + at, sizeof eight);
        if ((eight & 0x8080808080808080U) != 0)
            break;
    }
    while (at < len && (unsigned char)text[at] < 0x80)
        at++;
    return at;
}

struct utf8_census utf8_count(const char *text, size_t len)
{
    struct utf8_census census = { 0 };
    for (size_t at = 0; at < len;) {
        size_t broken, n = 0;
        at += utf8_ascii(text + at, len - at);
        // Scripts other than Latin have their characters in rows.
        while (at < len && (unsigned char)text[at] >= 0x80) {
            n = utf8_length(text + at, len - at, &broken);
            census.many += n > 0;
            census.broken += n == 0;
            at += n > 0 ? n : broken;
        }
    }
    return census;
}
