// SPDX-License-Identifier: MIT

#include "chardata.h"

#include "document.h"
#include "entity.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { NAME_MAX_LEN = 64, DIGITS_MAX = 12 };

static void add(struct chardata *data, const char *text)
{
    pool_add(data->out, text, strlen(text));
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// XML 1.0's Char.
static bool is_character(uint32_t c)
{
    return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c < 0xd800)
           || (c >= 0xe000 && c < 0xfffe) || (c >= 0x10000 && c < 0x110000);
}

static int digit_of(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// "&#...;" at `text`. Its length; 0: it is none.
static size_t read_number(struct chardata *data, const char *text, size_t len)
{
    bool hex = len > 2 && (text[2] == 'x' || text[2] == 'X');
    size_t from = hex ? 3 : 2, at = from;
    uint32_t value = 0;
    for (; at < len && at - from < DIGITS_MAX; at++) {
        int digit = digit_of(text[at]);
        if (digit < 0 || (!hex && digit > 9))
            break;
        if (value < 0x110000)
            value = value * (hex ? 16 : 10) + (uint32_t)digit;
    }
    if (at == from || at == len || text[at] != ';')
        return 0;
    if (!is_character(value)) {
        data->repairs |= DOCUMENT_REPAIR_CONTROLS;
        return at + 1;
    }
    // XML has no "&#X".
    if (hex && text[2] == 'X')
        data->repairs |= DOCUMENT_REPAIR_ENTITIES;
    add(data, hex ? "&#x" : "&#");
    pool_add(data->out, text + from, at + 1 - from);
    return at + 1;
}

// Does a '>' now end a section, whatever stood between and was left out?
static bool ends_section(const struct pool *out)
{
    return out->len >= 2 && memcmp(out->bytes + out->len - 2, "]]", 2) == 0;
}

static void add_plain(struct chardata *data, const char *text, size_t len,
                      char quote)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '&')
            add(data, "&amp;");
        else if (text[i] == '<')
            add(data, "&lt;");
        else if (text[i] == '>' && ends_section(data->out))
            add(data, "&gt;");
        else if (text[i] == quote && quote != '\0')
            add(data, quote == '"' ? "&quot;" : "&apos;");
        else
            pool_add(data->out, text + i, 1);
    }
}

static bool is_predefined(const char *name, size_t len)
{
    static const char *const names[] = { "amp", "lt", "gt", "quot", "apos" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strlen(names[i]) == len && memcmp(name, names[i], len) == 0)
            return true;
    return false;
}

// "&name;" at `text`. Its length; 0: it is none.
static size_t read_name(struct chardata *data, const char *text, size_t len,
                        char quote)
{
    size_t at = 1;
    while (at < len && at <= NAME_MAX_LEN
           && (is_letter(text[at]) || is_digit(text[at])
               || (at > 1 && strchr("_-.:", text[at]) != NULL)))
        at++;
    if (at == 1 || at == len || text[at] != ';' || is_digit(text[1]))
        return 0;

    const char *name = text + 1;
    size_t name_len = at - 1, own_len;
    char character[4];
    if (is_predefined(name, name_len)) {
        pool_add(data->out, text, at + 1);
        return at + 1;
    }
    data->repairs |= DOCUMENT_REPAIR_ENTITIES;
    const char *own = data->own == NULL
                          ? NULL
                          : subset_find(data->own, name, name_len, &own_len);
    if (own != NULL) {
        add_plain(data, own, own_len, quote);
        return at + 1;
    }
    size_t n = entity_find(name, name_len, character);
    if (n > 0)
        add_plain(data, character, n, quote);
    else
        add_plain(data, text, at + 1, quote);
    return at + 1;
}

static size_t read_reference(struct chardata *data, const char *text,
                             size_t len, char quote)
{
    size_t n = len > 1 && text[1] == '#' ? read_number(data, text, len)
                                         : read_name(data, text, len, quote);
    if (n > 0)
        return n;
    data->repairs |= DOCUMENT_REPAIR_AMPERSAND;
    add(data, "&amp;");
    return 1;
}

// How long what XML cannot hold is at `text`; 0: it can.
static size_t unholdable(const char *text, size_t len)
{
    unsigned char c = (unsigned char)*text;
    if (c < 0x20)
        return c == '\t' || c == '\n' || c == '\r' ? 0 : 1;
    // U+FFFE and U+FFFF.
    if (c == 0xef && len >= 3 && (unsigned char)text[1] == 0xbf
        && (unsigned char)text[2] >= 0xbe)
        return 3;
    return 0;
}

static bool needs_look(char c)
{
    switch (c) {
    case '&':
    case '<':
    case '>':
    case '"':
    case '\'':
    case '\xef':
        return true;
    default:
        return (unsigned char)c < 0x20;
    }
}

static size_t plain_length(const char *text, size_t len)
{
    size_t n = 0;
    while (n < len && !needs_look(text[n]))
        n++;
    return n;
}

// One thing that needs a look; its length.
static size_t take_text(struct chardata *data, const char *text, size_t len,
                        char quote)
{
    size_t skip = unholdable(text, len);
    if (skip > 0) {
        data->repairs |= DOCUMENT_REPAIR_CONTROLS;
        return skip;
    }
    if (*text == '&')
        return read_reference(data, text, len, quote);
    if (quote == '\0' && *text == '>' && ends_section(data->out))
        data->repairs |= DOCUMENT_REPAIR_TAGS;
    if (*text == '<')
        data->repairs |=
            quote == '\0' ? DOCUMENT_REPAIR_TAGS : DOCUMENT_REPAIR_ATTRIBUTES;
    add_plain(data, text, 1, quote);
    return 1;
}

static void convert(struct chardata *data, const char *text, size_t len,
                    char quote)
{
    // An entity may stand for much more than it is written with.
    while (len > 0 && data->out->len <= data->max) {
        size_t n = plain_length(text, len);
        pool_add(data->out, text, n);
        text += n;
        len -= n;
        if (len == 0)
            return;
        n = take_text(data, text, len, quote);
        text += n;
        len -= n;
    }
}

void chardata_text(struct chardata *data, const char *text, size_t len)
{
    convert(data, text, len, '\0');
}

void chardata_value(struct chardata *data, const char *text, size_t len,
                    char quote)
{
    convert(data, text, len, quote);
}

void chardata_section(struct chardata *data, const char *text, size_t len)
{
    while (len > 0) {
        size_t n = 0, skip = 0;
        while (n < len && (skip = unholdable(text + n, len - n)) == 0)
            n++;
        pool_add(data->out, text, n);
        if (skip > 0)
            data->repairs |= DOCUMENT_REPAIR_CONTROLS;
        // "]]" and a '>' that have come together are no end: in two sections.
        if (skip > 0 && ends_section(data->out))
            add(data, "]]><![CDATA[");
        text += n + skip;
        len -= n + skip;
    }
}
