// SPDX-License-Identifier: MIT

#include "plain.h"

#include "entity.h"
#include "utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

enum { REFERENCE_MAX = 32 };

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// "#8217" or "#x2019". 0: it is none.
static uint32_t number_of(const char *text, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    unsigned base = len > 1 && (text[1] == 'x' || text[1] == 'X') ? 16 : 10;
    uint32_t value = 0;
    for (size_t i = base == 16 ? 2 : 1; i < len; i++) {
        char c =
            text[i] >= 'A' && text[i] <= 'F' ? (char)(text[i] + 32) : text[i];
        const char *digit = memchr(digits, c, base);
        if (digit == NULL || value > 0x10FFFF)
            return 0;
        value = value * base + (uint32_t)(digit - digits);
    }
    bool is_character = value >= 0x20 && value <= 0x10FFFF
                        && (value < 0xD800 || value > 0xDFFF);
    return is_character ? value : 0;
}

// At an '&'. How much was taken; 0: it stands for itself.
static size_t add_reference(struct pool *out, const char *text, size_t len)
{
    size_t max = len < REFERENCE_MAX ? len : REFERENCE_MAX;
    const char *end = memchr(text, ';', max);
    if (end == NULL || end - text < 2)
        return 0;
    char bytes[4];
    size_t name_len = (size_t)(end - text) - 1, n;
    uint32_t number = text[1] == '#' ? number_of(text + 1, name_len) : 0;
    n = number != 0      ? entity_write(number, bytes)
        : text[1] == '#' ? 0
                         : entity_find(text + 1, name_len, bytes);
    if (n == 0)
        return 0;
    pool_add(out, bytes, n);
    return name_len + 2;
}

// At a '<'. How long the tag is; 0: it stands for itself.
static size_t tag_length(const char *text, size_t len)
{
    if (len < 3
        || (!is_letter(text[1]) && text[1] != '!'
            && !(text[1] == '/' && is_letter(text[2]))))
        return 0;
    // No '<' is in a tag, so none is looked through twice.
    const char *next = memchr(text + 1, '<', len - 1);
    size_t max = next != NULL ? (size_t)(next - text) : len;
    const char *end = memchr(text, '>', max);
    return end != NULL ? (size_t)(end - text) + 1 : 0;
}

// What a browser would not show: to behind the end tag, if there is one.
static size_t past_script(const char *text, size_t len)
{
    static const char *const names[] = { "script", "style" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t n = strlen(names[i]), at = n + 1;
        if (len <= n + 1 || strncasecmp(text + 1, names[i], n) != 0
            || is_letter(text[n + 1]))
            continue;
        for (; at + n + 2 < len; at++)
            if (text[at] == '<' && text[at + 1] == '/'
                && strncasecmp(text + at + 2, names[i], n) == 0)
                return at;
        return len;
    }
    return 0;
}

void plain_html(struct pool *out, const char *html, size_t len)
{
    size_t at = 0;
    while (at < len) {
        size_t taken = 0;
        if (html[at] == '&') {
            taken = add_reference(out, html + at, len - at);
        } else if (html[at] == '<') {
            taken = past_script(html + at, len - at);
            if (taken == 0)
                taken = tag_length(html + at, len - at);
        }
        if (taken > 0) {
            at += taken;
            continue;
        }
        if (!is_blank(html[at]))
            pool_add(out, html + at, 1);
        else if (out->len > 0 && !out->failed
                 && out->bytes[out->len - 1] != ' ')
            pool_add(out, " ", 1);
        at++;
    }
}

static bool is_utf8(const char *text, size_t len)
{
    size_t broken;
    for (size_t at = 0; at < len;) {
        size_t taken = utf8_length(text + at, len - at, &broken);
        if (taken == 0)
            return false;
        at += taken;
    }
    return true;
}

void plain_base64(struct pool *out, const char *text, size_t len)
{
    size_t from = out->len;
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;
    unsigned count = 0;
    for (size_t i = 0; i < len; i++) {
        const char *found = memchr(alphabet, text[i], sizeof alphabet - 1);
        if (found == NULL)
            continue;
        bits = bits << 6 | (uint32_t)(found - alphabet);
        count += 6;
        if (count < 8)
            continue;
        count -= 8;
        char byte = (char)(unsigned char)(bits >> count & 0xFF);
        // A NUL would end it for whoever reads it.
        if (byte != '\0')
            pool_add(out, &byte, 1);
    }
    if (!out->failed && !is_utf8(out->bytes + from, out->len - from))
        out->len = from;
}
