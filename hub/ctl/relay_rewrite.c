// SPDX-License-Identifier: MIT

#include "relay_rewrite.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

// Text that grows; once it did not, nothing more is added.
struct text {
    char *at;
    size_t len, room;
    bool failed;
};

static void add(struct text *text, const char *bytes, size_t len)
{
    if (text->failed)
        return;
    if (text->room - text->len <= len) {
        size_t room = (text->room + len + 1) * 2;
        char *at = realloc(text->at, room);
        if (!at) {
            text->failed = true;
            return;
        }
        text->at = at;
        text->room = room;
    }
    memcpy(text->at + text->len, bytes, len);
    text->len += len;
    text->at[text->len] = '\0';
}

// As an attribute's value.
static void add_escaped(struct text *text, const char *value)
{
    for (; *value; value++) {
        if (*value == '&')
            add(text, "&amp;", 5);
        else if (*value == '<')
            add(text, "&lt;", 4);
        else if (*value == '"')
            add(text, "&quot;", 6);
        else if (*value == '\'')
            add(text, "&#39;", 5);
        else
            add(text, value, 1);
    }
}

// --------------------------------------------------------------------- tags

struct span {
    const char *at;
    size_t len;
};

struct tag {
    struct span rel, href;
    bool quoted; // the href
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && is_blank(*at))
        at++;
    return at;
}

static bool is_named(struct span name, const char *word)
{
    return name.len == strlen(word)
           && strncasecmp(name.at, word, name.len) == 0;
}

// An attribute's value; `at` is behind its '='. Returns its end.
static const char *read_value(const char *at, const char *end,
                              struct span *value, bool *quoted)
{
    at = skip_blanks(at, end);
    *quoted = at < end && (*at == '"' || *at == '\'');
    if (*quoted) {
        const char *close = memchr(at + 1, *at, (size_t)(end - at - 1));
        if (!close)
            return end;
        *value = (struct span){ at + 1, (size_t)(close - at - 1) };
        return close + 1;
    }
    value->at = at;
    while (at < end && !is_blank(*at) && *at != '>')
        at++;
    value->len = (size_t)(at - value->at);
    return at;
}

// From behind a tag's name. Returns where its '>' is, or the end.
static const char *read_tag(const char *at, const char *end, struct tag *tag)
{
    *tag = (struct tag){ .quoted = false };
    while ((at = skip_blanks(at, end)) < end && *at != '>') {
        struct span name = { at, 0 }, value = { NULL, 0 };
        bool quoted = false;
        while (at < end && !is_blank(*at) && *at != '=' && *at != '>')
            at++;
        name.len = (size_t)(at - name.at);
        const char *sign = skip_blanks(at, end);
        if (sign < end && *sign == '=')
            at = read_value(sign + 1, end, &value, &quoted);
        if (name.len == 0 && !value.at)
            at++;
        if (is_named(name, "rel") && !tag->rel.at)
            tag->rel = value;
        if (is_named(name, "href") && !tag->href.at) {
            tag->href = value;
            tag->quoted = quoted;
        }
    }
    return at;
}

static bool has_word(struct span list, const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; list.at && i + len <= list.len; i++)
        if (strncasecmp(list.at + i, word, len) == 0
            && (i == 0 || is_blank(list.at[i - 1]))
            && (i + len == list.len || is_blank(list.at[i + len])))
            return true;
    return false;
}

// "link", "atom:link", "atom10:link".
static bool is_link(struct span name)
{
    const char *colon = memchr(name.at, ':', name.len);
    if (!colon)
        return is_named(name, "link");
    struct span local = { colon + 1, (size_t)(name.at + name.len - colon - 1) };
    return is_named(local, "link");
}

// --------------------------------------------------------------------- text

static const char *find(const char *at, const char *end, const char *word)
{
    const char *found = memmem(at, (size_t)(end - at), word, strlen(word));
    return found ? found + strlen(word) : end;
}

static const char *find_end_tag(const char *at, const char *end,
                                struct span name)
{
    while ((at = memmem(at, (size_t)(end - at), "</", 2))) {
        at += 2;
        if ((size_t)(end - at) >= name.len
            && strncasecmp(at, name.at, name.len) == 0)
            return at;
    }
    return end;
}

// What begins with "<!" or "<?" has no links in it.
static const char *skip_other(const char *at, const char *end)
{
    if ((size_t)(end - at) >= 4 && memcmp(at, "<!--", 4) == 0)
        return find(at + 4, end, "-->");
    if ((size_t)(end - at) >= 9 && memcmp(at, "<![CDATA[", 9) == 0)
        return find(at + 9, end, "]]>");
    return find(at, end, at[1] == '?' ? "?>" : ">");
}

struct work {
    struct text out;
    const char *copied; // up to here
    const char *hub;
    struct relay_rewritten *result;
};

static void replace(struct work *work, const struct tag *tag)
{
    work->result->self |= has_word(tag->rel, "self") && tag->href.at;
    if (!has_word(tag->rel, "hub") || !tag->href.at)
        return;
    add(&work->out, work->copied, (size_t)(tag->href.at - work->copied));
    if (!tag->quoted)
        add(&work->out, "\"", 1);
    add_escaped(&work->out, work->hub);
    if (!tag->quoted)
        add(&work->out, "\"", 1);
    work->copied = tag->href.at + tag->href.len;
    work->result->hubs++;
}

// `at` is a '<'. Returns where to go on.
static const char *read_markup(struct work *work, const char *at,
                               const char *end)
{
    struct tag tag;
    if (end - at < 2 || at[1] == '/')
        return at + 1;
    if (at[1] == '!' || at[1] == '?')
        return skip_other(at, end);
    struct span name = { at + 1, 0 };
    for (at++; at < end && !is_blank(*at) && *at != '>' && *at != '/'; at++)
        name.len++;
    if (name.len == 0)
        return at;
    at = read_tag(at, end, &tag);
    if (is_link(name))
        replace(work, &tag);
    if (is_named(name, "script") || is_named(name, "style"))
        return find_end_tag(at, end, name);
    return at;
}

bool relay_rewrite(const char *text, size_t len, const char *hub,
                   struct relay_rewritten *out)
{
    const char *at = text, *end = text + len;
    *out = (struct relay_rewritten){ .text = NULL };
    struct work work = { .copied = text, .hub = hub, .result = out };
    add(&work.out, "", 0);
    while (at < end && (at = memchr(at, '<', (size_t)(end - at))))
        at = read_markup(&work, at, end);
    add(&work.out, work.copied, (size_t)(end - work.copied));
    if (work.out.failed) {
        free(work.out.at);
        return false;
    }
    out->text = work.out.at;
    out->len = work.out.len;
    return true;
}
