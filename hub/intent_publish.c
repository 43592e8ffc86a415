// SPDX-License-Identifier: MIT

#include "fetcher/url.h"
#include "intent.h"
#include "intent_parts.h"

#include <stdlib.h>
#include <string.h>

enum { TIMESTAMP_DIGITS_MAX = 15, TYPE_MAX = 256 };

// What PHP appends to the name of a list: "[]", "[7]".
static bool is_index(const char *text)
{
    if (!*text)
        return true;
    if (*text++ != '[')
        return false;
    text += strspn(text, "0123456789");
    return strcmp(text, "]") == 0;
}

// hub.url is PubSubHubbub's, hub.topic what publishers for WebSub hubs send
// (R71).
static bool names_a_topic(const struct form_field *field)
{
    static const char *const names[] = { "hub.url", "hub.topic" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t len = strlen(names[i]);
        if (strncmp(field->name, names[i], len) == 0
            && is_index(field->name + len))
            return field->value_len > 0;
    }
    return false;
}

static bool is_pattern(const struct form_field *field)
{
    return field->value[field->value_len - 1] == '*';
}

static void count_topics(const struct form *form, size_t *plain,
                         size_t *patterns)
{
    *plain = *patterns = 0;
    for (size_t i = 0; i < form->count; i++) {
        const struct form_field *field = &form->fields[i];
        if (!names_a_topic(field))
            continue;
        if (is_pattern(field))
            ++*patterns;
        else
            ++*plain;
    }
}

// Up to the first slash of a path it names no origin yet.
static bool has_path(const char *text, size_t len)
{
    const char *authority = memmem(text, len, "://", 3);
    const char *end = text + len;
    return authority
           && memchr(authority + 3, '/', (size_t)(end - (authority + 3)));
}

static bool add_pattern(struct intent *out, const struct form_field *field,
                        struct url *scratch)
{
    size_t len = field->value_len - 1;
    const char *problem = url_read(field->value, len, scratch);
    if (problem)
        return intent_refuse_url(out, field->name, problem);
    if (!has_path(field->value, len))
        return intent_refuse(out, 400, field->name, "invalid",
                             "%s needs a scheme, a host and a slash before "
                             "its *",
                             field->name);
    if (scratch->normal_len > INTENT_PREFIX_MAX)
        return intent_refuse(out, 400, field->name, "long",
                             "%s has more than %d bytes before its *",
                             field->name, INTENT_PREFIX_MAX);
    struct intent_prefix *prefix = &out->prefixes[out->prefix_count++];
    memcpy(prefix->text, scratch->normal, scratch->normal_len + 1);
    prefix->len = scratch->normal_len;
    return true;
}

static bool add_topic(struct intent *out, const struct form_field *field,
                      struct url *scratch)
{
    if (is_pattern(field))
        return add_pattern(out, field, scratch);
    const char *problem = url_read(field->value, field->value_len, scratch);
    if (problem)
        return intent_refuse_url(out, field->name, problem);
    url_key(scratch, out->urls[out->url_count++].bytes);
    return true;
}

static bool too_many(struct intent *out, const char *what, int most)
{
    return intent_refuse(out, 413, "url", "many",
                         "hub.url is given more than %d times%s", most, what);
}

// One bad URL refuses them all: nothing is half done (R73).
static bool read_topics(struct intent *out)
{
    size_t plain, patterns;
    count_topics(&out->form, &plain, &patterns);
    if (plain + patterns == 0)
        return intent_refuse(out, 400, "url", "missing", "hub.url is missing");
    if (patterns > INTENT_PREFIXES_MAX)
        return too_many(out, " with a * at its end", INTENT_PREFIXES_MAX);
    if (plain > INTENT_URLS_MAX)
        return too_many(out, "", INTENT_URLS_MAX);
    if (patterns > 0 && plain > INTENT_MIXED_MAX)
        return too_many(out, " beside one with a *", INTENT_MIXED_MAX);

    out->topic = malloc(sizeof *out->topic);
    out->urls = calloc(plain + patterns, sizeof *out->urls);
    out->prefixes = calloc(patterns + 1, sizeof *out->prefixes);
    if (!out->topic || !out->urls || !out->prefixes)
        return intent_fail(out);
    for (size_t i = 0; i < out->form.count; i++)
        if (names_a_topic(&out->form.fields[i])
            && !add_topic(out, &out->form.fields[i], out->topic))
            return false;
    return true;
}

// -------------------------------------------------------------- signed ones

// Both names of one topic are one topic.
static bool read_signed_topic(struct intent *out)
{
    const struct form_field *first = NULL;
    for (size_t i = 0; i < out->form.count; i++) {
        const struct form_field *field = &out->form.fields[i];
        if (!names_a_topic(field))
            continue;
        if (first && strcmp(first->value, field->value) != 0)
            return intent_refuse(out, 400, "url", "conflict",
                                 "hub.signature is for one hub.url");
        first = first ? first : field;
    }
    if (!first)
        return intent_refuse(out, 400, "url", "missing", "hub.url is missing");
    out->message.topic = (struct bytes){ first->value, first->value_len };
    out->url = (struct bytes){ out->topic->normal, out->topic->normal_len };
    return true;
}

static bool read_timestamp(struct intent *out)
{
    const char *text;
    if (!intent_single(out, "hub.timestamp", &text))
        return false;
    if (!text || !*text)
        return intent_refuse(out, 400, "timestamp", "missing",
                             "hub.timestamp is missing");
    size_t digits = strspn(text, "0123456789");
    if (text[digits] || digits > TIMESTAMP_DIGITS_MAX)
        return intent_refuse(out, 400, "timestamp", "number",
                             "hub.timestamp is not unix time in seconds");
    out->message.timestamp = (struct bytes){ text, digits };
    for (; *text; text++)
        out->signed_at = out->signed_at * 10 + (*text - '0');
    return true;
}

// It becomes a header of deliveries.
static bool is_type(const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++)
        if (text[i] < ' ' || text[i] > '~')
            return false;
    return len <= TYPE_MAX && text[0] != '/' && text[0] != ' '
           && strchr(text, '/');
}

static bool read_document(struct intent *out, const struct form_field *field)
{
    if (form_next(&out->form, field))
        return intent_refuse(out, 400, "content", "conflict",
                             "hub.content is given twice");
    if (out->prefix_count > 0)
        return intent_refuse(out, 400, "url", "invalid",
                             "hub.url has a * at its end: hub.content is for "
                             "one topic");
    if (field->value_len == 0)
        return intent_refuse(out, 400, "content", "missing",
                             "hub.content is empty");
    if (!intent_single(out, "hub.content_type", &out->content_type))
        return false;
    if (out->content_type && !*out->content_type)
        out->content_type = NULL;
    if (out->content_type && !is_type(out->content_type))
        return intent_refuse(out, 400, "content_type", "invalid",
                             "hub.content_type is not a media type");
    out->message.content = (struct bytes){ field->value, field->value_len };
    out->gives = true;
    return true;
}

static bool read_signature(struct intent *out, const char *signature)
{
    if (!publisher_mac_read(signature, out->mac))
        return intent_refuse(out, 400, "signature", "invalid",
                             "hub.signature is not sha256= and 64 hex digits");
    out->is_signed = true;
    return read_signed_topic(out) && read_timestamp(out);
}

bool intent_read_publish(struct intent *out)
{
    const struct form_field *document;
    const char *signature;
    if (!read_topics(out))
        return false;
    document = form_find(&out->form, FORM_DOCUMENT);
    if (document && !read_document(out, document))
        return false;
    if (!intent_single(out, "hub.signature", &signature))
        return false;
    bool has = signature && *signature;
    // Otherwise anybody could write the news (R79).
    if (document && !has)
        return intent_refuse(out, 403, "signature", "missing",
                             "hub.content needs a hub.signature");
    // A plain ping needs none: whoever signs all of his is not refused.
    if (!has || (!document && out->prefix_count == 0))
        return true;
    return read_signature(out, signature);
}
