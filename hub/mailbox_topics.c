// SPDX-License-Identifier: MIT

#include "mailbox_topics.h"

#include "fetcher/url.h"
#include "pattern.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct asked {
    const char *url, *label; // label "": none
    size_t url_len, label_len;
};

void mailbox_topics_clear(struct mailbox_topics *topics)
{
    for (size_t i = 0; i < topics->count; i++)
        free(topics->texts[i]);
    free(topics->texts);
    free(topics->items);
    *topics = (struct mailbox_topics){ 0 };
}

__attribute__((format(printf, 2, 3))) static bool say(
    char problem[MAILBOX_PROBLEM], const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(problem, MAILBOX_PROBLEM, format, arguments);
    va_end(arguments);
    return false;
}

// Nothing but the two members it may have.
static bool read_object(const char *name, json_t *value, const char *member,
                        struct asked *out, char problem[MAILBOX_PROBLEM])
{
    const char *key;
    json_t *item;
    json_object_foreach(value, key, item)
    {
        bool label = strcmp(key, "label") == 0;
        if (!label && strcmp(key, member) != 0)
            return say(problem, "%s: %.40s is not a member of a subscription",
                       name, key);
        if (!json_is_string(item))
            return say(problem, "%s: %s is not a string", name, key);
        *(label ? &out->label : &out->url) = json_string_value(item);
        *(label ? &out->label_len : &out->url_len) = json_string_length(item);
    }
    if (!out->url)
        return say(problem, "%s: %s is missing", name, member);
    if (out->label_len > STORE_LABEL_MAX)
        return say(problem, "%s: label is longer than %d bytes", name,
                   STORE_LABEL_MAX);
    return true;
}

static bool read_asked(const char *name, json_t *value, bool prefix,
                       struct asked *out, char problem[MAILBOX_PROBLEM])
{
    *out = (struct asked){ .label = "" };
    if (json_is_object(value))
        return read_object(name, value, prefix ? "match" : "topic", out,
                           problem);
    if (!json_is_string(value))
        return say(problem, "%s is neither a string nor an object", name);
    out->url = json_string_value(value);
    out->url_len = json_string_length(value);
    return true;
}

// The normalised URL, in memory of its own. NULL: see `problem`.
static char *read_topic(const char *name, const struct asked *asked,
                        struct store_listen *out, char problem[MAILBOX_PROBLEM])
{
    char *text = NULL;
    struct url *url = malloc(sizeof *url);
    if (!url)
        return NULL;
    const char *wrong = url_read(asked->url, asked->url_len, url);
    if (!wrong) {
        url_key(url, out->key.bytes);
        out->url = (struct bytes){ asked->url, asked->url_len };
        text = strndup(url->normal, url->normal_len);
        out->normal = (struct bytes){ text, url->normal_len };
    } else {
        say(problem, "%s %s", name, wrong);
    }
    free(url);
    return text;
}

static char *read_prefix(const char *name, const struct asked *asked,
                         struct store_listen *out,
                         char problem[MAILBOX_PROBLEM])
{
    struct pattern pattern;
    const char *wrong = pattern_read(asked->url, asked->url_len, &pattern);
    if (wrong) {
        say(problem, "%s %s", name, wrong);
        return NULL;
    }
    char *text = strndup(pattern.normal, pattern.len);
    out->url = (struct bytes){ asked->url, asked->url_len - 1 };
    out->normal = (struct bytes){ text, pattern.len };
    return text;
}

static bool is_there(const struct mailbox_topics *topics,
                     const struct store_listen *item, bool prefix)
{
    static const struct store_key none;
    for (size_t i = 0; i < topics->count; i++) {
        const struct store_listen *other = &topics->items[i];
        bool is_prefix = memcmp(&other->key, &none, sizeof none) == 0;
        if (is_prefix == prefix && other->normal.len == item->normal.len
            && memcmp(other->normal.at, item->normal.at, item->normal.len) == 0)
            return true;
    }
    return false;
}

static bool make_room(struct mailbox_topics *topics)
{
    if (topics->count < topics->room)
        return true;
    size_t room = topics->room ? topics->room * 2 : 8;
    struct store_listen *items =
        realloc(topics->items, room * sizeof *topics->items);
    if (!items)
        return false;
    topics->items = items;
    char **texts = realloc(topics->texts, room * sizeof *texts);
    if (!texts)
        return false;
    topics->texts = texts;
    topics->room = room;
    return true;
}

bool mailbox_topics_add(struct mailbox_topics *topics, const char *name,
                        json_t *value, bool prefix,
                        char problem[MAILBOX_PROBLEM])
{
    struct asked asked;
    struct store_listen item = { .sid = 0 };
    problem[0] = '\0';
    if (!read_asked(name, value, prefix, &asked, problem))
        return false;
    if (topics->count == STORE_LISTENS_MAX)
        return say(problem, "%s: a mailbox has at most %d subscriptions", name,
                   STORE_LISTENS_MAX);
    char *text = !make_room(topics) ? NULL
                 : prefix           ? read_prefix(name, &asked, &item, problem)
                                    : read_topic(name, &asked, &item, problem);
    if (!text)
        return false;
    item.label = (struct bytes){ asked.label, asked.label_len };
    if (is_there(topics, &item, prefix)) {
        free(text);
        return true;
    }
    topics->texts[topics->count] = text;
    topics->items[topics->count++] = item;
    return true;
}

bool mailbox_topics_keep(struct mailbox_topics *topics,
                         const struct store_listen *listen)
{
    if (!make_room(topics))
        return false;
    topics->texts[topics->count] = NULL;
    topics->items[topics->count++] = *listen;
    return true;
}
