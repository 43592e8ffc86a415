// SPDX-License-Identifier: MIT

#include "child.h"

#include <string.h>

static bool is_atom(const struct builder *builder)
{
    return vocabulary_is_atom(builder->root.format);
}

// Which of several links is the entry's own. 0: this is none.
static unsigned rank_link(const struct element *element, unsigned rank)
{
    static const char registered[] =
        "http://www.iana.org/assignments/relation/alternate";
    const struct attribute *rel = element_attribute(element, "", "rel");
    const struct attribute *type = element_attribute(element, "", "type");
    if (rel != NULL && !attribute_is(rel, "alternate")
        && !attribute_is(rel, registered))
        return 0;
    bool page = type == NULL || attribute_is(type, "text/html")
                || attribute_is(type, "application/xhtml+xml");
    return rank * 2 - !page;
}

static const char *base_of(struct builder *builder,
                           const struct element *element)
{
    const char *base =
        builder->entry_based ? builder->entry_base : builder->base;
    return builder_base(builder, element, base, builder->own_base);
}

void child_offer(struct builder *builder, const struct element *element,
                 enum vocabulary_field field, unsigned rank,
                 const struct attribute *attribute)
{
    const char *base = base_of(builder, element);
    const struct item_value value = {
        .field = field,
        .rank = rank,
        .base = builder_may_resolve(builder, base) ? base : NULL,
        .bytes = attribute->value,
        .len = attribute->value_len,
    };
    item_offer(&builder->item, &value);
}

static void start_field(struct builder *builder, const struct element *element,
                        bool own)
{
    const unsigned *known = builder->item.rank;
    enum vocabulary_field field = VOCABULARY_FIELDS;
    unsigned rank = vocabulary_rank(builder->root.format, own, element, &field);
    if (rank == 0)
        return;
    if (field == VOCABULARY_LINK) {
        const struct attribute *href = element_attribute(element, "", "href");
        if (href != NULL) {
            child_offer(builder, element, field, rank_link(element, rank),
                        href);
            return;
        }
        rank = is_atom(builder) ? 1 : rank * 2;
    }
    // What an entry says is wanted only of one that has nothing else.
    if (rank <= known[field]
        || (field == VOCABULARY_BODY
            && (known[VOCABULARY_ID] > 0 || known[VOCABULARY_LINK] > 0
                || known[VOCABULARY_TITLE] > 0)))
        return;
    builder_collect(builder, BUILDER_FIELD, field, rank);
    // The base of a text is asked for when it ends; it stands till then.
    if (base_of(builder, element) != builder->own_base)
        builder->own_base[0] = '\0';
    if (field == VOCABULARY_TITLE)
        builder->capture.mode = builder_mode(builder, element);
    if (field == VOCABULARY_ID
        && vocabulary_is(builder->root.format, element, "guid")) {
        const struct attribute *is =
            element_attribute(element, "", "isPermaLink");
        builder->item.permalink = is == NULL || !attribute_is(is, "false");
    }
}

static void name_part(struct builder *builder, struct feed_part *part,
                      const struct element *element)
{
    struct pool *strings = &builder->feed->strings;
    const char *prefix = vocabulary_prefix(element->uri);
    part->name_at = strings->len;
    if (!builder_owns(builder, element) && prefix != NULL) {
        pool_add(strings, prefix, strlen(prefix));
        pool_add(strings, ":", 1);
    } else if (!builder_owns(builder, element) && *element->uri != '\0') {
        pool_add(strings, "{", 1);
        pool_add(strings, element->uri, strlen(element->uri));
        pool_add(strings, "}", 1);
    }
    pool_add(strings, element->name, strlen(element->name) + 1);
}

static void start_part(struct builder *builder, const struct element *element)
{
    struct feed *feed = builder->feed;
    void *grown =
        builder_grow(builder, feed->parts, sizeof *feed->parts,
                     feed->part_count, &builder->parts_max, FEED_PARTS_MAX);
    if (grown == NULL) {
        builder->stopped = true;
        return;
    }
    feed->parts = grown;
    struct feed_part *part = &feed->parts[feed->part_count++];
    *part = (struct feed_part){ 0 };
    builder->current.part_count++;
    name_part(builder, part, element);
    part->ignored = canon_hides(builder->part.noise, element);
    canon_begin(&builder->part, false);
    canon_begin(&builder->whole_part, false);
}

void child_stop(struct builder *builder)
{
    struct feed_part *part =
        &builder->feed->parts[builder->feed->part_count - 1];
    canon_end(&builder->part, part->content);
    canon_end(&builder->whole_part, part->all);
}

// Its own attributes are a part as well, told by its tag without what is in it.
void child_start_own(struct builder *builder, const struct element *element)
{
    const struct element own = {
        .uri = element->uri,
        .name = "@",
        .attributes = element->attributes,
        .attribute_count = element->attribute_count,
    };
    start_part(builder, &own);
    if (builder->stopped)
        return;
    canon_start(&builder->part, element);
    canon_start(&builder->whole_part, element);
    child_stop(builder);
}

// A link as it would be without an xml:base. False: it is such already.
static bool unbase(struct builder *builder, const struct element *element,
                   struct attribute attributes[CHILD_BASED_MAX],
                   struct element *out)
{
    const char *inherited =
        builder->entry_based ? builder->entry_base : builder->base;
    if (element->attribute_count > CHILD_BASED_MAX
        || !canon_is(element->name, "link"))
        return false;
    const char *base = base_of(builder, element);
    if (base == inherited && !builder->based && !builder->entry_based)
        return false;
    const struct attribute *href = element_attribute(element, "", "href");
    char reference[URL_MAX + 1];
    static _Thread_local char absolute[URL_MAX + 1];
    if (href == NULL || href->value_len > URL_MAX)
        return false;
    memcpy(reference, href->value, href->value_len);
    reference[href->value_len] = '\0';
    if (!builder_may_resolve(builder, base)
        || !url_resolve(base, reference, absolute, sizeof absolute))
        return false;
    *out = *element;
    out->attributes = attributes;
    out->attribute_count = 0;
    for (size_t i = 0; i < element->attribute_count; i++) {
        const struct attribute *from = &element->attributes[i];
        if (canon_is(from->name, "base") && canon_is(from->uri, VOCABULARY_XML))
            continue;
        attributes[out->attribute_count] = *from;
        if (from == href) {
            attributes[out->attribute_count].value = absolute;
            attributes[out->attribute_count].value_len = strlen(absolute);
        }
        out->attribute_count++;
    }
    return true;
}

// A child of the entry.
void child_start(struct builder *builder, const struct element *element,
                 struct attribute attributes[CHILD_BASED_MAX],
                 struct element *read)
{
    bool own = builder_owns(builder, element);
    if (builder->capture.kind == BUILDER_NOTHING)
        start_field(builder, element, own);
    builder->in_source =
        canon_is(element->name, "source")
        && (is_atom(builder) ? own
                             : strcmp(element->uri, VOCABULARY_ATOM10) == 0);
    if (builder->input->parts)
        start_part(builder, element);
    if (!unbase(builder, element, attributes, read))
        *read = *element;
}

void child_take(struct builder *builder)
{
    const struct builder_capture *capture = &builder->capture;
    const char *base =
        builder->entry_based ? builder->entry_base : builder->base;
    if (builder->own_base[0] != '\0')
        base = builder->own_base;
    const struct item_value value = {
        .field = (enum vocabulary_field)capture->what,
        .rank = capture->rank,
        .mode = capture->mode,
        .base = capture->what != VOCABULARY_LINK
                        || builder_may_resolve(builder, base)
                    ? base
                    : NULL,
        .bytes = capture->text.bytes,
        .len = capture->text.len,
    };
    item_offer(&builder->item, &value);
}
