// SPDX-License-Identifier: MIT

#include "feed.h"

#include "builder.h"
#include "markup.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <stdlib.h>
#include <string.h>

// libxml2 gives up at the first error only between pieces, so they are small.
enum { PIECE = 16 * 1024 };

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

// A prefix that was never declared is none of ours.
static const char *uri_of(const xmlChar *prefix, const xmlChar *uri)
{
    return prefix != NULL && uri == NULL ? "?" : text_of(uri);
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
            .uri = uri_of(from[1], from[2]),
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

static void on_start(void *context, const xmlChar *name, const xmlChar *prefix,
                     const xmlChar *uri, int namespace_count,
                     const xmlChar **namespaces, int attribute_count,
                     int defaulted_count, const xmlChar **attributes)
{
    (void)namespaces;
    (void)defaulted_count;
    struct reader *reader = context;
    reader->namespaces += (unsigned)namespace_count;
    if (reader->namespaces > FEED_NAMESPACES_MAX
        || attribute_count > CANON_ATTRIBUTES_MAX) {
        refuse(reader);
        return;
    }

    read_attributes(reader, attributes, (size_t)attribute_count);
    struct element element = {
        .uri = uri_of(prefix, uri),
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
    builder_stop(&reader->builder, place(reader));
    if (reader->builder.stopped)
        xmlStopParser(reader->parser);
}

static void on_text(void *context, const xmlChar *text, int len)
{
    struct reader *reader = context;
    builder_text(&reader->builder, (const char *)text, (size_t)len);
}

// An entity that only a DTD we do not load could explain (RSS 0.91 has them).
static void on_reference(void *context, const xmlChar *name)
{
    struct reader *reader = context;
    builder_text(&reader->builder, "&", 1);
    builder_text(&reader->builder, (const char *)name, strlen(text_of(name)));
    builder_text(&reader->builder, ";", 1);
}

static void on_error(void *context, xmlErrorPtr error)
{
    struct reader *reader = context;
    if (error->code == XML_ERR_NO_MEMORY)
        reader->no_memory = true;
}

static bool open_parser(struct reader *reader)
{
    // Everything that is not set does not happen: no tree, no entities.
    xmlSAXHandler handler = {
        .initialized = XML_SAX2_MAGIC,
        .startElementNs = on_start,
        .endElementNs = on_stop,
        .characters = on_text,
        .ignorableWhitespace = on_text,
        .cdataBlock = on_text,
        .reference = on_reference,
        .serror = on_error,
    };
    reader->parser = xmlCreatePushParserCtxt(&handler, reader, NULL, 0, NULL);
    if (reader->parser == NULL)
        return false;
    return xmlCtxtUseOptions(reader->parser,
                             XML_PARSE_NONET | XML_PARSE_IGNORE_ENC)
           == 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool parse(struct reader *reader)
{
    size_t at = 0;
    while (at < reader->len && is_blank(reader->text[at]))
        at++;
    reader->skipped = at;
    while (at < reader->len && reader->parser->wellFormed && !reader->refused
           && !reader->builder.stopped) {
        size_t len = reader->len - at < PIECE ? reader->len - at : PIECE;
        (void)xmlParseChunk(reader->parser, reader->text + at, (int)len,
                            at + len == reader->len);
        at += len;
        reader->refused =
            reader->refused || xmlDictSize(reader->parser->dict) > NAMES_MAX;
    }
    return reader->parser->wellFormed && !reader->refused
           && !reader->builder.stopped && at > reader->skipped;
}

// Bytes that a place of ours must be at, were libxml2 ever to count otherwise.
static bool is_placed(const struct reader *reader, const struct feed *feed)
{
    size_t end = 0;
    for (size_t i = 0; i < feed->entry_count; i++) {
        const struct feed_entry *entry = &feed->entries[i];
        if (entry->start < end || entry->end <= entry->start
            || entry->end > reader->len || reader->text[entry->start] != '<'
            || reader->text[entry->end - 1] != '>')
            return false;
        end = entry->end;
    }
    return true;
}

static bool read_with(struct reader *reader, const char *url,
                      struct link_set *links, struct feed *out)
{
    struct builder *builder = &reader->builder;
    // Of a buffer that cannot grow libxml2 tells this thread's handler alone.
    xmlSetStructuredErrorFunc(reader, on_error);
    bool opened = builder_open(builder, url, out, links) && open_parser(reader);
    bool read = opened && parse(reader);
    if (read)
        builder_finish(builder);

    bool no_memory = !opened || reader->no_memory || builder->no_memory
                     || out->strings.failed || reader->values.failed
                     || canon_failed(&builder->entry)
                     || canon_failed(&builder->around) || links->no_memory;
    if (!read) {
        out->format = DOCUMENT_OTHER;
        out->entry_count = out->seat_count = 0;
    }
    out->placed = is_placed(reader, out);
    builder_close(builder);
    pool_clear(&reader->values);
    xmlFreeParserCtxt(reader->parser);
    xmlSetStructuredErrorFunc(NULL, NULL);
    return !no_memory;
}

bool feed_read(const char *text, size_t len, const char *url,
               struct link_set *links, struct feed *out)
{
    *out = (struct feed){ .title_at = FEED_NONE };
    if (!markup_is_bounded(text, len))
        return true;
    struct reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return false;
    reader->text = text;
    reader->len = len;
    bool done = read_with(reader, url, links, out);
    free(reader);
    return done;
}

void feed_clear(struct feed *feed)
{
    free(feed->entries);
    free(feed->seats);
    pool_clear(&feed->strings);
    *feed = (struct feed){ .title_at = FEED_NONE };
}

const char *feed_string(const struct feed *feed, size_t at)
{
    return at == FEED_NONE ? NULL : feed->strings.bytes + at;
}

void feed_setup(void)
{
    xmlInitParser();
}
