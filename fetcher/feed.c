// SPDX-License-Identifier: MIT

#include "feed.h"

#include "builder.h"
#include "entity.h"
#include "markup.h"
#include "mend.h"
#include "prefix.h"
#include "scan.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

// Its table of names stops growing at 16,384 places: with a million different
// names it takes 17 s over 9 MB.
enum { NAMES_MAX = 10000 };

struct reader {
    xmlParserCtxtPtr parser;
    const char *text;
    size_t len;
    size_t skipped; // blanks before the document
    unsigned namespaces;
    bool refused, no_memory;
    unsigned repairs; // bits of enum document_repair
    struct builder builder;
    struct attribute attributes[CANON_ATTRIBUTES_MAX];
    struct pool values; // of this tag's attributes, where they were unescaped
    size_t value_at[CANON_ATTRIBUTES_MAX];
};

static void refuse(struct reader *reader)
{
    reader->refused = true;
    xmlStopParser(reader->parser);
}

// First thing in every event. libxml2 is told to go on after an error, and
// stopped here: within an error it still holds pointers to what stopping
// frees, and without events nobody could stop it any more.
static bool goes_on(struct reader *reader)
{
    if (reader->parser->wellFormed && !reader->refused
        && xmlDictSize(reader->parser->dict) <= NAMES_MAX)
        return true;
    refuse(reader);
    return false;
}

// What libxml2 has taken, counted from the start of the text. True as long
// as it decodes nothing: it was told to ignore the declared encoding.
static size_t place(const struct reader *reader)
{
    const xmlParserInput *input = reader->parser->input;
    size_t at =
        reader->skipped + input->consumed + (size_t)(input->cur - input->base);
    return at <= reader->len ? at : reader->len;
}

static const char *text_of(const xmlChar *text)
{
    return text != NULL ? (const char *)text : "";
}

// A prefix that was never declared means what it usually does; one without
// such a use is none of ours.
static const char *uri_of(struct reader *reader, const xmlChar *prefix,
                          const xmlChar *uri)
{
    if (prefix == NULL || uri != NULL)
        return text_of(uri);
    reader->repairs |= DOCUMENT_REPAIR_PREFIX;
    const char *usual = prefix_uri((const char *)prefix);
    return usual != NULL ? usual : "?";
}

// libxml2 leaves an ampersand in a value as "&#38;", for a tree builder to undo
// (xmlParseAttValueComplex), whichever way it was written.
static size_t unescape(struct pool *values, const char *value, size_t len)
{
    static const char escape[] = "&#38;";
    size_t at = values->len;
    while (len > 0) {
        const char *found = memmem(value, len, escape, sizeof escape - 1);
        if (found == NULL) {
            pool_add(values, value, len);
            break;
        }
        size_t taken = (size_t)(found - value) + sizeof escape - 1;
        pool_add(values, value, (size_t)(found - value) + 1);
        value += taken;
        len -= taken;
    }
    return at;
}

// Five pointers each: name, prefix, URI, start and end of the value.
static void read_attributes(struct reader *reader, const xmlChar **attributes,
                            size_t count)
{
    reader->values.len = 0;
    for (size_t i = 0; i < count; i++) {
        const xmlChar **from = attributes + i * 5;
        struct attribute *attribute = &reader->attributes[i];
        *attribute = (struct attribute){
            .uri = uri_of(reader, from[1], from[2]),
            .name = text_of(from[0]),
            .value = text_of(from[3]),
            .value_len = (size_t)(from[4] - from[3]),
        };
        reader->value_at[i] = SIZE_MAX;
        if (memchr(attribute->value, '&', attribute->value_len) == NULL)
            continue;
        reader->value_at[i] =
            unescape(&reader->values, attribute->value, attribute->value_len);
        attribute->value_len = reader->values.len - reader->value_at[i];
    }
    // Only now does the pool no longer move.
    for (size_t i = 0; i < count; i++)
        if (reader->value_at[i] != SIZE_MAX && reader->values.bytes != NULL)
            reader->attributes[i].value =
                reader->values.bytes + reader->value_at[i];
}

// It is digested again for each element that is in it, however short that is.
static bool has_long_name(const xmlChar **namespaces, int count)
{
    for (int i = 0; i < count; i++)
        if (strlen(text_of(namespaces[2 * i + 1])) > FEED_NAMESPACE_MAX)
            return true;
    return false;
}

static void on_start(void *context, const xmlChar *name, const xmlChar *prefix,
                     const xmlChar *uri, int namespace_count,
                     const xmlChar **namespaces, int attribute_count,
                     int defaulted_count, const xmlChar **attributes)
{
    (void)defaulted_count;
    struct reader *reader = context;
    if (!goes_on(reader))
        return;
    reader->namespaces += (unsigned)namespace_count;
    if (reader->namespaces > FEED_NAMESPACES_MAX
        || has_long_name(namespaces, namespace_count)
        || attribute_count > CANON_ATTRIBUTES_MAX) {
        refuse(reader);
        return;
    }

    read_attributes(reader, attributes, (size_t)attribute_count);
    struct element element = {
        .uri = uri_of(reader, prefix, uri),
        .name = text_of(name),
        .attributes = reader->attributes,
        .attribute_count = (size_t)attribute_count,
    };

    // It stands behind the attributes; no '<' can be in their values.
    const char *tag = memrchr(reader->text, '<', place(reader));
    size_t at = tag != NULL ? (size_t)(tag - reader->text) : 0;
    builder_start(&reader->builder, &element, at);
    if (reader->builder.stopped)
        xmlStopParser(reader->parser);
}

static void on_stop(void *context, const xmlChar *name, const xmlChar *prefix,
                    const xmlChar *uri)
{
    (void)name;
    (void)prefix;
    (void)uri;
    struct reader *reader = context;
    if (!goes_on(reader))
        return;
    builder_stop(&reader->builder, place(reader));
    if (reader->builder.stopped)
        xmlStopParser(reader->parser);
}

static void on_text(void *context, const xmlChar *text, int len)
{
    // The next tag is soon enough to find that it does not go on.
    struct reader *reader = context;
    if (!reader->refused)
        builder_text(&reader->builder, (const char *)text, (size_t)len);
}

// An entity that only a DTD we do not load could explain (RSS 0.91 has them).
static void on_reference(void *context, const xmlChar *name)
{
    struct reader *reader = context;
    if (!goes_on(reader))
        return;
    const char *text = text_of(name);
    char character[4];
    size_t len = entity_find(text, strlen(text), character);
    if (len > 0) {
        builder_text(&reader->builder, character, len);
        return;
    }
    builder_text(&reader->builder, "&", 1);
    builder_text(&reader->builder, text, strlen(text));
    builder_text(&reader->builder, ";", 1);
}

// It says nothing to us, but its name is remembered.
static void on_instruction(void *context, const xmlChar *target,
                           const xmlChar *data)
{
    (void)target;
    (void)data;
    (void)goes_on(context);
}

// Without an event after it nobody would stop libxml2, which then tells of
// every further error in the document. It comes back by itself if it believes
// to be at the end.
static void on_error(void *context, xmlErrorPtr error)
{
    struct reader *reader = context;
    if (error->code == XML_ERR_NO_MEMORY)
        reader->no_memory = true;
    if (error->level == XML_ERR_FATAL && reader->parser != NULL)
        reader->parser->instate = XML_PARSER_EOF;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// In one piece: by pieces it is slower, and leaves CR LF in CDATA as it is.
static bool open_parser(struct reader *reader)
{
    // Everything that is not set does not happen: no tree, no entities.
    static const xmlSAXHandler handler = {
        .initialized = XML_SAX2_MAGIC,
        .startElementNs = on_start,
        .endElementNs = on_stop,
        .characters = on_text,
        .ignorableWhitespace = on_text,
        .cdataBlock = on_text,
        .reference = on_reference,
        .processingInstruction = on_instruction,
        .serror = on_error,
    };
    static const char mark[] = "\xef\xbb\xbf";
    while (reader->skipped < reader->len
           && is_blank(reader->text[reader->skipped]))
        reader->skipped++;
    // A second one; libxml2 would take it for the first.
    if (reader->len - reader->skipped >= 3
        && memcmp(reader->text + reader->skipped, mark, 3) == 0) {
        reader->skipped += 3;
        reader->repairs |= DOCUMENT_REPAIR_LEADING;
    }
    size_t len = reader->len - reader->skipped;
    if (reader->skipped > 0 && len > 5
        && memcmp(reader->text + reader->skipped, "<?xml", 5) == 0)
        reader->repairs |= DOCUMENT_REPAIR_LEADING;
    if (len == 0 || len > INT_MAX)
        return true;
    reader->parser =
        xmlCreateMemoryParserCtxt(reader->text + reader->skipped, (int)len);
    if (reader->parser == NULL)
        return false;
    *reader->parser->sax = handler;
    reader->parser->userData = reader;
    return xmlCtxtUseOptions(reader->parser, XML_PARSE_NONET
                                                 | XML_PARSE_IGNORE_ENC
                                                 | XML_PARSE_RECOVER)
           == 0;
}

static bool parse(struct reader *reader)
{
    if (reader->parser == NULL)
        return false;
    (void)xmlParseDocument(reader->parser);
    return reader->parser->wellFormed && !reader->refused
           && !reader->builder.stopped;
}

// Bytes that a place of ours must be at, were libxml2 ever to count otherwise.
static bool is_placed(const char *text, size_t len, const struct feed *feed)
{
    size_t end = 0;
    for (size_t i = 0; i < feed->entry_count; i++) {
        const struct feed_entry *entry = &feed->entries[i];
        if (entry->start < end || entry->end <= entry->start || entry->end > len
            || text[entry->start] != '<' || text[entry->end - 1] != '>')
            return false;
        end = entry->end;
    }
    return true;
}

static bool read_with(struct reader *reader, const struct feed_input *input,
                      struct link_set *links, struct feed *out)
{
    struct builder *builder = &reader->builder;
    // Of a buffer that cannot grow libxml2 tells this thread's handler alone.
    xmlSetStructuredErrorFunc(reader, on_error);
    bool opened =
        builder_open(builder, input, out, links) && open_parser(reader);
    bool read = opened && parse(reader);
    if (read)
        builder_finish(builder);

    bool no_memory = !opened || reader->no_memory || builder_failed(builder)
                     || out->strings.failed || reader->values.failed
                     || links->no_memory;
    if (!read) {
        out->format = DOCUMENT_OTHER;
        out->entry_count = out->seat_count = 0;
    }
    // Without its entry nothing would be left of an entry document.
    out->placed = builder->root.shape != VOCABULARY_ENTRY
                  && is_placed(reader->text, reader->len, out);
    out->repairs = read ? reader->repairs : 0;
    builder_close(builder);
    pool_clear(&reader->values);
    xmlFreeParserCtxt(reader->parser);
    xmlSetStructuredErrorFunc(NULL, NULL);
    return !no_memory;
}

// What is well-formed, or nothing. False: out of memory.
static bool read_strictly(const struct feed_input *input,
                          struct link_set *links, struct feed *out)
{
    if (!markup_is_bounded(input->text, input->len))
        return true;
    struct reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return false;
    reader->text = input->text;
    reader->len = input->len;
    bool done = read_with(reader, input, links, out);
    free(reader);
    return done;
}

// From places in the mended text to those in the original.
static bool move_place(const struct mended *mended, size_t *start, size_t *end)
{
    *start = places_find(&mended->places, *start, true);
    *end = places_find(&mended->places, *end, false);
    return *start < *end && *end != SIZE_MAX;
}

static void move_places(const struct mended *mended, struct feed *feed)
{
    size_t last = 0;
    for (size_t i = 0; i < feed->entry_count; i++) {
        struct feed_entry *entry = &feed->entries[i];
        feed->placed = move_place(mended, &entry->start, &entry->end)
                       && entry->start >= last && feed->placed;
        last = entry->end;
    }
    for (size_t i = 0; i < feed->seat_count; i++)
        feed->placed =
            move_place(mended, &feed->seats[i].start, &feed->seats[i].end)
            && feed->placed;
    for (size_t i = 0; i < feed->entry_count && !feed->placed; i++)
        feed->entries[i].start = feed->entries[i].end = 0;
}

static void keep_ends(const struct mended *mended, struct feed *feed)
{
    if (mended->ends >= mended->text.len)
        return;
    size_t at = feed->strings.len;
    pool_add(&feed->strings, mended->text.bytes + mended->ends,
             mended->text.len - mended->ends);
    pool_add(&feed->strings, "", 1);
    if (!feed->strings.failed)
        feed->ends = at;
}

// What the strict pass refused.
static bool read_mended(const struct feed_input *input, struct link_set *links,
                        struct feed *out)
{
    struct mended mended;
    struct feed_input again = *input;
    bool done = mend_make(input->text, input->len, &mended);
    again.text = mended.text.bytes;
    again.len = mended.text.len;
    if (done && again.len > 0)
        done = read_strictly(&again, links, out);
    // A text that names <rss> somewhere is no feed for that.
    if ((mended.repairs & DOCUMENT_REPAIR_LEADING) && out->entry_count == 0
        && out->title_at == FEED_NONE)
        feed_clear(out);
    if (done && out->format != DOCUMENT_OTHER) {
        move_places(&mended, out);
        out->repairs |= mended.repairs;
        out->incomplete = mended.incomplete;
        out->tail = mended.tail;
        keep_ends(&mended, out);
        // What was left out without a word: a declaration that is none.
        if (out->repairs == 0)
            out->repairs = DOCUMENT_REPAIR_LEADING;
    }
    mend_clear(&mended);
    return done;
}

// What is plain, as most feeds are, needs no parser; *known tells if it was.
// False: out of memory.
static bool read_plain(const struct feed_input *input, struct link_set *links,
                       struct feed *out, bool *known)
{
    struct link_set own = { 0 };
    struct builder *builder = calloc(1, sizeof *builder);
    *known = false;
    if (builder == NULL)
        return false;
    bool done = builder_open(builder, input, out, &own);
    if (done && scan_read(input->text, input->len, builder)) {
        builder_finish(builder);
        *known = true;
        done =
            !builder_failed(builder) && !out->strings.failed && !own.no_memory;
        out->placed = builder->root.shape != VOCABULARY_ENTRY
                      && is_placed(input->text, input->len, out);
        link_merge(links, &own);
    }
    builder_close(builder);
    free(builder);
    link_clear(&own);
    return done && !links->no_memory;
}

bool feed_read(const struct feed_input *input, struct link_set *links,
               struct feed *out)
{
    *out = (struct feed){ .title_at = FEED_NONE,
                          .tail = FEED_NONE,
                          .ends = FEED_NONE };
    bool known;
    if (!read_plain(input, links, out, &known))
        return false;
    if (known && out->format != DOCUMENT_OTHER)
        return true;
    feed_clear(out);
    if (!read_strictly(input, links, out))
        return false;
    if (out->format != DOCUMENT_OTHER)
        return true;
    feed_clear(out);
    return read_mended(input, links, out);
}

void feed_clear(struct feed *feed)
{
    free(feed->entries);
    free(feed->seats);
    free(feed->deleted);
    free(feed->parts);
    pool_clear(&feed->strings);
    *feed = (struct feed){ .title_at = FEED_NONE,
                           .tail = FEED_NONE,
                           .ends = FEED_NONE };
}

const char *feed_string(const struct feed *feed, size_t at)
{
    return at == FEED_NONE ? NULL : feed->strings.bytes + at;
}

void feed_setup(void)
{
    xmlInitParser();
}
