// SPDX-License-Identifier: MIT

#include "links.h"

#include "fetcher/url.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct text {
    char *at;
    size_t len;
};

static void add(struct text *text, const char *words)
{
    size_t len = strlen(words);
    memcpy(text->at + text->len, words, len);
    text->len += len;
}

// What would end the <...> too early, or fool a simple parser, is escaped.
static void add_target(struct text *text, const char *target, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = target[i];
        if (c == '<')
            add(text, "%3C");
        else if (c == '>')
            add(text, "%3E");
        else if (c == ' ')
            add(text, "%20");
        else if ((unsigned char)c > 0x20 && c != 0x7f)
            text->at[text->len++] = c;
    }
}

static void add_link(struct text *text, const char *target, size_t len,
                     const char *relation)
{
    add(text, text->len > strlen("Link: ") ? ", <" : "<");
    add_target(text, target, len);
    add(text, ">; rel=\"");
    add(text, relation);
    add(text, "\"");
}

// In whatever spelling the publisher uses.
static bool is(const char *name, const struct url *hub)
{
    struct url own;
    return !url_read(name, strlen(name), &own)
           && own.normal_len == hub->normal_len
           && memcmp(own.normal, hub->normal, own.normal_len) == 0;
}

static bool is_us(const struct links *links, const char *text, size_t len)
{
    struct url hub;
    if (url_read(text, len, &hub))
        return false;
    if (is(links->own, &hub))
        return true;
    for (size_t i = 0; i < links->alias_count; i++)
        if (is(links->aliases[i], &hub))
            return true;
    return false;
}

static void add_hubs(struct text *text, const struct links *links, bool us)
{
    const char *at = links->hubs;
    const char *end = at ? at + links->hubs_len : at;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((stop ? stop : end) - at);
        if (len > 0 && is_us(links, at, len) == us)
            add_link(text, at, len, "hub");
        at += len + 1;
    }
}

char *links_line(const struct links *links)
{
    // A hub takes at most two bytes ("h\n") more than it brings; each escape
    // makes three of one.
    size_t hubs = 1;
    for (size_t i = 0; i < links->hubs_len; i++)
        hubs += links->hubs[i] == '\n';
    size_t max = 64 + 3 * (links->hubs_len + links->self_len + links->topic_len)
                 + strlen(links->own) + 24 * (hubs + 2);
    struct text text = { .at = malloc(max) };
    if (!text.at)
        return NULL;

    add(&text, "Link: ");
    add_hubs(&text, links, true);
    add_hubs(&text, links, false);
    if (text.len == strlen("Link: "))
        add_link(&text, links->own, strlen(links->own), "hub");
    if (links->self_len > 0)
        add_link(&text, links->self, links->self_len, "self");
    else
        add_link(&text, links->topic, links->topic_len, "self");
    text.at[text.len] = '\0';
    return text.at;
}

char *links_line_for(const char *line, const char *topic, size_t topic_len)
{
    // The link to itself is the last one; targets hold no '<'.
    const char *self = strrchr(line, '<');
    size_t stem = self ? (size_t)(self - line) : 0;
    struct text text = { .at = malloc(stem + 3 * topic_len + 24) };
    if (!text.at || !self) {
        free(text.at);
        return NULL;
    }
    memcpy(text.at, line, stem);
    text.len = stem;
    add(&text, "<");
    add_target(&text, topic, topic_len);
    add(&text, ">; rel=\"self\"");
    text.at[text.len] = '\0';
    return text.at;
}
