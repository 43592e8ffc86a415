// SPDX-License-Identifier: MIT

#include "markup.h"

#include "ahead.h"
#include "words.h"

#include <string.h>
#include <strings.h>

enum { ATTRIBUTES_MAX = 256, TAG_MAX = 64 * 1024 };
enum { ROOT_WITHIN = 64 * 1024 };

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

static size_t name_length(const char *text, size_t len, size_t at)
{
    size_t n = 0;
    while (at + n < len && !is_blank(text[at + n])
           && strchr("/><", text[at + n]) == NULL)
        n++;
    return n;
}

static bool is_name(const char *text, size_t len, const char *name)
{
    return len == strlen(name) && strncasecmp(text, name, len) == 0;
}

// May it stand around a feed that a page was wrapped around?
static bool is_wrapper(const char *name, size_t len)
{
    return is_name(name, len, "html") || is_name(name, len, "head")
           || is_name(name, len, "body");
}

static bool is_name_start(const char *text, size_t len, size_t at)
{
    char c = at < len ? text[at] : '\0';
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_doctype(const char *text, size_t len, size_t at)
{
    static const char doctype[] = "<!doctype html";
    return at < len && len - at >= sizeof doctype - 1
           && strncasecmp(text + at, doctype, sizeof doctype - 1) == 0;
}

// Just past what is no tag but starts with this '<'; 0: it is a tag.
static size_t past_other(struct ahead *ahead, const char *text, size_t len,
                         size_t at)
{
    const char *here = text + at + 1;
    size_t left = len - at - 1, end = 0;
    if (starts(here, left, "!--"))
        end = ahead_past(ahead, AHEAD_COMMENT_END, at);
    else if (left > 0 && *here == '?')
        end = ahead_past(ahead, AHEAD_INSTRUCTION_END, at);
    else if (left > 0 && (*here == '!' || *here == '/'))
        return at + 1;
    return end == len ? at + 1 : end;
}

bool markup_is_feed(const char *text, size_t len)
{
    struct ahead ahead;
    ahead_open(&ahead, text, len);
    bool first = true, page = false;
    size_t passed = 0; // of comments and the like
    for (size_t at = 0; at < len;) {
        at = ahead_find(&ahead, AHEAD_LESS, at);
        if (at - passed > ROOT_WITHIN)
            return false;
        size_t past = at < len ? past_other(&ahead, text, len, at) : len;
        page = page || is_doctype(text, len, at);
        if (past > 0) {
            passed += past - at;
            at = past;
            continue;
        }
        at++;
        size_t n = name_length(text, len, at);
        if (words_is_root(text + at, n, first))
            return true;
        first = false;
        page = page || is_wrapper(text + at, n);
        // What a server writes before its feed by mistake is HTML; another
        // document may well have a feed's name somewhere in it.
        if (is_name_start(text, len, at) && !is_wrapper(text + at, n)
            && (page || !words_is_html(text + at, n)))
            return false;
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
