// SPDX-License-Identifier: MIT

#include "builder.h"

#include "child.h"
#include "surroundings.h"

#include <stdlib.h>
#include <string.h>

// Bytes of bases: about half a second.
enum { RESOLVED_MAX = 12 * 1024 * 1024 };

bool builder_open(struct builder *builder, const struct feed_input *input,
                  struct feed *feed, struct link_set *links)
{
    const struct noise *noise =
        input->noise != NULL ? input->noise : noise_default();
    memset(builder, 0, sizeof *builder);
    builder->feed = feed;
    builder->links = links;
    builder->input = input;
    builder->uri = "";
    feed->title_at = FEED_NONE;
    if (strlen(input->url) <= URL_MAX)
        memcpy(builder->base, input->url, strlen(input->url) + 1);
    if (!canon_open(&builder->entry, noise)
        || !canon_open(&builder->around, noise)
        || !digest_open(&builder->names))
        return false;
    if (input->parts
        && (!canon_open(&builder->part, noise)
            || !canon_open(&builder->whole_part, NULL)))
        return false;
    canon_begin(&builder->around, false);
    return true;
}

void builder_close(struct builder *builder)
{
    canon_close(&builder->entry);
    canon_close(&builder->around);
    canon_close(&builder->part);
    canon_close(&builder->whole_part);
    digest_close(&builder->names);
    item_clear(&builder->item);
    pool_clear(&builder->capture.text);
}

bool builder_failed(const struct builder *builder)
{
    return builder->no_memory || builder->names.failed
           || builder->capture.text.failed || canon_failed(&builder->entry)
           || canon_failed(&builder->around) || canon_failed(&builder->part)
           || canon_failed(&builder->whole_part) || item_failed(&builder->item);
}

void *builder_grow(struct builder *builder, void *list, size_t size,
                   size_t count, size_t *max, size_t limit)
{
    if (count == limit)
        return NULL;
    if (count < *max)
        return list;
    size_t grown_max = *max * 2 + 32;
    void *grown = realloc(list, grown_max * size);
    builder->no_memory = builder->no_memory || grown == NULL;
    if (grown != NULL)
        *max = grown_max;
    return grown;
}

static bool is_atom(const struct builder *builder)
{
    return vocabulary_is_atom(builder->root.format);
}

bool builder_owns(const struct builder *builder, const struct element *element)
{
    return element->uri == builder->uri
           || strcmp(element->uri, builder->uri) == 0
           || (!is_atom(builder) && vocabulary_is_rss(element->uri));
}

static bool is_named(const struct builder *builder,
                     const struct element *element, const char *name)
{
    return vocabulary_is(builder->root.format, element, name);
}

static bool is_entry(const struct builder *builder,
                     const struct element *element, bool own)
{
    unsigned depth = builder->depth;
    return own && (depth == 1 || (depth == 2 && builder->in_container))
           && (is_atom(builder)
                   ? depth == 1 && is_named(builder, element, "entry")
                   : is_named(builder, element, "item"));
}

// Of a title. Atom 0.3 says by `mode` how it is written; what has a media type
// that is no text is base64.
enum item_mode builder_mode(const struct builder *builder,
                            const struct element *element)
{
    const struct attribute *mode = element_attribute(element, "", "mode");
    const struct attribute *type = element_attribute(element, "", "type");
    if (!is_atom(builder))
        return ITEM_TEXT;
    if (mode != NULL && attribute_is(mode, "base64"))
        return ITEM_BASE64;
    if (type == NULL)
        return ITEM_TEXT;
    if (attribute_is(type, "html")
        || (attribute_is(type, "text/html") && mode != NULL
            && attribute_is(mode, "escaped")))
        return ITEM_HTML;
    return attribute_is(type, "application/octet-stream") ? ITEM_BASE64
                                                          : ITEM_TEXT;
}

void builder_collect(struct builder *builder, enum builder_kind kind,
                     unsigned what, unsigned rank)
{
    struct builder_capture *capture = &builder->capture;
    capture->kind = kind;
    capture->what = what;
    capture->rank = rank;
    capture->mode = ITEM_TEXT;
    capture->depth = builder->depth;
    capture->text.len = 0;
}

bool builder_may_resolve(struct builder *builder, const char *base)
{
    builder->resolved += strlen(base);
    return builder->resolved <= RESOLVED_MAX;
}

const char *builder_base(struct builder *builder, const struct element *element,
                         const char *base, char out[URL_MAX + 1])
{
    const struct attribute *own =
        element_attribute(element, VOCABULARY_XML, "base");
    char value[URL_MAX + 1];
    if (own == NULL || own->value_len > URL_MAX
        || !builder_may_resolve(builder, base))
        return base;
    memcpy(value, own->value, own->value_len);
    value[own->value_len] = '\0';
    return url_resolve(base, value, out, URL_MAX + 1) ? out : base;
}

static void move_base(struct builder *builder, const struct element *element)
{
    if (builder_base(builder, element, builder->base, builder->own_base)
        == builder->base)
        return;
    memcpy(builder->base, builder->own_base, sizeof builder->base);
    builder->based = true;
}

static void end_capture(struct builder *builder)
{
    if (builder->capture.text.failed)
        builder->no_memory = true;
    else if (builder->capture.kind == BUILDER_FIELD)
        child_take(builder);
    else
        surroundings_take(builder);
    builder->capture.kind = BUILDER_NOTHING;
}

static void start_entry(struct builder *builder, const struct element *element,
                        size_t at)
{
    builder->current = (struct feed_entry){
        .start = at,
        .id_at = FEED_NONE,
        .link_at = FEED_NONE,
        .title_at = FEED_NONE,
        .updated_at = FEED_NONE,
        .part_at = builder->feed->part_count,
    };
    builder->in_entry = builder->told = true;
    builder->in_source = false;
    builder->entry_depth = builder->depth;
    builder->entry_based =
        builder_base(builder, element, builder->base, builder->entry_base)
        == builder->entry_base;
    item_begin(&builder->item);
    canon_begin(&builder->entry, true);

    const struct attribute *about =
        !is_atom(builder) && builder->root.doubtful
            ? element_attribute(element, VOCABULARY_RDF, "about")
            : NULL;
    if (about != NULL)
        child_offer(builder, element, VOCABULARY_ID, 4, about);
    if (builder->input->parts)
        child_start_own(builder, element);
}

static void start_root(struct builder *builder, const struct element *element)
{
    builder->root = vocabulary_root(element);
    builder->feed->format = builder->root.format;
    builder->stopped = builder->root.format == DOCUMENT_OTHER;
    builder->uri = element->uri;
    builder->in_container = builder->root.shape != VOCABULARY_RSS;
    move_base(builder, element);
}

// Which RSS an RDF document holds shows in its first child, and any RSS may
// have its namespace only from the channel on.
static void start_child_of_root(struct builder *builder,
                                const struct element *element)
{
    if (builder->root.shape != VOCABULARY_RSS) {
        builder->told = builder->told
                        || (builder_owns(builder, element)
                            && is_named(builder, element, "title"));
        return;
    }
    bool channel = is_named(builder, element, "channel");
    builder->told =
        builder->told
        || (*element->uri != '\0' && vocabulary_is_rss(element->uri));
    if (channel
        || (builder->feed->format == DOCUMENT_RSS10
            && is_named(builder, element, "item")))
        builder->uri = element->uri;
    if (!channel)
        return;
    builder->in_container = builder->told = true;
    move_base(builder, element);
}

// The child of an entry's source that says when its feed was made.
static bool is_made(const struct builder *builder,
                    const struct element *element)
{
    return builder->in_source && builder->depth == builder->entry_depth + 2
           && vocabulary_is_volatile(
               DOCUMENT_ATOM10,
               is_atom(builder) && builder_owns(builder, element), element);
}

static void start_within(struct builder *builder, const struct element *element)
{
    struct attribute attributes[CHILD_BASED_MAX];
    struct element read;
    if (builder->depth == builder->entry_depth + 1) {
        child_start(builder, element, attributes, &read);
        element = &read;
    }
    if (builder->quiet == 0 && is_made(builder, element))
        builder->quiet = builder->depth;
    if (builder->input->parts && builder->depth > builder->entry_depth)
        canon_start(&builder->whole_part, element);
    if (builder->quiet > 0)
        return;
    canon_start(&builder->entry, element);
    if (builder->input->parts && builder->depth > builder->entry_depth)
        canon_start(&builder->part, element);
}

void builder_start(struct builder *builder, const struct element *element,
                   size_t at)
{
    if (builder->depth == 0)
        start_root(builder, element);
    else if (builder->depth == 1)
        start_child_of_root(builder, element);
    if (builder->stopped)
        return;

    if (!builder->in_entry) {
        bool own = builder_owns(builder, element);
        if (builder->depth == 0
                ? builder->root.shape == VOCABULARY_ENTRY
                : builder->skip == 0 && is_entry(builder, element, own))
            start_entry(builder, element, at);
        else
            surroundings_start(builder, element, own, at);
    }
    if (builder->in_entry)
        start_within(builder, element);
    builder->depth++;
    if (builder->depth > FEED_DEPTH_MAX)
        builder->stopped = true;
}

void builder_text(struct builder *builder, const char *text, size_t len)
{
    if (builder->capture.kind != BUILDER_NOTHING)
        pool_add(&builder->capture.text, text, len);
    if (!builder->in_entry) {
        if (builder->skip == 0)
            canon_text(&builder->around, text, len);
        return;
    }
    if (builder->quiet == 0)
        canon_text(&builder->entry, text, len);
    if (!builder->input->parts || builder->depth <= builder->entry_depth + 1)
        return;
    canon_text(&builder->whole_part, text, len);
    if (builder->quiet == 0)
        canon_text(&builder->part, text, len);
}

static void stop_entry(struct builder *builder, size_t at)
{
    struct feed *feed = builder->feed;
    struct feed_entry *entry = &builder->current;
    builder->in_entry = false;
    canon_end(&builder->entry, entry->content);
    // After a failed addition the offsets may lead nowhere.
    void *grown = feed->strings.failed
                      ? NULL
                      : builder_grow(builder, feed->entries,
                                     sizeof *feed->entries, feed->entry_count,
                                     &builder->entries_max, FEED_ENTRIES_MAX);
    if (grown == NULL) {
        builder->stopped = true;
        return;
    }
    feed->entries = grown;
    entry->end = at;
    item_identify(&builder->item, &builder->names, entry);
    item_keep(&builder->item, feed, entry, builder->input->today);
    feed->entries[feed->entry_count++] = *entry;
}

static void stop_within(struct builder *builder, size_t at)
{
    bool quiet = builder->quiet > 0;
    if (builder->quiet == builder->depth)
        builder->quiet = 0;
    if (!quiet)
        canon_stop(&builder->entry);
    if (builder->input->parts && builder->depth > builder->entry_depth) {
        canon_stop(&builder->whole_part);
        if (!quiet)
            canon_stop(&builder->part);
        if (builder->depth == builder->entry_depth + 1)
            child_stop(builder);
    }
    if (builder->depth == builder->entry_depth)
        stop_entry(builder, at);
}

void builder_stop(struct builder *builder, size_t at)
{
    builder->depth--;
    if (builder->capture.kind != BUILDER_NOTHING
        && builder->capture.depth == builder->depth)
        end_capture(builder);

    if (builder->in_entry)
        stop_within(builder, at);
    else
        surroundings_stop(builder, at);
    if (builder->depth == 1 && builder->root.shape == VOCABULARY_RSS)
        builder->in_container = false;
}

void builder_finish(struct builder *builder)
{
    struct feed *feed = builder->feed;
    canon_end(&builder->around, feed->around);
    surroundings_finish(builder);
    if (!builder->root.doubtful || builder->told)
        return;
    feed->format = DOCUMENT_OTHER;
    feed->entry_count = feed->seat_count = 0;
}
