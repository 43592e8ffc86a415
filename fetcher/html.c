// SPDX-License-Identifier: MIT

#include "html.h"

#include "url.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct value {
    char text[URL_MAX + 1];
    size_t len;
    bool given; // false too when it was too long for a URL
};

struct page {
    const char *text;
    size_t len, at;
    char base[URL_MAX + 1];
    bool has_base;
    struct link_set *links;
    struct value rel, href, other;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// The character reference at `text`, which starts with '&', if it is one that
// a URL may need; its length in *len. -1: leave the '&' alone.
static int read_reference(const char *text, size_t left, size_t *len)
{
    static const struct {
        const char *name;
        char c;
    } named[] = {
        { "&amp;", '&' },   { "&lt;", '<' },    { "&gt;", '>' },
        { "&quot;", '"' },  { "&apos;", '\'' }, { "&sol;", '/' },
        { "&colon;", ':' },
    };
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        *len = strlen(named[i].name);
        if (left >= *len && strncmp(text, named[i].name, *len) == 0)
            return (unsigned char)named[i].c;
    }
    if (left < 4 || text[1] != '#')
        return -1;

    bool hex = text[2] == 'x' || text[2] == 'X';
    char digits[8] = "";
    size_t from = hex ? 3 : 2, n = 0;
    while (from + n < left && n < 7 && text[from + n] != ';') {
        digits[n] = text[from + n];
        n++;
    }
    char *end;
    unsigned long value = strtoul(digits, &end, hex ? 16 : 10);
    if (n == 0 || *end != '\0' || value == 0 || value > 0x7f || from + n == left
        || text[from + n] != ';')
        return -1;
    *len = from + n + 1;
    return (int)value;
}

static void set_value(struct value *out, const char *text, size_t len)
{
    out->len = 0;
    out->given = false;
    for (size_t i = 0; i < len; i++) {
        size_t skip = 1;
        int c = text[i] == '&' ? read_reference(text + i, len - i, &skip) : -1;
        if (c < 0) {
            skip = 1;
            c = (unsigned char)text[i];
        }
        if (c == '\0' || out->len == URL_MAX)
            return;
        out->text[out->len++] = (char)c;
        i += skip - 1;
    }
    out->text[out->len] = '\0';
    out->given = true;
}

static void skip_blanks(struct page *page)
{
    while (page->at < page->len && is_blank(page->text[page->at]))
        page->at++;
}

static bool here(const struct page *page, const char *any)
{
    char c = page->text[page->at];
    return c != '\0' && strchr(any, c) != NULL;
}

static void read_value(struct page *page, struct value *out)
{
    char quote = '\0';
    if (page->at < page->len && here(page, "\"'"))
        quote = page->text[page->at++];
    size_t from = page->at;
    while (page->at < page->len) {
        char c = page->text[page->at];
        if (quote != '\0' ? c == quote : is_blank(c) || c == '>')
            break;
        page->at++;
    }
    set_value(out, page->text + from, page->at - from);
    if (quote != '\0' && page->at < page->len)
        page->at++;
}

static struct value *place_for(struct page *page, size_t from, size_t len)
{
    const char *name = page->text + from;
    struct value *place = NULL;
    if (len == 3 && strncasecmp(name, "rel", 3) == 0)
        place = &page->rel;
    if (len == 4 && strncasecmp(name, "href", 4) == 0)
        place = &page->href;
    // The first of two equal attributes counts.
    return place != NULL && !place->given ? place : &page->other;
}

static void read_attributes(struct page *page)
{
    page->rel.given = page->href.given = false;
    skip_blanks(page);
    while (page->at < page->len && page->text[page->at] != '>') {
        size_t from = page->at;
        while (page->at < page->len && !is_blank(page->text[page->at])
               && !here(page, "=/>"))
            page->at++;
        size_t name_len = page->at - from;
        skip_blanks(page);
        if (page->at < page->len && here(page, "=") && name_len > 0) {
            page->at++;
            skip_blanks(page);
            read_value(page, place_for(page, from, name_len));
        } else if (name_len == 0) {
            page->at++; // a stray slash or sign
        }
        skip_blanks(page);
    }
}

static bool is_name(const char *name, size_t len, const char *wanted)
{
    return len == strlen(wanted) && strncasecmp(name, wanted, len) == 0;
}

static bool is_one_of(const char *name, size_t len, const char *const *wanted,
                      size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_name(name, len, wanted[i]))
            return true;
    return false;
}

// HTML 13.2.6.4.4: anything else ends the head, whether or not it is closed.
static bool belongs_to_head(const char *name, size_t len)
{
    static const char *const names[] = {
        "html",     "head",    "title",    "base",     "link",
        "script",   "style",   "noscript", "template", "meta",
        "basefont", "bgsound", "noframes",
    };
    return is_one_of(name, len, names, sizeof names / sizeof names[0]);
}

// The content of these is text; what looks like a tag there is none.
static void skip_raw_text(struct page *page, const char *name, size_t name_len)
{
    static const char *const raw[] = { "script", "style", "title", "template",
                                       "noframes" };
    bool found = is_one_of(name, name_len, raw, sizeof raw / sizeof raw[0]);
    while (found && page->at < page->len) {
        const char *next =
            memchr(page->text + page->at, '<', page->len - page->at);
        page->at = next != NULL ? (size_t)(next - page->text) : page->len;
        if (page->len - page->at > name_len + 1 && next[1] == '/'
            && strncasecmp(next + 2, name, name_len) == 0)
            return;
        if (page->at < page->len)
            page->at++;
    }
}

static void read_tag(struct page *page)
{
    const char *name = page->text + page->at;
    size_t len = 0;
    while (page->at < page->len && !is_blank(page->text[page->at])
           && !here(page, "/>")) {
        page->at++;
        len++;
    }
    if (!belongs_to_head(name, len)) {
        page->at = page->len;
        return;
    }
    read_attributes(page);

    if (is_name(name, len, "base") && page->href.given && !page->has_base) {
        char base[URL_MAX + 1];
        page->has_base =
            url_resolve(page->base, page->href.text, base, sizeof base);
        if (page->has_base)
            memcpy(page->base, base, sizeof base);
    }
    if (is_name(name, len, "link") && page->rel.given && page->href.given)
        link_offer(page->links, page->base, page->rel.text, page->rel.len,
                   page->href.text);
    skip_raw_text(page, name, len);
}

static void skip_past(struct page *page, const char *mark)
{
    const char *found =
        memmem(page->text + page->at, page->len - page->at, mark, strlen(mark));
    page->at =
        found != NULL ? (size_t)(found - page->text) + strlen(mark) : page->len;
}

static void read_page(struct page *page)
{
    while (page->at < page->len) {
        skip_past(page, "<");
        if (page->at == page->len)
            return;
        if (page->len - page->at >= 3
            && memcmp(page->text + page->at, "!--", 3) == 0)
            skip_past(page, "-->");
        else if (is_letter(page->text[page->at]))
            read_tag(page);
        else if (here(page, "!?/"))
            skip_past(page, ">");
    }
}

void html_links(const char *text, size_t len, const char *url,
                struct link_set *out)
{
    struct page *page = calloc(1, sizeof *page);
    if (page == NULL || strlen(url) > URL_MAX) {
        out->no_memory = out->no_memory || page == NULL;
        free(page);
        return;
    }
    page->text = text;
    page->len = len;
    page->links = out;
    memcpy(page->base, url, strlen(url) + 1);
    read_page(page);
    free(page);
}
