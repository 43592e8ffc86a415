// SPDX-License-Identifier: MIT

#include "jsonplace.h"

#include <string.h>

static void skip_blanks(struct jsonplace *place)
{
    while (place->at < place->len
           && memchr(" \t\r\n", place->text[place->at], 4) != NULL)
        place->at++;
}

static bool take(struct jsonplace *place, char c)
{
    skip_blanks(place);
    if (place->at == place->len || place->text[place->at] != c)
        return false;
    place->at++;
    return true;
}

// From behind the opening quote to behind the closing one.
static void skip_string(struct jsonplace *place)
{
    while (place->at < place->len && place->text[place->at] != '"')
        place->at += place->text[place->at] == '\\' ? 2 : 1;
    place->at = place->at < place->len ? place->at + 1 : place->len;
}

// To the ',', ']' or '}' that ends the value, or past its own last bracket.
static void skip_value(struct jsonplace *place)
{
    size_t depth = 0;
    while (place->at < place->len) {
        char c = place->text[place->at];
        if (depth == 0 && memchr(",]} \t\r\n", c, 7) != NULL)
            return;
        place->at++;
        if (c == '"')
            skip_string(place);
        else if (c == '{' || c == '[')
            depth++;
        else if (c == '}' || c == ']')
            depth--;
        if (depth == 0 && memchr("}]\"", c, 3) != NULL)
            return;
    }
}

bool jsonplace_find(struct jsonplace *place, const char *text, size_t len)
{
    static const char wanted[] = "\"items\"";
    size_t found = 0;
    *place = (struct jsonplace){ .text = text, .len = len };
    if (!take(place, '{'))
        return false;
    do {
        skip_blanks(place);
        size_t key = place->at;
        if (!take(place, '"'))
            return false;
        skip_string(place);
        size_t key_len = place->at - key;
        bool is_wanted = key_len == sizeof wanted - 1
                         && memcmp(text + key, wanted, key_len) == 0;
        // An escaped name may be that one as well.
        if (memchr(text + key, '\\', key_len) != NULL || !take(place, ':'))
            return false;
        skip_blanks(place);
        if (is_wanted)
            found = place->at;
        skip_value(place);
    } while (take(place, ','));
    place->at = found;
    return found > 0 && take(place, '[');
}

bool jsonplace_next(struct jsonplace *place, size_t *start, size_t *end)
{
    skip_blanks(place);
    if (place->at == place->len || place->text[place->at] == ']')
        return false;
    *start = place->at;
    skip_value(place);
    *end = place->at;
    (void)take(place, ',');
    return *end > *start;
}
