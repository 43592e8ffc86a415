// SPDX-License-Identifier: MIT

#include "surroundings.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DAY = 86400, YEAR = 365 * DAY };

// The depth at which the feed's own title and links are.
static unsigned child_depth(const struct builder *builder)
{
    return builder->root.shape == VOCABULARY_RSS ? 2 : 1;
}

static void offer_link(struct builder *builder, const struct element *element)
{
    const struct attribute *rel = element_attribute(element, "", "rel");
    const struct attribute *href = element_attribute(element, "", "href");
    char target[URL_MAX + 1];
    if (rel == NULL || href == NULL || href->value_len > URL_MAX)
        return;
    memcpy(target, href->value, href->value_len);
    target[href->value_len] = '\0';
    const char *base =
        builder_base(builder, element, builder->base, builder->own_base);
    if (!builder_may_resolve(builder, base))
        return;
    link_offer(builder->links, base, rel->value, rel->value_len, target);
}

// Links are Atom's, in RSS too; its namespace is often written almost rightly.
static bool is_link(const struct element *element, bool own)
{
    return strcmp(element->name, "link") == 0
           && (own || strcmp(element->uri, VOCABULARY_ATOM03) == 0
               || strncasecmp(element->uri, VOCABULARY_ATOM10,
                              strlen(VOCABULARY_ATOM10))
                      == 0);
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
    if (resource == NULL)
        return;
    void *grown =
        builder_grow(builder, feed->seats, sizeof *feed->seats,
                     feed->seat_count, &builder->seats_max, FEED_ENTRIES_MAX);
    if (grown == NULL)
        return;
    feed->seats = grown;
    struct feed_seat *seat = &feed->seats[feed->seat_count++];
    *seat = (struct feed_seat){ .start = at };
    digest_of(&builder->names, 'i', resource->value, resource->value_len,
              seat->id);
}

static void note_deleted(struct builder *builder, const struct element *element)
{
    struct feed *feed = builder->feed;
    const struct attribute *ref = element_attribute(element, "", "ref");
    if (strcmp(element->name, "deleted-entry") != 0 || ref == NULL)
        return;
    void *grown = builder_grow(builder, feed->deleted, sizeof *feed->deleted,
                               feed->deleted_count, &builder->deleted_max,
                               FEED_DELETED_MAX);
    if (grown == NULL)
        return;
    feed->deleted = grown;
    const char *text = ref->value;
    size_t len = ref->value_len;
    while (len > 0 && memchr(" \t\r\n", *text, 4) != NULL) {
        text++;
        len--;
    }
    while (len > 0 && memchr(" \t\r\n", text[len - 1], 4) != NULL)
        len--;
    digest_of(&builder->names, 'i', text, len,
              feed->deleted[feed->deleted_count++]);
}

// skipHours and skipDays hold theirs one level deeper.
static void start_hint(struct builder *builder, const struct element *element,
                       bool own)
{
    enum vocabulary_hint hint = vocabulary_hint(own, element);
    bool inner = hint == VOCABULARY_HOUR || hint == VOCABULARY_DAY;
    if (hint != VOCABULARY_NO_HINT && builder->capture.kind == BUILDER_NOTHING
        && builder->depth == child_depth(builder) + inner)
        builder_collect(builder, BUILDER_HINT, hint, 1);
}

static void start_title(struct builder *builder, const struct element *element,
                        bool own)
{
    enum vocabulary_field field = VOCABULARY_BODY;
    unsigned rank =
        vocabulary_rank(builder->feed->format, own, element, &field);
    if (field == VOCABULARY_TITLE && rank > builder->title_rank
        && builder->capture.kind == BUILDER_NOTHING) {
        builder_collect(builder, BUILDER_FEED_TITLE, field, rank);
        builder->capture.mode = builder_mode(builder, element);
    }
}

// RSS 1.1 has the items within its list of them.
static bool is_volatile(const struct builder *builder,
                        const struct element *element, bool own)
{
    return vocabulary_is_volatile(builder->feed->format, own, element)
           && (builder->root.shape != VOCABULARY_CHANNEL || !own
               || !vocabulary_is(builder->feed->format, element, "items"));
}

void surroundings_start(struct builder *builder, const struct element *element,
                        bool own, size_t at)
{
    bool ours = builder->in_container && builder->depth == child_depth(builder);
    if (ours || builder->skip > 0)
        start_hint(builder, element, own);
    if (builder->skip > 0) {
        note_seat(builder, element, at);
        return;
    }
    if (ours && is_volatile(builder, element, own)) {
        note_deleted(builder, element);
        builder->skip = builder->depth;
        return;
    }
    canon_start(&builder->around, element);
    if (!ours)
        return;
    start_title(builder, element, own);
    if (is_link(element, own))
        offer_link(builder, element);
}

void surroundings_stop(struct builder *builder, size_t at)
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

static uint32_t number_of(const char *text, uint32_t max)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    return end == text || *text == '-' ? 0
           : value < max               ? (uint32_t)value
                                       : max;
}

static uint32_t period_of(const char *text)
{
    static const struct {
        const char *name;
        uint32_t seconds;
    } periods[] = {
        { "hourly", 3600 },      { "daily", DAY },   { "weekly", 7 * DAY },
        { "monthly", 30 * DAY }, { "yearly", YEAR },
    };
    for (size_t i = 0; i < sizeof periods / sizeof periods[0]; i++)
        if (strcasecmp(periods[i].name, text) == 0)
            return periods[i].seconds;
    return 0;
}

static uint8_t day_of(const char *text)
{
    static const char *const days[] = { "sun", "mon", "tue", "wed",
                                        "thu", "fri", "sat" };
    for (unsigned i = 0; i < 7; i++)
        if (strncasecmp(days[i], text, 3) == 0)
            return (uint8_t)(1U << i);
    return 0;
}

static void take_hint(struct builder *builder, const char *text)
{
    struct document_hints *hints = &builder->feed->hints;
    switch ((enum vocabulary_hint)builder->capture.what) {
    case VOCABULARY_TTL:
        hints->ttl = number_of(text, YEAR / 60) * 60;
        break;
    case VOCABULARY_PERIOD:
        builder->period = period_of(text);
        break;
    case VOCABULARY_FREQUENCY:
        builder->frequency = number_of(text, YEAR);
        break;
    case VOCABULARY_HOUR:
        // RSS 0.91 counts from 1 to 24, later ones from 0 to 23.
        if (*text >= '0' && *text <= '9' && number_of(text, 25) <= 24)
            hints->skip_hours |= 1U << number_of(text, 25) % 24;
        break;
    case VOCABULARY_DAY:
        hints->skip_days |= day_of(text);
        break;
    case VOCABULARY_NO_HINT:
        break;
    }
}

void surroundings_take(struct builder *builder)
{
    struct builder_capture *capture = &builder->capture;
    struct pool *strings = &builder->feed->strings;
    if (capture->kind == BUILDER_FEED_TITLE) {
        struct pool *scratch = &builder->item.scratch;
        scratch->len = 0;
        item_title(scratch, capture->mode, capture->text.bytes,
                   capture->text.len);
        size_t at = item_string(strings, scratch->bytes, scratch->len);
        if (at == FEED_NONE)
            return;
        builder->feed->title_at = at;
        builder->title_rank = capture->rank;
        return;
    }
    size_t from = strings->len;
    size_t at = item_string(strings, capture->text.bytes, capture->text.len);
    if (at == FEED_NONE)
        return;
    take_hint(builder, strings->bytes + at);
    strings->len = from;
}

// The module's words when one of them is missing: daily, and once.
void surroundings_finish(struct builder *builder)
{
    if (builder->period == 0 && builder->frequency == 0)
        return;
    uint32_t period = builder->period > 0 ? builder->period : DAY;
    uint32_t frequency = builder->frequency > 0 ? builder->frequency : 1;
    builder->feed->hints.period =
        period / frequency > 0 ? period / frequency : 1;
}
