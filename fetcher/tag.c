// SPDX-License-Identifier: MIT

#include "tag.h"

#include "document.h"

#include <string.h>

struct reader {
    struct ahead *ahead;
    const char *text;
    size_t len, at;
    struct tag *tag;
    size_t bare, valued; // things without and with a value
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool among(uint32_t c, const uint32_t (*ranges)[2], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (c >= ranges[i][0] && c <= ranges[i][1])
            return true;
    return false;
}

// XML 1.0, fifth edition, NameStartChar and NameChar.
static bool is_name_character(uint32_t c, bool first)
{
    static const uint32_t start[][2] = {
        { 'a', 'z' },         { 'A', 'Z' },       { ':', ':' },
        { '_', '_' },         { 0xc0, 0xd6 },     { 0xd8, 0xf6 },
        { 0xf8, 0x2ff },      { 0x370, 0x37d },   { 0x37f, 0x1fff },
        { 0x200c, 0x200d },   { 0x2070, 0x218f }, { 0x2c00, 0x2fef },
        { 0x3001, 0xd7ff },   { 0xf900, 0xfdcf }, { 0xfdf0, 0xfffd },
        { 0x10000, 0xeffff },
    };
    static const uint32_t more[][2] = {
        { '-', '.' },     { '0', '9' },       { 0xb7, 0xb7 },
        { 0x300, 0x36f }, { 0x203f, 0x2040 },
    };
    return among(c, start, sizeof start / sizeof start[0])
           || (!first && among(c, more, sizeof more / sizeof more[0]));
}

// The character at `text`, and its length; 1 and no character if it is broken.
static size_t decode(const char *text, size_t len, uint32_t *out)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t n = bytes[0] < 0x80   ? 1
               : bytes[0] < 0xe0 ? 2
               : bytes[0] < 0xf0 ? 3
                                 : 4;
    *out = 0;
    // Not in the middle of one.
    if (n > len || (bytes[0] & 0xc0) == 0x80)
        return 1;
    uint32_t c = n == 1 ? bytes[0] : bytes[0] & (0x7fU >> n);
    for (size_t i = 1; i < n; i++)
        c = c << 6 | (bytes[i] & 0x3f);
    *out = c;
    return n;
}

size_t tag_name_length(const char *text, size_t len)
{
    size_t at = 0;
    while (at < len) {
        uint32_t c;
        size_t n = decode(text + at, len - at, &c);
        if (!is_name_character(c, at == 0))
            break;
        at += n;
    }
    return at;
}

// With two colons it is none to libxml2, not even always an error it gets over.
static bool is_name(const char *text, size_t len)
{
    const char *colon = memchr(text, ':', len);
    size_t rest = colon == NULL ? 0 : len - (size_t)(colon + 1 - text);
    return len > 0 && len <= TAG_NAME_MAX
           && (rest == 0 || memchr(colon + 1, ':', rest) == NULL);
}

static void repair(struct reader *reader, unsigned what)
{
    reader->tag->repairs |= what;
}

static char here(const struct reader *reader)
{
    return reader->at < reader->len ? reader->text[reader->at] : '\0';
}

static void skip_blanks(struct reader *reader)
{
    while (reader->at < reader->len && is_blank(reader->text[reader->at]))
        reader->at++;
}

// May an attribute end before `at`?
static bool is_gap(const struct reader *reader, size_t at)
{
    return at >= reader->len || is_blank(reader->text[at])
           || reader->text[at] == '/' || reader->text[at] == '>';
}

// A value whose quote is missing: up to the blank, '>' or '<' that ends it.
static void read_bare_value(struct reader *reader,
                            struct tag_attribute *attribute)
{
    repair(reader, DOCUMENT_REPAIR_ATTRIBUTES);
    attribute->value = reader->at;
    while (reader->at < reader->len && !is_blank(here(reader))
           && here(reader) != '>' && here(reader) != '<')
        reader->at++;
    if (here(reader) == '>' && reader->at > attribute->value
        && reader->text[reader->at - 1] == '/')
        reader->at--;
    attribute->value_len = reader->at - attribute->value;
}

static void end_value(struct reader *reader, struct tag_attribute *attribute,
                      size_t end, size_t next)
{
    attribute->value_len = end - attribute->value;
    reader->at = next;
}

// XML has no '<' in a value, so one before the quote may tell of a quote that
// is missing; as does a quote with no gap behind it.
static void read_quoted_value(struct reader *reader,
                              struct tag_attribute *attribute)
{
    char quote = here(reader);
    size_t from = reader->at + 1;
    size_t stop = ahead_find(
        reader->ahead, quote == '"' ? AHEAD_QUOTE : AHEAD_APOSTROPHE, from);
    size_t less = ahead_find(reader->ahead, AHEAD_LESS, from);
    size_t greater = ahead_find(reader->ahead, AHEAD_GREATER, from);
    attribute->quote = quote;
    attribute->value = from;

    bool early = greater < stop && greater < less;
    if (stop < less && (!early || is_gap(reader, stop + 1))) {
        if (!is_gap(reader, stop + 1))
            repair(reader, DOCUMENT_REPAIR_ATTRIBUTES);
        end_value(reader, attribute, stop, stop + 1);
    } else if (greater < less) {
        repair(reader, DOCUMENT_REPAIR_ATTRIBUTES);
        size_t end = greater > from && reader->text[greater - 1] == '/'
                         ? greater - 1
                         : greater;
        end_value(reader, attribute, end, end);
    } else if (stop < reader->len && is_gap(reader, stop + 1)) {
        end_value(reader, attribute, stop, stop + 1);
    } else {
        reader->at = from;
        read_bare_value(reader, attribute);
    }
}

static void keep(struct reader *reader, struct tag_attribute *attribute)
{
    struct tag *tag = reader->tag;
    const char *name = reader->text + attribute->name;
    attribute->hash = 5381;
    for (size_t i = 0; i < attribute->name_len; i++)
        attribute->hash = attribute->hash * 33 + (unsigned char)name[i];

    // The first of two equal ones counts.
    bool again = tag->count == TAG_ATTRIBUTES_MAX;
    for (size_t i = 0; i < tag->count && !again; i++)
        again = tag->attributes[i].hash == attribute->hash
                && tag->attributes[i].name_len == attribute->name_len
                && memcmp(reader->text + tag->attributes[i].name, name,
                          attribute->name_len)
                       == 0;
    if (again)
        repair(reader, DOCUMENT_REPAIR_ATTRIBUTES);
    else
        tag->attributes[tag->count++] = *attribute;
}

static void read_attribute(struct reader *reader)
{
    struct tag_attribute attribute = { .name = reader->at };
    attribute.name_len =
        tag_name_length(reader->text + reader->at, reader->len - reader->at);
    if (!is_name(reader->text + attribute.name, attribute.name_len)) {
        repair(reader, DOCUMENT_REPAIR_ATTRIBUTES);
        reader->at += attribute.name_len > 0 ? attribute.name_len : 1;
        reader->bare++;
        return;
    }
    reader->at += attribute.name_len;
    attribute.value = reader->at;
    skip_blanks(reader);
    if (here(reader) != '=') {
        repair(reader, DOCUMENT_REPAIR_ATTRIBUTES);
        reader->bare++;
        keep(reader, &attribute);
        return;
    }
    reader->at++;
    skip_blanks(reader);
    if (here(reader) == '"' || here(reader) == '\'')
        read_quoted_value(reader, &attribute);
    else
        read_bare_value(reader, &attribute);
    reader->valued++;
    keep(reader, &attribute);
}

// At something that ends the tag?
static bool read_end(struct reader *reader, enum tag_kind *kind)
{
    struct tag *tag = reader->tag;
    char c = here(reader);
    *kind = TAG_FOUND;
    if (reader->at >= reader->len) {
        *kind = TAG_CUT;
        return true;
    }
    if (c == '>') {
        tag->end = reader->at + 1;
        return true;
    }
    if (c == '/' && reader->at + 1 < reader->len
        && reader->text[reader->at + 1] == '>') {
        tag->empty = true;
        tag->end = reader->at + 2;
        return true;
    }
    if (c != '<')
        return false;
    // Words up to the next tag are text; attributes are a tag without an end.
    if (reader->bare > 0 && reader->valued == 0)
        *kind = TAG_NONE;
    repair(reader, DOCUMENT_REPAIR_TAGS);
    tag->end = reader->at;
    return true;
}

static enum tag_kind read_start(struct reader *reader)
{
    enum tag_kind kind;
    for (;;) {
        skip_blanks(reader);
        if (read_end(reader, &kind))
            return kind;
        read_attribute(reader);
    }
}

static enum tag_kind read_stop(struct reader *reader)
{
    skip_blanks(reader);
    if (here(reader) != '>')
        repair(reader, DOCUMENT_REPAIR_TAGS);
    size_t less = ahead_find(reader->ahead, AHEAD_LESS, reader->at);
    size_t greater = ahead_find(reader->ahead, AHEAD_GREATER, reader->at);
    if (less == reader->len && greater == reader->len)
        return TAG_CUT;
    reader->tag->end = less < greater ? less : greater + 1;
    return TAG_FOUND;
}

enum tag_kind tag_read(struct ahead *ahead, size_t at, struct tag *out)
{
    struct reader reader = {
        .ahead = ahead,
        .text = ahead->text,
        .len = ahead->len,
        .at = at + 1,
        .tag = out,
    };
    out->count = 0;
    out->repairs = 0;
    out->empty = false;
    out->closing = here(&reader) == '/';
    reader.at += out->closing;
    if (reader.at >= reader.len)
        return TAG_CUT;

    out->name = reader.at;
    out->name_len =
        tag_name_length(reader.text + reader.at, reader.len - reader.at);
    reader.at += out->name_len;
    // "<http://..." in text.
    bool cut = reader.text[reader.at - 1] == ':';
    if (cut || !is_name(reader.text + out->name, out->name_len)
        || (!is_gap(&reader, reader.at) && here(&reader) != '<'))
        return TAG_NONE;
    return out->closing ? read_stop(&reader) : read_start(&reader);
}
