// SPDX-License-Identifier: MIT

#include "strip.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

struct work {
    const struct noise *noise;
    char *text;
    size_t len;
    size_t from, to; // read up to, written up to; what is between is gone
};

// Where the next of each of these is, so that none is looked for twice.
enum { MARK_QUERY, MARK_FRAGMENT, MARK_TAG, MARKS };
struct marks {
    size_t next[MARKS];
};

static void look(const struct work *work, struct marks *marks, size_t which)
{
    static const char chars[MARKS] = { '?', '#', '<' };
    const char *found =
        memchr(work->text + work->from, chars[which], work->len - work->from);
    marks->next[which] =
        found != NULL ? (size_t)(found - work->text) : SIZE_MAX;
}

static size_t find_mark(const struct work *work, struct marks *marks)
{
    size_t first = work->len;
    for (size_t i = 0; i < MARKS; i++) {
        if (marks->next[i] < work->from)
            look(work, marks, i);
        if (marks->next[i] < first)
            first = marks->next[i];
    }
    return first;
}

static void keep(struct work *work, size_t until)
{
    size_t len = until - work->from;
    if (work->to != work->from)
        memmove(work->text + work->to, work->text + work->from, len);
    work->to += len;
    work->from = until;
}

static bool ends_parameter(char c)
{
    static const bool ends[256] = {
        ['&'] = true, ['?'] = true,  ['#'] = true,  ['<'] = true,
        ['>'] = true, ['"'] = true,  ['\''] = true, ['`'] = true,
        ['|'] = true, ['\\'] = true, ['('] = true,  [')'] = true,
        ['['] = true, [']'] = true,  ['{'] = true,  ['}'] = true,
        [' '] = true, ['\t'] = true, ['\r'] = true, ['\n'] = true,
    };
    return ends[(unsigned char)c];
}

// An '&', which HTML may have written in several ways.
static size_t past_ampersand(const struct work *work, size_t at)
{
    static const char *const escaped[] = { "amp;", "#038;", "#38;", "#x26;" };
    size_t left = work->len - at - 1;
    for (size_t i = 0; i < sizeof escaped / sizeof escaped[0]; i++) {
        size_t len = strlen(escaped[i]);
        if (len <= left
            && strncasecmp(work->text + at + 1, escaped[i], len) == 0)
            return at + 1 + len;
    }
    return at + 1;
}

// From its first letter to behind its last one.
static size_t past_parameter(const struct work *work, size_t at, bool *is_noise)
{
    size_t end = at;
    while (end < work->len && !ends_parameter(work->text[end]))
        end++;
    const char *equals = memchr(work->text + at, '=', end - at);
    *is_noise = equals != NULL
                && noise_is_parameter(work->noise, work->text + at,
                                      (size_t)(equals - (work->text + at)));
    return end;
}

// At '?' or '#'. A parameter goes with the separator before it, the first one
// with that behind it; if none is left the mark goes as well.
static void strip_query(struct work *work)
{
    size_t opened = work->to, kept = 0, removed = 0;
    bool more = true;
    keep(work, work->from + 1);
    size_t at = work->from;
    while (more) {
        bool is_noise;
        size_t end = past_parameter(work, at, &is_noise);
        if (is_noise) {
            removed++;
            work->from = end;
        } else {
            if (kept == 0)
                work->from = at;
            keep(work, end);
            kept++;
        }
        more = end < work->len && work->text[end] == '&';
        if (more)
            at = past_ampersand(work, end);
    }
    if (kept == 0 && removed > 0)
        work->to = opened;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_name(const char *text, size_t len, const char *name)
{
    return strlen(name) == len && strncasecmp(text, name, len) == 0;
}

bool strip_is_pixel(const struct strip_value *width,
                    const struct strip_value *height)
{
    const struct strip_value *both[] = { width, height };
    for (size_t i = 0; i < 2; i++) {
        const struct strip_value *value = both[i];
        if (value->bytes == NULL || value->len == 0
            || (value->bytes[0] != '0' && value->bytes[0] != '1')
            || (value->len > 1
                && !is_name(value->bytes + 1, value->len - 1, "px")))
            return false;
    }
    return true;
}

struct tag {
    struct strip_value address, width, height; // address: src or href
    size_t end;                                // past its '>'
};

// The value that begins at `at`. A '<' ends it: what has one is no tag to us,
// and so no byte is looked at for two tags.
static struct strip_value read_value(const struct work *work, size_t *at)
{
    char quote = work->text[*at] == '"' || work->text[*at] == '\''
                     ? work->text[*at]
                     : '\0';
    size_t start = *at + (quote != '\0'), end = start;
    while (end < work->len && work->text[end] != '<'
           && (quote != '\0'
                   ? work->text[end] != quote
                   : !is_blank(work->text[end]) && work->text[end] != '>'))
        end++;
    *at = end < work->len && quote != '\0' && work->text[end] == quote ? end + 1
                                                                       : end;
    return (struct strip_value){ work->text + start, end - start };
}

static size_t past_blanks(const struct work *work, size_t at)
{
    while (at < work->len && is_blank(work->text[at]))
        at++;
    return at;
}

static void note(struct tag *tag, const char *name, size_t len,
                 const struct strip_value *value)
{
    if (is_name(name, len, "src") || is_name(name, len, "href"))
        tag->address = *value;
    else if (is_name(name, len, "width"))
        tag->width = *value;
    else if (is_name(name, len, "height"))
        tag->height = *value;
}

// Attributes from `at`, which is behind the name. False: it has no end.
static bool read_tag(const struct work *work, size_t at, struct tag *tag)
{
    const char *text = work->text;
    *tag = (struct tag){ 0 };
    for (;;) {
        while (at < work->len && (is_blank(text[at]) || text[at] == '/'))
            at++;
        if (at == work->len || text[at] == '<')
            return false;
        if (text[at] == '>') {
            tag->end = at + 1;
            return true;
        }
        size_t name = at++;
        while (at < work->len && !is_blank(text[at])
               && memchr("=<>/", text[at], 4) == NULL)
            at++;
        size_t len = at - name, equals = past_blanks(work, at);
        if (equals == work->len || text[equals] != '=')
            continue;
        at = past_blanks(work, equals + 1);
        if (at == work->len)
            return false;
        struct strip_value value = read_value(work, &at);
        note(tag, text + name, len, &value);
    }
}

// `name` in small letters.
static bool is_tag(const struct work *work, size_t at, const char *name)
{
    const char *here = work->text + at + 1;
    size_t left = work->len - at - 1, i = 0;
    for (; name[i] != '\0'; i++)
        if (i == left || (here[i] | 0x20) != name[i])
            return false;
    return i < left && (is_blank(here[i]) || here[i] == '/');
}

static void strip_image(struct work *work)
{
    static const char stop[] = "</img>";
    struct tag tag;
    size_t start = work->from;
    keep(work, start + 1);
    if (!read_tag(work, start + 4, &tag)
        || !(
            (noise_has_pixels(work->noise)
             && strip_is_pixel(&tag.width, &tag.height))
            || noise_is_image(work->noise, tag.address.bytes, tag.address.len)))
        return;
    work->to--;
    work->from = tag.end;
    if (work->len - tag.end >= sizeof stop - 1
        && strncasecmp(work->text + tag.end, stop, sizeof stop - 1) == 0)
        work->from += sizeof stop - 1;
}

// Most links lead elsewhere, so look at the first address in it before reading
// the tag.
static void strip_link(struct work *work)
{
    struct tag tag;
    size_t start = work->from, left = work->len - start;
    keep(work, start + 1);
    const char *here = work->text + start;
    const char *other = memchr(here + 1, '<', left - 1);
    const char *end =
        memchr(here, '>', other != NULL ? (size_t)(other - here) : left);
    const char *found =
        end != NULL ? memmem(here, (size_t)(end - here), "//", 2) : NULL;
    if (found == NULL
        || !noise_is_link(work->noise, found, (size_t)(end - found))
        || !read_tag(work, start + 2, &tag)
        || !noise_is_link(work->noise, tag.address.bytes, tag.address.len))
        return;
    keep(work, (size_t)(tag.address.bytes - work->text));
    work->from += tag.address.len;
}

size_t strip_text(const struct noise *noise, char *text, size_t len)
{
    struct work work = { .noise = noise, .text = text, .len = len };
    struct marks marks;
    if (len == 0)
        return 0;
    for (size_t i = 0; i < MARKS; i++)
        look(&work, &marks, i);
    for (;;) {
        size_t at = find_mark(&work, &marks);
        keep(&work, at);
        if (at == len)
            return work.to;
        if (text[at] != '<')
            strip_query(&work);
        else if (is_tag(&work, at, "img"))
            strip_image(&work);
        else if (is_tag(&work, at, "a"))
            strip_link(&work);
        else
            keep(&work, at + 1);
    }
}
