// SPDX-License-Identifier: MIT

#include "link.h"

#include "url.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

static bool has_relation(const char *rel, size_t len, const char *wanted)
{
    size_t wanted_len = strlen(wanted);
    for (size_t at = 0; at < len;) {
        size_t n = 0;
        while (at + n < len && !is_blank(rel[at + n]))
            n++;
        if (n == wanted_len && strncasecmp(rel + at, wanted, n) == 0)
            return true;
        at += n + 1;
    }
    return false;
}

static bool is_known_hub(const struct link_set *set, const char *url)
{
    for (size_t i = 0; i < set->hub_count; i++)
        if (strcmp(set->hubs[i], url) == 0)
            return true;
    return false;
}

static char *copy(struct link_set *set, const char *url)
{
    char *copied = strdup(url);
    set->no_memory = set->no_memory || copied == NULL;
    return copied;
}

void link_offer(struct link_set *set, const char *base, const char *rel,
                size_t rel_len, const char *target)
{
    bool hub =
        has_relation(rel, rel_len, "hub") && set->hub_count < LINK_HUBS_MAX;
    bool self = set->self == NULL && has_relation(rel, rel_len, "self");
    char url[URL_MAX + 1];
    if ((!hub && !self) || target[strspn(target, " \t\r\n\f")] == '\0'
        || !url_resolve(base, target, url, sizeof url))
        return;

    if (self)
        set->self = copy(set, url);
    if (hub && !is_known_hub(set, url)) {
        set->hubs[set->hub_count] = copy(set, url);
        if (set->hubs[set->hub_count] != NULL)
            set->hub_count++;
    }
}

struct value {
    char text[URL_MAX + 1];
    size_t len;
    bool cut; // it was longer, and means something else than its beginning
};

static const char *skip_blanks(const char *at)
{
    while (is_blank(*at))
        at++;
    return at;
}

static void append(struct value *value, char c)
{
    if (value->len < URL_MAX)
        value->text[value->len++] = c;
    else
        value->cut = true;
    value->text[value->len] = '\0';
}

static const char *read_quoted(const char *at, struct value *value)
{
    for (at++; *at != '\0' && *at != '"'; at++) {
        if (*at == '\\' && at[1] != '\0')
            at++;
        append(value, *at);
    }
    return *at == '"' ? at + 1 : at;
}

// "name", "name=token" or "name=\"quoted\"", up to the next ';' or ','.
static const char *read_parameter(const char *at, struct value *name,
                                  struct value *value)
{
    name->len = value->len = 0;
    name->cut = value->cut = false;
    name->text[0] = value->text[0] = '\0';
    for (; *at != '\0' && strchr("=;,", *at) == NULL; at++)
        if (!is_blank(*at))
            append(name, *at);
    if (*at != '=')
        return at;

    at = skip_blanks(at + 1);
    if (*at == '"')
        at = read_quoted(at, value);
    for (; *at != '\0' && *at != ';' && *at != ','; at++)
        if (!is_blank(*at))
            append(value, *at);
    return at;
}

static bool is_same_document(const char *base, const char *anchor)
{
    char url[URL_MAX + 1], own[URL_MAX + 1];
    return url_resolve(base, anchor, url, sizeof url)
           && url_resolve(base, "", own, sizeof own) && strcmp(url, own) == 0;
}

// Starts at '<', ends behind the link.
static const char *read_link(struct link_set *set, const char *base,
                             const char *at)
{
    const char *end = strchr(at, '>');
    if (end == NULL)
        return at + strlen(at);

    struct value target = { .len = 0 }, name, value, rel = { .len = 0 };
    bool has_rel = false, about_us = true;
    for (at++; at < end; at++)
        append(&target, *at);
    at = skip_blanks(end + 1);
    while (*at == ';') {
        at = read_parameter(skip_blanks(at + 1), &name, &value);
        // Only the first rel counts (RFC 8288 section 3.3).
        if (strcasecmp(name.text, "rel") == 0 && !has_rel) {
            has_rel = true;
            rel = value;
        } else if (strcasecmp(name.text, "anchor") == 0) {
            about_us = !value.cut && is_same_document(base, value.text);
        }
    }
    if (has_rel && about_us && !target.cut && !rel.cut)
        link_offer(set, base, rel.text, rel.len, target.text);
    return at;
}

void link_offer_field(struct link_set *set, const char *base, const char *field)
{
    for (const char *at = field; *at != '\0';) {
        at = skip_blanks(at);
        if (*at == '<')
            at = read_link(set, base, at);
        while (*at != '\0' && *at != ',')
            at++;
        if (*at == ',')
            at++;
    }
}

void link_merge(struct link_set *first, struct link_set *then)
{
    if (first->self == NULL) {
        first->self = then->self;
        then->self = NULL;
    }
    if (first->hub_count == 0) {
        memcpy(first->hubs, then->hubs, sizeof first->hubs);
        first->hub_count = then->hub_count;
        then->hub_count = 0;
    }
    first->no_memory = first->no_memory || then->no_memory;
    link_clear(then);
}

void link_clear(struct link_set *set)
{
    free(set->self);
    for (size_t i = 0; i < set->hub_count; i++)
        free(set->hubs[i]);
    *set = (struct link_set){ 0 };
}
