// SPDX-License-Identifier: MIT

#include "words.h"

#include <string.h>
#include <strings.h>

static const char *find(const char *const *words, size_t count,
                        const char *name, size_t len)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(words[i]) == len && strncasecmp(words[i], name, len) == 0)
            return words[i];
    return NULL;
}

#define FIND(words, name, len)                                                 \
    find((words), sizeof(words) / sizeof(words)[0], (name), (len))

bool words_is_root(const char *name, size_t len, bool first)
{
    static const char *const roots[] = { "rss", "feed", "RDF" };
    static const char *const parts[] = { "channel", "entry" };
    const char *colon = memchr(name, ':', len);
    const char *own = colon != NULL ? colon + 1 : name;
    size_t own_len = len - (size_t)(own - name);
    return FIND(roots, own, own_len) != NULL
           || (first && FIND(parts, own, own_len) != NULL);
}

bool words_is_void(const char *name, size_t len)
{
    static const char *const words[] = {
        "br",   "hr",    "img", "wbr",    "input", "embed",
        "area", "param", "col", "source", "track", "meta",
    };
    return FIND(words, name, len) != NULL;
}

bool words_is_html(const char *name, size_t len)
{
    static const char *const words[] = {
        "a",       "abbr",    "article", "aside",   "b",          "big",
        "body",    "br",      "button",  "center",  "cite",       "code",
        "dd",      "del",     "div",     "dl",      "dt",         "em",
        "embed",   "font",    "footer",  "form",    "h1",         "h2",
        "h3",      "h4",      "h5",      "h6",      "head",       "header",
        "hr",      "html",    "i",       "iframe",  "img",        "input",
        "ins",     "label",   "li",      "main",    "nav",        "noscript",
        "object",  "ol",      "option",  "p",       "param",      "pre",
        "q",       "s",       "script",  "section", "select",     "small",
        "span",    "strike",  "strong",  "style",   "sub",        "sup",
        "table",   "tbody",   "td",      "tfoot",   "th",         "thead",
        "tr",      "tt",      "u",       "ul",      "blockquote", "figure",
        "caption", "address", "video",   "audio",   "figcaption",
    };
    return FIND(words, name, len) != NULL;
}

bool words_is_field(const char *name, size_t len)
{
    static const char *const plain[] = {
        "title",     "link",           "guid",      "id",        "pubDate",
        "updated",   "published",      "issued",    "modified",  "created",
        "comments",  "lastBuildDate",  "language",  "copyright", "ttl",
        "generator", "managingEditor", "webMaster", "docs",      "category",
    };
    return FIND(plain, name, len) != NULL;
}

bool words_end_field(const char *field, size_t field_len, const char *name,
                     size_t len)
{
    // These may hold markup, and HTML has some of the names.
    static const char *const rich[] = { "description", "summary",  "content",
                                        "tagline",     "subtitle", "rights" };
    static const char *const shared[] = { "title", "link" };
    static const char *const more[] = { "author", "enclosure", "image" };
    bool known = words_is_field(name, len) || FIND(rich, name, len) != NULL
                 || FIND(more, name, len) != NULL;
    if (words_is_field(field, field_len))
        return known;
    return FIND(rich, field, field_len) != NULL && known
           && FIND(shared, name, len) == NULL;
}

const char *words_canonical(const char *name, size_t len, bool all)
{
    static const char *const frames[] = { "rss",  "channel", "item",
                                          "feed", "entry",   "RDF" };
    static const char *const fields[] = {
        "title",     "link",        "description", "guid",
        "pubDate",   "author",      "category",    "comments",
        "enclosure", "source",      "ttl",         "image",
        "url",       "language",    "copyright",   "lastBuildDate",
        "generator", "docs",        "cloud",       "managingEditor",
        "webMaster", "skipHours",   "skipDays",    "hour",
        "day",       "textInput",   "name",        "width",
        "height",    "rating",      "id",          "updated",
        "published", "summary",     "content",     "subtitle",
        "rights",    "contributor", "logo",        "icon",
    };
    const char *found = FIND(frames, name, len);
    return found != NULL || !all ? found : FIND(fields, name, len);
}
