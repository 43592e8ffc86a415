// SPDX-License-Identifier: MIT

#include "feed_file.h"

#include "fetcher/document.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static json_t *text_or_null(const char *text)
{
    return text != NULL ? json_string(text) : json_null();
}

static json_t *item_to_json(const struct document_item *item)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:s}", "id", text_or_null(item->id),
                     "link", text_or_null(item->link), "title",
                     text_or_null(item->title), "updated",
                     text_or_null(item->updated), "hash", item->hash);
}

static json_t *repairs_to_json(unsigned repairs)
{
    json_t *out = json_array();
    for (unsigned i = 0; i < DOCUMENT_REPAIRS; i++)
        if (repairs & 1U << i)
            (void)json_array_append_new(
                out, json_string(document_repair_name(1U << i)));
    return out;
}

static json_t *bits_to_json(unsigned bits)
{
    json_t *out = json_array();
    for (unsigned i = 0; i < 32; i++)
        if (bits & 1U << i)
            (void)json_array_append_new(out, json_integer(i));
    return out;
}

// What it says about when to look again, but for what it does not say.
static json_t *hints_to_json(const struct document_hints *hints)
{
    json_t *out = json_object();
    if (hints->ttl > 0)
        (void)json_object_set_new(out, "ttl", json_integer(hints->ttl));
    if (hints->period > 0)
        (void)json_object_set_new(out, "period", json_integer(hints->period));
    if (hints->skip_hours != 0)
        (void)json_object_set_new(out, "skip_hours",
                                  bits_to_json(hints->skip_hours));
    if (hints->skip_days != 0)
        (void)json_object_set_new(out, "skip_days",
                                  bits_to_json(hints->skip_days));
    return out;
}

// NULL: out of memory.
static json_t *outline_to_json(const struct document_outline *outline)
{
    bool done = true;
    json_t *hubs = json_array(), *entries = json_array();
    for (size_t i = 0; i < outline->hub_count; i++)
        done = json_array_append_new(hubs, json_string(outline->hubs[i])) == 0
               && done;
    for (size_t i = 0; i < outline->item_count; i++)
        done = json_array_append_new(entries, item_to_json(&outline->items[i]))
                   == 0
               && done;
    json_t *out = json_pack(
        "{s:s, s:s, s:o, s:b, s:o, s:o, s:o, s:o, s:o}", "format",
        document_format_name(outline->format), "charset", outline->charset,
        "repairs", repairs_to_json(outline->repairs), "incomplete",
        outline->incomplete, "title", text_or_null(outline->title), "self",
        text_or_null(outline->self), "hubs", hubs, "hints",
        hints_to_json(&outline->hints), "entries", entries);
    if (done)
        return out;
    json_decref(out);
    return NULL;
}

int feed_inspect(const struct feed_request *request)
{
    const char *name = request->files[0];
    struct feed_file file;
    if (!feed_file_read(name, &file))
        return FEED_CANNOT;

    struct document_outline outline;
    json_t *json = NULL;
    if (document_outline(file.bytes, file.len, request->content_type,
                         request->base, &outline)) {
        json = outline_to_json(&outline);
        document_outline_clear(&outline);
    }
    free(file.bytes);
    if (json == NULL)
        return feed_complain(name, "out of memory");
    bool written = json_dumpf(json, stdout, JSON_INDENT(2)) == 0
                   && fputc('\n', stdout) != EOF && fflush(stdout) == 0;
    json_decref(json);
    return written ? FEED_FINE : feed_complain("output", "cannot be written");
}
