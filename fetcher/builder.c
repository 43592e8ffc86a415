// SPDX-License-Identifier: MIT

#include "builder.h"

#include "vocabulary.h"

#include <stdlib.h>
#include <string.h>

bool builder_open(struct builder *builder, const char *url, struct feed *feed,
                  struct link_set *links)
{
    memset(builder, 0, sizeof *builder);
    builder->feed = feed;
    builder->links = links;
    builder->uri = "";
    feed->title_at = FEED_NONE;
    if (strlen(url) <= URL_MAX)
        memcpy(builder->base, url, strlen(url) + 1);
    if (!canon_open(&builder->entry) || !canon_open(&builder->around))
        return false;
    canon_begin(&builder->around);
    return true;
}

void builder_close(struct builder *builder)
{
    canon_close(&builder->entry);
    canon_close(&builder->around);
}

static bool is_own(const struct builder *builder, const struct element *element,
                   const char *name)
{
    return strcmp(element->name, name) == 0
           && strcmp(element->uri, builder->uri) == 0;
}

static bool is_atom(const struct builder *builder)
{
    return vocabulary_is_atom(builder->feed->format);
}

// Depth of an entry's tag; the root's is 0.
static unsigned entry_depth(const struct builder *builder)
{
    bool rss = builder->feed->format == DOCUMENT_RSS20
               || builder->feed->format == DOCUMENT_RSS09X;
    return rss ? 2 : 1;
}

static bool is_entry(const struct builder *builder,
                     const struct element *element)
{
    if (builder->depth != entry_depth(builder))
        return false;
    if (is_atom(builder))
        return is_own(builder, element, "entry");
    if (builder->feed->format == DOCUMENT_RSS10)
        return is_own(builder, element, "item");
    return builder->in_container && is_own(builder, element, "item");
}

// The element that holds the feed's own title and links: <feed>, <channel>.
static bool is_in_container(const struct builder *builder)
{
    return builder->depth == (is_atom(builder) ? 1 : 2)
           && builder->in_container;
}

static void capture(struct builder *builder, size_t *field)
{
    builder->capture = field;
    builder->capture_depth = builder->depth;
    builder->capture_from = builder->feed->strings.len;
}

// Keep what was collected, trimmed; nothing but blanks is as good as absent.
static void keep_captured(struct builder *builder)
{
    struct pool *strings = &builder->feed->strings;
    size_t from = builder->capture_from;
    while (from < strings->len
           && strchr(" \t\r\n", strings->bytes[from]) != NULL)
        from++;
    while (strings->len > from
           && strchr(" \t\r\n", strings->bytes[strings->len - 1]) != NULL)
        strings->len--;
    if (strings->len > from) {
        *builder->capture = from;
        pool_add(strings, "", 1);
    }
    builder->capture = NULL;
}

static void keep_attribute(struct builder *builder, size_t *field,
                           const struct attribute *attribute)
{
    capture(builder, field);
    pool_add(&builder->feed->strings, attribute->value, attribute->value_len);
    keep_captured(builder);
}

static void offer_link(struct builder *builder, const struct element *element)
{
    const struct attribute *rel = element_attribute(element, "", "rel");
    const struct attribute *href = element_attribute(element, "", "href");
    const struct attribute *own =
        element_attribute(element, VOCABULARY_XML, "base");
    char target[URL_MAX + 1], own_base[URL_MAX + 1], base[URL_MAX + 1];
    if (rel == NULL || href == NULL || href->value_len > URL_MAX
        || (own != NULL && own->value_len > URL_MAX))
        return;

    memcpy(target, href->value, href->value_len);
    target[href->value_len] = '\0';
    memcpy(base, builder->base, sizeof base);
    if (own != NULL) {
        memcpy(own_base, own->value, own->value_len);
        own_base[own->value_len] = '\0';
        if (!url_resolve(builder->base, own_base, base, sizeof base))
            memcpy(base, builder->base, sizeof base);
    }
    link_offer(builder->links, base, rel->value, rel->value_len, target);
}

static void move_base(struct builder *builder, const struct element *element)
{
    const struct attribute *base =
        element_attribute(element, VOCABULARY_XML, "base");
    char value[URL_MAX + 1], moved[URL_MAX + 1];
    if (base == NULL || base->value_len > URL_MAX)
        return;
    memcpy(value, base->value, base->value_len);
    value[base->value_len] = '\0';
    if (url_resolve(builder->base, value, moved, sizeof moved))
        memcpy(builder->base, moved, sizeof moved);
}

// RSS 1.0 lists its items: channel/items/rdf:Seq/rdf:li.
static void note_seat(struct builder *builder, const struct element *element,
                      size_t at)
{
    struct feed *feed = builder->feed;
    if (feed->format != DOCUMENT_RSS10 || builder->depth != 4
        || strcmp(element->name, "li") != 0
        || strcmp(element->uri, VOCABULARY_RDF) != 0)
        return;
    const struct attribute *resource =
        element_attribute(element, VOCABULARY_RDF, "resource");
    if (resource == NULL)
        resource = element_attribute(element, "", "resource");
    if (resource == NULL || feed->seat_count == FEED_ENTRIES_MAX)
        return;
    if (feed->seat_count == builder->seats_max) {
        size_t max = builder->seats_max * 2 + 16;
        struct feed_seat *grown = realloc(feed->seats, max * sizeof *grown);
        builder->no_memory = builder->no_memory || grown == NULL;
        if (grown == NULL)
            return;
        feed->seats = grown;
        builder->seats_max = max;
    }
    struct feed_seat *seat = &feed->seats[feed->seat_count++];
    *seat = (struct feed_seat){ .start = at };
    // The entry's digest is free: seats stand before or between entries.
    digest_of(&builder->entry.digest, 'i', resource->value, resource->value_len,
              seat->id);
}

static void start_around(struct builder *builder, const struct element *element,
                         size_t at)
{
    if (builder->skip > 0) {
        note_seat(builder, element, at);
        return;
    }
    bool ours = is_in_container(builder);
    if (ours
        && vocabulary_is_volatile(builder->feed->format, builder->uri,
                                  element)) {
        builder->skip = builder->depth;
        return;
    }
    canon_start(&builder->around, element);
    if (!ours)
        return;
    if (builder->feed->title_at == FEED_NONE
        && is_own(builder, element, "title"))
        capture(builder, &builder->feed->title_at);
    if (strcmp(element->name, "link") == 0)
        offer_link(builder, element);
}

static bool is_better(struct builder *builder, enum builder_field field,
                      unsigned rank)
{
    if (rank <= builder->rank[field])
        return false;
    builder->rank[field] = rank;
    return true;
}

static void start_atom_link(struct builder *builder,
                            const struct element *element)
{
    const struct attribute *rel = element_attribute(element, "", "rel");
    const struct attribute *href = element_attribute(element, "", "href");
    bool alternate =
        rel == NULL
        || (rel->value_len == 9 && memcmp(rel->value, "alternate", 9) == 0);
    if (href != NULL && alternate && is_better(builder, BUILDER_LINK, 1))
        keep_attribute(builder, &builder->current.link_at, href);
}

static void start_field(struct builder *builder, const struct element *element)
{
    struct feed_entry *entry = &builder->current;
    unsigned date =
        vocabulary_date_rank(builder->feed->format, builder->uri, element);
    const char *id = is_atom(builder) ? "id" : "guid";
    if (date > 0) {
        if (is_better(builder, BUILDER_UPDATED, date))
            capture(builder, &entry->updated_at);
    } else if (is_own(builder, element, id)) {
        if (is_better(builder, BUILDER_ID, 1))
            capture(builder, &entry->id_at);
    } else if (is_own(builder, element, "title")) {
        if (is_better(builder, BUILDER_TITLE, 1))
            capture(builder, &entry->title_at);
    } else if (is_own(builder, element, "link")) {
        if (is_atom(builder))
            start_atom_link(builder, element);
        else if (is_better(builder, BUILDER_LINK, 1))
            capture(builder, &entry->link_at);
    }
}

static void start_entry(struct builder *builder, const struct element *element,
                        size_t at)
{
    struct feed_entry *entry = &builder->current;
    *entry = (struct feed_entry){
        .start = at,
        .id_at = FEED_NONE,
        .link_at = FEED_NONE,
        .title_at = FEED_NONE,
        .updated_at = FEED_NONE,
    };
    memset(builder->rank, 0, sizeof builder->rank);
    builder->in_entry = true;
    canon_begin(&builder->entry);

    const struct attribute *about =
        builder->feed->format == DOCUMENT_RSS10
            ? element_attribute(element, VOCABULARY_RDF, "about")
            : NULL;
    if (about != NULL && is_better(builder, BUILDER_ID, 1))
        keep_attribute(builder, &entry->id_at, about);
}

static void start_root(struct builder *builder, const struct element *element)
{
    builder->feed->format = vocabulary_format(element, &builder->uri);
    builder->in_container = is_atom(builder);
    if (builder->feed->format == DOCUMENT_OTHER)
        builder->stopped = true;
    if (builder->uri == NULL)
        builder->uri = "";
}

static void start_container(struct builder *builder,
                            const struct element *element)
{
    // Which RSS an RDF document holds shows in its first child.
    if (builder->feed->format == DOCUMENT_RSS10 && *builder->uri == '\0'
        && vocabulary_rss10(element->uri) != NULL)
        builder->uri = vocabulary_rss10(element->uri);
    if (is_atom(builder) || !is_own(builder, element, "channel"))
        return;
    builder->in_container = true;
    move_base(builder, element);
}

void builder_start(struct builder *builder, const struct element *element,
                   size_t at)
{
    if (builder->depth == 0) {
        start_root(builder, element);
        move_base(builder, element);
    } else if (builder->depth == 1) {
        start_container(builder, element);
    }
    if (builder->stopped)
        return;

    if (!builder->in_entry && is_entry(builder, element))
        start_entry(builder, element, at);
    else if (builder->in_entry && builder->capture == NULL
             && builder->depth == entry_depth(builder) + 1)
        start_field(builder, element);

    if (builder->in_entry)
        canon_start(&builder->entry, element);
    else
        start_around(builder, element, at);
    builder->depth++;
    if (builder->depth > FEED_DEPTH_MAX)
        builder->stopped = true;
}

void builder_text(struct builder *builder, const char *text, size_t len)
{
    if (builder->capture != NULL)
        pool_add(&builder->feed->strings, text, len);
    if (builder->in_entry)
        canon_text(&builder->entry, text, len);
    else if (builder->skip == 0)
        canon_text(&builder->around, text, len);
}

static bool grow_entries(struct builder *builder)
{
    struct feed *feed = builder->feed;
    if (feed->entry_count == FEED_ENTRIES_MAX) {
        builder->stopped = true;
        return false;
    }
    if (feed->entry_count < builder->entries_max)
        return true;
    size_t max = builder->entries_max * 2 + 32;
    struct feed_entry *grown = realloc(feed->entries, max * sizeof *grown);
    if (grown == NULL) {
        builder->stopped = builder->no_memory = true;
        return false;
    }
    feed->entries = grown;
    builder->entries_max = max;
    return true;
}

// R124. One that has nothing of these is what it says.
static void identify(struct builder *builder, struct feed_entry *entry)
{
    const struct {
        char kind;
        size_t at;
    } names[] = {
        { 'i', entry->id_at },
        { 'l', entry->link_at },
        { 't', entry->title_at },
    };
    struct digest *digest = &builder->entry.digest;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].at == FEED_NONE)
            continue;
        const char *name = builder->feed->strings.bytes + names[i].at;
        digest_of(digest, names[i].kind, name, strlen(name), entry->id);
        return;
    }
    digest_of(digest, 'c', entry->content, sizeof entry->content, entry->id);
}

static void stop_entry(struct builder *builder, size_t at)
{
    struct feed_entry *entry = &builder->current;
    builder->in_entry = false;
    canon_end(&builder->entry, entry->content);
    // After a failed addition the offsets may lead nowhere.
    if (builder->feed->strings.failed || !grow_entries(builder))
        return;
    entry->end = at;
    identify(builder, entry);
    builder->feed->entries[builder->feed->entry_count++] = *entry;
}

static void stop_around(struct builder *builder, size_t at)
{
    struct feed *feed = builder->feed;
    if (builder->skip == 0) {
        canon_stop(&builder->around);
        return;
    }
    if (builder->skip == builder->depth)
        builder->skip = 0;
    if (builder->depth == 4 && feed->seat_count > 0
        && feed->seats[feed->seat_count - 1].end == 0)
        feed->seats[feed->seat_count - 1].end = at;
}

void builder_stop(struct builder *builder, size_t at)
{
    builder->depth--;
    if (builder->capture != NULL && builder->capture_depth == builder->depth)
        keep_captured(builder);

    if (builder->in_entry) {
        canon_stop(&builder->entry);
        if (builder->depth == entry_depth(builder))
            stop_entry(builder, at);
    } else {
        stop_around(builder, at);
    }
    if (builder->depth == 1 && !is_atom(builder))
        builder->in_container = false;
}

void builder_finish(struct builder *builder)
{
    canon_end(&builder->around, builder->feed->around);
}
