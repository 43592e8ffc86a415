// SPDX-License-Identifier: MIT

#include "mend.h"

#include "ahead.h"
#include "chardata.h"
#include "document.h"
#include "nesting.h"
#include "subset.h"
#include "tag.h"
#include "words.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

// markup.h's limit of a tag, with room for what quotes and references need.
enum { TAG_OUT_MAX = 60 * 1024, SLACK = 64 * 1024, GROWTH = 3 };

// How far may be looked ahead altogether for ends that may be missing.
enum { SIGHT = 4 };

enum state { BEFORE, WITHIN, AFTER };

struct mend {
    const char *text;
    size_t len;
    struct mended *out;
    enum state state;
    struct ahead ahead;
    struct subset subset;
    struct chardata data;
    struct nesting nesting;
    struct tag tag;
    unsigned repairs;
    bool seen_tag, seen_doctype;
};

static void repair(struct mend *mend, unsigned what)
{
    mend->repairs |= what;
}

static void add(struct mend *mend, const char *text)
{
    pool_add(&mend->out->text, text, strlen(text));
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool starts(const struct mend *mend, size_t at, const char *with)
{
    size_t n = strlen(with);
    return mend->len - at >= n && strncasecmp(mend->text + at, with, n) == 0;
}

// Something that belongs to no feed, outside of the root.
static void note_junk(struct mend *mend)
{
    repair(mend, mend->state == BEFORE ? DOCUMENT_REPAIR_LEADING
                                       : DOCUMENT_REPAIR_TRAILING);
}

static void take_text(struct mend *mend, size_t from, size_t to)
{
    if (mend->state == WITHIN) {
        chardata_text(&mend->data, mend->text + from, to - from);
        return;
    }
    while (from < to && is_blank(mend->text[from]))
        from++;
    if (from < to)
        note_junk(mend);
}

// Does an entry start or end in here?
static bool has_entry_tag(const struct mend *mend, size_t from, size_t to)
{
    static const char *const marks[] = { "<item", "</item", "<entry",
                                         "</entry" };
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (memmem(mend->text + from, to - from, marks[i], strlen(marks[i]))
            != NULL)
            return true;
    return false;
}

static size_t take_comment(struct mend *mend, size_t at)
{
    size_t from = at + strlen("<!--");
    size_t end = ahead_find(&mend->ahead, AHEAD_COMMENT_END, from);
    size_t other = ahead_find(&mend->ahead, AHEAD_COMMENT, from);
    // Not closed: it must not take what follows with it.
    if (end == mend->len || (other < end && has_entry_tag(mend, from, other))) {
        repair(mend, DOCUMENT_REPAIR_TAGS);
        return from;
    }
    if (memmem(mend->text + from, end - from, "--", 2) != NULL)
        repair(mend, DOCUMENT_REPAIR_TAGS);
    return end + strlen("-->");
}

static size_t take_instruction(struct mend *mend, size_t at)
{
    size_t end = ahead_past(&mend->ahead, AHEAD_INSTRUCTION_END, at + 2);
    size_t less = ahead_find(&mend->ahead, AHEAD_LESS, at + 2);
    size_t greater = ahead_past(&mend->ahead, AHEAD_GREATER, at + 2);
    bool declares = starts(mend, at, "<?xml") && mend->len - at > 5
                    && is_blank(mend->text[at + 5]);
    if (declares && at > 0)
        repair(mend, mend->state == BEFORE ? DOCUMENT_REPAIR_LEADING
                                           : DOCUMENT_REPAIR_TAGS);
    if (end > less && greater <= less) {
        repair(mend, DOCUMENT_REPAIR_TAGS);
        return greater;
    }
    return end;
}

static size_t take_declaration(struct mend *mend, size_t at)
{
    size_t simple = ahead_past(&mend->ahead, AHEAD_GREATER, at);
    if (mend->state != BEFORE || mend->seen_doctype
        || !starts(mend, at, "<!DOCTYPE")) {
        repair(mend, mend->state == WITHIN ? DOCUMENT_REPAIR_TAGS : 0);
        return simple;
    }
    bool declares;
    mend->seen_doctype = true;
    size_t end =
        subset_read(mend->text, mend->len, at, &mend->subset, &declares);
    if (declares || end == mend->len)
        repair(mend, DOCUMENT_REPAIR_DOCTYPE);
    return end < mend->len ? end : simple;
}

// Where the end tag of what is open stands; `to`: nowhere before it.
static size_t find_stop(const struct mend *mend, size_t from, size_t to)
{
    char mark[TAG_NAME_MAX + 2] = "</";
    size_t len;
    const char *name = nesting_top(&mend->nesting, &len);
    if (name == NULL || len > TAG_NAME_MAX)
        return to;
    memcpy(mark + 2, name, len);
    const char *found = memmem(mend->text + from, to - from, mark, len + 2);
    return found != NULL ? (size_t)(found - mend->text) : to;
}

// A section that is not closed ends where its element does.
static size_t take_section(struct mend *mend, size_t at)
{
    size_t from = at + strlen("<![CDATA[");
    if (mend->state != WITHIN) {
        note_junk(mend);
        return from;
    }
    size_t end = ahead_find(&mend->ahead, AHEAD_CDATA_END, from);
    size_t other = ahead_find(&mend->ahead, AHEAD_CDATA, from);
    size_t next = ahead_past(&mend->ahead, AHEAD_CDATA_END, from);
    if (end == mend->len || other < end) {
        size_t reach = other < end ? other : end;
        size_t stop = find_stop(mend, from, reach);
        if (stop < reach) {
            repair(mend, DOCUMENT_REPAIR_TAGS);
            end = next = stop;
        }
    }
    add(mend, "<![CDATA[");
    chardata_section(&mend->data, mend->text + from, end - from);
    add(mend, "]]>");
    return next;
}

static void write_attribute(struct mend *mend,
                            const struct tag_attribute *attribute)
{
    char quote = attribute->quote == '\'' ? '\'' : '"';
    pool_add(&mend->out->text, " ", 1);
    pool_add(&mend->out->text, mend->text + attribute->name,
             attribute->name_len);
    pool_add(&mend->out->text, "=", 1);
    pool_add(&mend->out->text, &quote, 1);
    chardata_value(&mend->data, mend->text + attribute->value,
                   attribute->value_len, quote);
    pool_add(&mend->out->text, &quote, 1);
}

static void write_attributes(struct mend *mend, size_t start)
{
    const struct tag *tag = &mend->tag;
    struct pool *out = &mend->out->text;
    for (size_t i = 0; i < tag->count; i++) {
        size_t before = out->len;
        write_attribute(mend, &tag->attributes[i]);
        if (out->len - start > TAG_OUT_MAX) {
            repair(mend, DOCUMENT_REPAIR_ATTRIBUTES);
            out->len = before;
        }
    }
}

// "<br>" that "</br>" does not follow.
static bool is_unpaired(const struct mend *mend, const char *name, size_t len)
{
    const struct tag *tag = &mend->tag;
    return nesting_is_void(&mend->nesting, name, len)
           && !(mend->len - tag->end > len + 2
                && memcmp(mend->text + tag->end, "</", 2) == 0
                && memcmp(mend->text + tag->end + 2, name, len) == 0);
}

static void write_start(struct mend *mend, size_t at)
{
    const struct tag *tag = &mend->tag;
    struct pool *out = &mend->out->text;
    size_t len;
    const char *name = nesting_name(&mend->nesting, mend->text + tag->name,
                                    tag->name_len, &len);
    if (len != tag->name_len || memcmp(name, mend->text + tag->name, len) != 0)
        repair(mend, DOCUMENT_REPAIR_TAGS);
    bool empty = tag->empty;
    if (!empty && is_unpaired(mend, name, len)) {
        repair(mend, DOCUMENT_REPAIR_TAGS);
        empty = true;
    }
    size_t start = out->len;
    pool_add(out, "<", 1);
    pool_add(out, name, len);
    write_attributes(mend, start);
    add(mend, empty ? "/>" : ">");
    nesting_push(&mend->nesting, start, len, at, tag->end, empty);
}

static size_t take_start(struct mend *mend, size_t at)
{
    const struct tag *tag = &mend->tag;
    const char *name = mend->text + tag->name;
    if (mend->state == AFTER) {
        note_junk(mend);
        return tag->end;
    }
    bool first = !mend->seen_tag;
    mend->seen_tag = true;
    if (mend->state == BEFORE && !words_is_root(name, tag->name_len, first)) {
        note_junk(mend);
        return at + 1;
    }
    bool root = mend->state == BEFORE;
    mend->state = WITHIN;
    repair(mend, tag->repairs);
    if (root || nesting_start(&mend->nesting, name, tag->name_len, at))
        write_start(mend, at);
    if (root && mend->nesting.depth == 0)
        mend->state = AFTER;
    return tag->end;
}

static size_t take_stop(struct mend *mend, size_t at)
{
    const struct tag *tag = &mend->tag;
    if (mend->state != WITHIN) {
        note_junk(mend);
        return tag->end;
    }
    repair(mend, tag->repairs);
    nesting_stop(&mend->nesting, mend->text + tag->name, tag->name_len, at,
                 tag->end);
    if (mend->nesting.depth == 0)
        mend->state = AFTER;
    return tag->end;
}

static size_t take_tag(struct mend *mend, size_t at)
{
    enum tag_kind kind = tag_read(&mend->ahead, at, &mend->tag);
    if (kind == TAG_FOUND)
        return mend->tag.closing ? take_stop(mend, at) : take_start(mend, at);
    if (kind == TAG_NONE) {
        take_text(mend, at, at + 1);
        return at + 1;
    }
    if (mend->state != WITHIN)
        note_junk(mend);
    return mend->len;
}

static size_t take_markup(struct mend *mend, size_t at)
{
    if (starts(mend, at, "<!--"))
        return take_comment(mend, at);
    if (starts(mend, at, "<![CDATA["))
        return take_section(mend, at);
    if (starts(mend, at, "<?"))
        return take_instruction(mend, at);
    if (starts(mend, at, "<!"))
        return take_declaration(mend, at);
    return take_tag(mend, at);
}

static bool is_too_long(const struct mend *mend)
{
    return mend->out->text.len > mend->data.max;
}

static void run(struct mend *mend)
{
    for (size_t at = 0;
         at < mend->len && !is_too_long(mend) && !mend->out->text.failed;) {
        if (mend->state == AFTER && (mend->repairs & DOCUMENT_REPAIR_TRAILING))
            return;
        size_t next = ahead_find(&mend->ahead, AHEAD_LESS, at);
        take_text(mend, at, next);
        at = next < mend->len ? take_markup(mend, next) : next;
    }
}

static void finish(struct mend *mend)
{
    struct mended *out = mend->out;
    if (is_too_long(mend)) {
        out->text.len = 0;
        return;
    }
    if (mend->state == WITHIN)
        out->incomplete =
            nesting_finish(&mend->nesting, &out->tail, &out->ends);
    out->repairs = mend->repairs | mend->data.repairs | mend->nesting.repairs;
}

static struct mend *open_mend(const char *text, size_t len, struct mended *out)
{
    struct mend *mend = calloc(1, sizeof *mend);
    if (mend == NULL)
        return NULL;
    mend->text = text;
    mend->len = len;
    mend->out = out;
    mend->data.out = &out->text;
    mend->data.own = &mend->subset;
    mend->data.max = len * GROWTH + SLACK;
    mend->nesting.text = text;
    mend->nesting.len = len;
    mend->nesting.sight = SIGHT * len;
    mend->nesting.out = &out->text;
    mend->nesting.places = &out->places;
    ahead_open(&mend->ahead, text, len);
    return mend;
}

bool mend_make(const char *text, size_t len, struct mended *out)
{
    *out = (struct mended){ .tail = SIZE_MAX, .ends = SIZE_MAX };
    struct mend *mend = open_mend(text, len, out);
    if (mend == NULL)
        return false;
    run(mend);
    finish(mend);
    free(mend);
    return !out->text.failed;
}

void mend_clear(struct mended *mended)
{
    pool_clear(&mended->text);
    places_clear(&mended->places);
}
