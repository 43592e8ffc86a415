// SPDX-License-Identifier: MIT

#include "markup.h"

#include <string.h>

enum { ATTRIBUTES_MAX = 256, TAG_MAX = 64 * 1024 };

struct piece {
    enum { COMMENT, CDATA, INSTRUCTION, DECLARATION, TAG } kind;
    size_t end; // just past it; the length of the text if it has no end
};

static bool starts(const char *text, size_t len, const char *with)
{
    size_t n = strlen(with);
    return len >= n && memcmp(text, with, n) == 0;
}

static size_t past(const char *text, size_t len, size_t from, const char *mark)
{
    size_t n = strlen(mark);
    const char *found =
        from <= len ? memmem(text + from, len - from, mark, n) : NULL;
    return found != NULL ? (size_t)(found - text) + n : len;
}

// From '<' or "<!" to its '>', with a look at what is not quoted. `counted`
// of `wanted` are found.
static size_t past_tag(const char *text, size_t len, size_t from, char wanted,
                       size_t *counted)
{
    char quote = '\0';
    *counted = 0;
    for (size_t i = from; i < len; i++) {
        char c = text[i];
        if (quote != '\0') {
            if (c == quote)
                quote = '\0';
            continue;
        }
        if (c == '"' || c == '\'')
            quote = c;
        else if (c == '>')
            return i + 1;
        else if (c == wanted)
            (*counted)++;
    }
    return len;
}

// What starts with the '<' at `at`.
static struct piece read_piece(const char *text, size_t len, size_t at,
                               size_t *counted)
{
    const char *here = text + at;
    size_t left = len - at;
    *counted = 0;
    if (starts(here, left, "<!--"))
        return (struct piece){ COMMENT, past(text, len, at + 4, "-->") };
    if (starts(here, left, "<![CDATA["))
        return (struct piece){ CDATA, past(text, len, at + 9, "]]>") };
    if (starts(here, left, "<?"))
        return (struct piece){ INSTRUCTION, past(text, len, at + 2, "?>") };
    if (starts(here, left, "<!"))
        return (struct piece){ DECLARATION,
                               past_tag(text, len, at + 2, '[', counted) };
    return (struct piece){ TAG, past_tag(text, len, at + 1, '=', counted) };
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool markup_root(const char *text, size_t len, const char **name,
                 size_t *name_len)
{
    for (size_t at = 0; at < len;) {
        if (is_blank(text[at])) {
            at++;
            continue;
        }
        if (text[at] != '<')
            return false;
        size_t counted;
        struct piece piece = read_piece(text, len, at, &counted);
        if (piece.kind != TAG) {
            at = piece.end;
            continue;
        }
        size_t n = 0;
        while (at + 1 + n < len && !is_blank(text[at + 1 + n])
               && strchr("/>", text[at + 1 + n]) == NULL)
            n++;
        *name = text + at + 1;
        *name_len = n;
        return n > 0;
    }
    return false;
}

bool markup_is_bounded(const char *text, size_t len)
{
    if (memchr(text, '\0', len) != NULL)
        return false;
    for (size_t at = 0; at < len;) {
        const char *next = memchr(text + at, '<', len - at);
        if (next == NULL)
            return true;
        at = (size_t)(next - text);
        size_t counted;
        struct piece piece = read_piece(text, len, at, &counted);
        if (piece.kind == DECLARATION && counted > 0)
            return false;
        if (piece.kind >= DECLARATION
            && (counted > ATTRIBUTES_MAX || piece.end - at > TAG_MAX))
            return false;
        at = piece.end;
    }
    return true;
}
