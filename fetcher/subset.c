// SPDX-License-Identifier: MIT

#include "subset.h"

#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool starts(const char *text, size_t len, size_t at, const char *with)
{
    size_t n = strlen(with);
    return len - at >= n && memcmp(text + at, with, n) == 0;
}

static size_t skip_blanks(const char *text, size_t len, size_t at)
{
    while (at < len && is_blank(text[at]))
        at++;
    return at;
}

static bool is_plain(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (strchr("&<%\"", text[i]) != NULL || (unsigned char)text[i] < 0x20)
            return false;
    return len <= SUBSET_TEXT_MAX;
}

// "<!ENTITY name 'text'" at `at`; others, such as parameter entities and
// those of files, are passed over.
static void keep_entity(const char *text, size_t end, size_t at,
                        struct subset *subset)
{
    at = skip_blanks(text, end, at + strlen("<!ENTITY"));
    size_t name = at;
    while (at < end && !is_blank(text[at]))
        at++;
    size_t name_len = at - name;
    at = skip_blanks(text, end, at);
    if (at == end || (text[at] != '"' && text[at] != '\'') || name_len == 0
        || subset->count == SUBSET_MAX)
        return;
    const char *stop = memchr(text + at + 1, text[at], end - at - 1);
    if (stop == NULL
        || !is_plain(text + at + 1, (size_t)(stop - text) - at - 1))
        return;
    subset->entities[subset->count].name = text + name;
    subset->entities[subset->count].name_len = name_len;
    subset->entities[subset->count].text = text + at + 1;
    subset->entities[subset->count].text_len = (size_t)(stop - text) - at - 1;
    subset->count++;
}

// From '<' past its '>', with a look at quotes.
static size_t past_declaration(const char *text, size_t len, size_t at)
{
    char quote = '\0';
    for (; at < len; at++) {
        char c = text[at];
        if (quote != '\0')
            quote = c == quote ? '\0' : quote;
        else if (c == '"' || c == '\'')
            quote = c;
        else if (c == '>')
            return at + 1;
    }
    return len;
}

static size_t past(const char *text, size_t len, size_t at, const char *mark)
{
    const char *found = memmem(text + at, len - at, mark, strlen(mark));
    return found != NULL ? (size_t)(found - text) + strlen(mark) : len;
}

// From behind '[' past the ']'.
static size_t read_declarations(const char *text, size_t len, size_t at,
                                struct subset *subset)
{
    while (at < len && text[at] != ']') {
        size_t from = at;
        if (starts(text, len, at, "<!--"))
            at = past(text, len, at, "-->");
        else if (starts(text, len, at, "<?"))
            at = past(text, len, at, "?>");
        else if (text[at] == '<')
            at = past_declaration(text, len, at);
        else
            at++;
        if (starts(text, len, from, "<!ENTITY"))
            keep_entity(text, at, from, subset);
    }
    return at < len ? at + 1 : len;
}

size_t subset_read(const char *text, size_t len, size_t at,
                   struct subset *subset, bool *declares)
{
    char quote = '\0';
    *declares = false;
    for (; at < len; at++) {
        char c = text[at];
        if (quote != '\0') {
            quote = c == quote ? '\0' : quote;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '[') {
            *declares = true;
            at = read_declarations(text, len, at + 1, subset);
            return past(text, len, at, ">");
        } else if (c == '>') {
            return at + 1;
        }
    }
    return len;
}

const char *subset_find(const struct subset *subset, const char *name,
                        size_t name_len, size_t *len)
{
    for (size_t i = 0; i < subset->count; i++) {
        if (subset->entities[i].name_len != name_len
            || memcmp(subset->entities[i].name, name, name_len) != 0)
            continue;
        *len = subset->entities[i].text_len;
        return subset->entities[i].text;
    }
    return NULL;
}
