// SPDX-License-Identifier: MIT

#include "jsonscalar.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

// No integer up to here loses digits.
enum { DIGITS_MAX = 15 };

static void add(struct jsonscalar *scalar, const char *text)
{
    pool_add(&scalar->out, text, strlen(text));
}

// Adds what stands for something else.
static void mend(struct jsonscalar *scalar, const char *text)
{
    add(scalar, text);
    scalar->mended = true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// Is the quote at `at` the end of its string? What follows one is a comma, a
// colon or a closing bracket; or on another line, where a comma was forgotten.
static bool is_end(const struct jsonscalar *scalar)
{
    bool same_line = true;
    size_t at = scalar->at + 1;
    for (; at < scalar->len && is_blank(scalar->text[at]); at++)
        same_line = same_line && scalar->text[at] != '\n';
    return at == scalar->len || !same_line
           || memchr(",:]}/", scalar->text[at], 5) != NULL;
}

static void add_control(struct jsonscalar *scalar, char c)
{
    static const char digits[] = "0123456789abcdef";
    char escape[] = "\\u0000";
    scalar->mended = true;
    // The one character that our JSON library refuses even escaped.
    if (c == '\0')
        return;
    escape[4] = digits[(unsigned char)c >> 4];
    escape[5] = digits[(unsigned char)c & 15];
    add(scalar, escape);
}

// Of the escape \uXXXX at a place. 0x10000: it is none.
static unsigned long unit(const struct jsonscalar *scalar, size_t at)
{
    char digits[5] = "";
    if (scalar->len - at < 6 || scalar->text[at] != '\\'
        || scalar->text[at + 1] != 'u')
        return 0x10000;
    memcpy(digits, scalar->text + at + 2, 4);
    if (strspn(digits, "0123456789abcdefABCDEF") != 4)
        return 0x10000;
    return strtoul(digits, NULL, 16);
}

static void read_unit(struct jsonscalar *scalar)
{
    unsigned long first = unit(scalar, scalar->at), second = 0x10000;
    if (first == 0x10000) {
        // A backslash that stands for itself: C:\users.
        mend(scalar, "\\\\");
        scalar->at++;
        return;
    }
    if (first >= 0xd800 && first < 0xdc00)
        second = unit(scalar, scalar->at + 6);
    bool is_pair = second >= 0xdc00 && second < 0xe000;
    size_t len = is_pair ? 12 : 6;
    if (is_pair || (first != 0 && (first < 0xd800 || first >= 0xe000)))
        pool_add(&scalar->out, scalar->text + scalar->at, len);
    else
        mend(scalar, "\\ufffd");
    scalar->at += len;
}

static void read_escape(struct jsonscalar *scalar)
{
    char c = scalar->text[scalar->at + 1];
    if (memchr("\"\\/bfnrt", c, 8) != NULL) {
        pool_add(&scalar->out, scalar->text + scalar->at, 2);
        scalar->at += 2;
    } else if (c == 'u') {
        read_unit(scalar);
    } else if (c == '\'' || c == '\n') {
        mend(scalar, c == '\'' ? "'" : "");
        scalar->at += 2;
    } else {
        mend(scalar, "\\\\");
        scalar->at++;
    }
}

static void copy_plain(struct jsonscalar *scalar)
{
    size_t from = scalar->at;
    while (scalar->at < scalar->len) {
        char c = scalar->text[scalar->at];
        if ((unsigned char)c < 0x20 || c == '"' || c == '\'' || c == '\\')
            break;
        scalar->at++;
    }
    pool_add(&scalar->out, scalar->text + from, scalar->at - from);
}

bool jsonscalar_string(struct jsonscalar *scalar)
{
    char quote = scalar->text[scalar->at++];
    scalar->mended = scalar->mended || quote != '"';
    add(scalar, "\"");
    while (scalar->at < scalar->len) {
        char c = scalar->text[scalar->at];
        if (c == quote && is_end(scalar)) {
            scalar->at++;
            add(scalar, "\"");
            return true;
        }
        if (c == '\\') {
            if (scalar->len - scalar->at < 2)
                return false;
            read_escape(scalar);
        } else if (c == '"') {
            mend(scalar, "\\\"");
            scalar->at++;
        } else if (c == '\'') {
            add(scalar, "'");
            scalar->at++;
        } else if ((unsigned char)c < 0x20) {
            add_control(scalar, c);
            scalar->at++;
        } else {
            copy_plain(scalar);
        }
    }
    return false;
}

static size_t digits(const char *text, size_t len)
{
    size_t n = 0;
    while (n < len && text[n] >= '0' && text[n] <= '9')
        n++;
    return n;
}

// A number of JSON, without an exponent, that keeps all of its digits.
static bool is_number(const char *text, size_t len)
{
    size_t at = len > 0 && text[0] == '-';
    size_t whole = digits(text + at, len - at), part = 0;
    if (whole == 0 || (whole > 1 && text[at] == '0'))
        return false;
    at += whole;
    if (at < len && text[at] == '.') {
        part = digits(text + at + 1, len - at - 1);
        at += 1 + part;
        if (part == 0)
            return false;
    }
    return at == len && whole + part <= DIGITS_MAX;
}

// NULL: it is no word of JSON, nor of its neighbours.
static const char *known(const char *text, size_t len)
{
    static const char *const words[][2] = {
        { "true", "true" },     { "false", "false" },    { "null", "null" },
        { "none", "null" },     { "undefined", "null" }, { "nan", "null" },
        { "infinity", "null" }, { "-infinity", "null" },
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i][0]) == len
            && strncasecmp(words[i][0], text, len) == 0)
            return words[i][1];
    return NULL;
}

static void add_as_string(struct jsonscalar *scalar, const char *text,
                          size_t len)
{
    mend(scalar, "\"");
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\\')
            add(scalar, "\\");
        pool_add(&scalar->out, text + i, 1);
    }
    add(scalar, "\"");
}

void jsonscalar_word(struct jsonscalar *scalar, bool is_name)
{
    const char *text = scalar->text + scalar->at;
    size_t len = 0;
    while (len < scalar->len - scalar->at && (unsigned char)text[len] > 0x20
           && memchr("\"',:[]{}", text[len], 8) == NULL)
        len++;
    scalar->at += len;

    const char *word = is_name ? NULL : known(text, len);
    if (word != NULL) {
        add(scalar, word);
        scalar->mended = scalar->mended || strncmp(word, text, len) != 0;
    } else if (!is_name && is_number(text, len)) {
        pool_add(&scalar->out, text, len);
    } else {
        add_as_string(scalar, text, len);
    }
}
