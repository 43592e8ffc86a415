// SPDX-License-Identifier: MIT

#include "item.h"

#include "date.h"
#include "plain.h"
#include "strip.h"
#include "url.h"

#include <string.h>
#include <strings.h>

static const int64_t EARLIEST = INT64_C(631152000); // 1990

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void trim(const char **bytes, size_t *len)
{
    while (*len > 0 && is_blank((*bytes)[*len - 1]))
        (*len)--;
    while (*len > 0 && is_blank(**bytes)) {
        (*bytes)++;
        (*len)--;
    }
}

void item_begin(struct item *item)
{
    for (size_t i = 0; i < VOCABULARY_FIELDS; i++) {
        item->fields[i].len = 0;
        item->rank[i] = 0;
    }
    item->link.len = 0;
    item->permalink = false;
    item->mode = ITEM_TEXT;
}

void item_clear(struct item *item)
{
    for (size_t i = 0; i < VOCABULARY_FIELDS; i++)
        pool_clear(&item->fields[i]);
    pool_clear(&item->link);
    pool_clear(&item->scratch);
}

bool item_failed(const struct item *item)
{
    bool failed = item->link.failed || item->scratch.failed;
    for (size_t i = 0; i < VOCABULARY_FIELDS; i++)
        failed = failed || item->fields[i].failed;
    return failed;
}

static bool has_scheme(const char *link, size_t len)
{
    size_t at = 0;
    while (at < len
           && ((link[at] >= 'a' && link[at] <= 'z')
               || (link[at] >= 'A' && link[at] <= 'Z')
               || (at > 0 && memchr("0123456789+-.", link[at], 13) != NULL)))
        at++;
    return at > 0 && at < len && link[at] == ':';
}

static void resolve(struct item *item, const char *base, const char *link,
                    size_t len)
{
    char reference[URL_MAX + 1], absolute[URL_MAX + 1];
    item->link.len = 0;
    if (base == NULL || *base == '\0' || len > URL_MAX || has_scheme(link, len))
        return;
    // Two entries may differ in their places on one page alone.
    const char *fragment = memchr(link, '#', len);
    size_t page = fragment != NULL ? (size_t)(fragment - link) : len;
    memcpy(reference, link, page);
    reference[page] = '\0';
    if (!url_resolve(base, reference, absolute, sizeof absolute))
        return;
    pool_add(&item->link, absolute, strlen(absolute));
    pool_add(&item->link, link + page, len - page);
}

void item_offer(struct item *item, const struct item_value *value)
{
    const char *bytes = value->bytes;
    size_t len = value->len;
    struct pool *field = &item->fields[value->field];
    trim(&bytes, &len);
    if (len == 0 || value->rank <= item->rank[value->field])
        return;
    item->rank[value->field] = value->rank;
    field->len = 0;
    pool_add(field, bytes, len);
    if (value->field == VOCABULARY_LINK)
        resolve(item, value->base, bytes, len);
    else if (value->field == VOCABULARY_TITLE)
        item->mode = value->mode;
}

void item_title(struct pool *out, enum item_mode mode, const char *bytes,
                size_t len)
{
    if (mode == ITEM_HTML)
        plain_html(out, bytes, len);
    else if (mode == ITEM_BASE64)
        plain_base64(out, bytes, len);
    else
        pool_add(out, bytes, len);
}

void item_digest_link(struct digest *digest, struct pool *scratch,
                      const char *link, size_t len, uint8_t out[DIGEST_SIZE])
{
    if (memchr(link, '=', len) != NULL) {
        scratch->len = 0;
        pool_add(scratch, link, len);
        if (scratch->failed)
            return;
        link = scratch->bytes;
        len = strip_text(noise_default(), scratch->bytes, len);
    }
    digest_of(digest, 'l', link, len, out);
}

void item_identify(struct item *item, struct digest *digest,
                   struct feed_entry *entry)
{
    static const struct {
        enum vocabulary_field field;
        char kind;
    } names[] = {
        { VOCABULARY_ID, 'i' },
        { VOCABULARY_LINK, 'l' },
        { VOCABULARY_TITLE, 't' },
        { VOCABULARY_BODY, 'd' },
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct pool *field = &item->fields[names[i].field];
        if (item->rank[names[i].field] == 0 || field->failed)
            continue;
        if (names[i].field == VOCABULARY_LINK)
            item_digest_link(digest, &item->scratch, field->bytes, field->len,
                             entry->id);
        else
            digest_of(digest, names[i].kind, field->bytes, field->len,
                      entry->id);
        return;
    }
    digest_of(digest, 'c', entry->content, sizeof entry->content, entry->id);
}

size_t item_string(struct pool *strings, const char *bytes, size_t len)
{
    trim(&bytes, &len);
    size_t at = strings->len;
    if (len == 0)
        return FEED_NONE;
    pool_add(strings, bytes, len);
    pool_add(strings, "", 1);
    return strings->failed ? FEED_NONE : at;
}

void item_note_date(struct document_hints *hints, const char *text,
                    uint32_t today)
{
    enum { MAX = sizeof hints->dates / sizeof hints->dates[0] };
    int64_t date;
    if (!date_read(text, &date) || date < EARLIEST
        || (today > 0 && date >= ((int64_t)today + 2) * 86400))
        return;
    size_t at = hints->date_count;
    if (at == MAX && date <= hints->dates[MAX - 1])
        return;
    if (at == MAX)
        at--;
    else
        hints->date_count++;
    for (; at > 0 && hints->dates[at - 1] < date; at--)
        hints->dates[at] = hints->dates[at - 1];
    hints->dates[at] = date;
}

static size_t keep(const struct item *item, enum vocabulary_field field,
                   struct pool *strings)
{
    return item->rank[field] == 0
               ? FEED_NONE
               : item_string(strings, item->fields[field].bytes,
                             item->fields[field].len);
}

static bool is_web(const struct pool *id)
{
    return (id->len > 7 && strncasecmp(id->bytes, "http://", 7) == 0)
           || (id->len > 8 && strncasecmp(id->bytes, "https://", 8) == 0);
}

void item_keep(struct item *item, struct feed *feed, struct feed_entry *entry,
               uint32_t today)
{
    struct pool *strings = &feed->strings;
    entry->id_at = keep(item, VOCABULARY_ID, strings);
    entry->updated_at = keep(item, VOCABULARY_UPDATED, strings);
    if (item->link.len > 0)
        entry->link_at = item_string(strings, item->link.bytes, item->link.len);
    else
        entry->link_at = keep(item, VOCABULARY_LINK, strings);
    if (entry->link_at == FEED_NONE && item->permalink
        && item->rank[VOCABULARY_ID] > 0
        && is_web(&item->fields[VOCABULARY_ID]))
        entry->link_at = entry->id_at;

    const struct pool *title = &item->fields[VOCABULARY_TITLE];
    entry->title_at = FEED_NONE;
    if (item->rank[VOCABULARY_TITLE] > 0) {
        item->scratch.len = 0;
        item_title(&item->scratch, item->mode, title->bytes, title->len);
        entry->title_at =
            item_string(strings, item->scratch.bytes, item->scratch.len);
    }
    if (entry->updated_at != FEED_NONE && !strings->failed)
        item_note_date(&feed->hints, strings->bytes + entry->updated_at, today);
}
