// SPDX-License-Identifier: MIT

#include "scan.h"

#include "controls.h"
#include "pool.h"
#include "reference.h"
#include "scope.h"
#include "utf8.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    ATTRIBUTES_MAX = 24, // compared each with each
    NAME_MAX_LEN = 100,
    TAG_MAX = 64 * 1024,
    LEVELS_MAX = FEED_DEPTH_MAX + 2,
};

struct name {
    const char *bytes; // in the text
    size_t len;
    size_t colon; // where its local part begins; 0: no prefix
};

struct scan {
    const char *text;
    size_t len, at;
    struct builder *builder;
    struct name open[LEVELS_MAX];
    struct scope scope;
    // Where the next ']' is; the length of the text: there is none.
    size_t bracket;
    struct name names[ATTRIBUTES_MAX];
    struct attribute attributes[ATTRIBUTES_MAX];
    size_t value_at[ATTRIBUTES_MAX], name_at[ATTRIBUTES_MAX];
    unsigned attribute_count;
    struct pool values, decoded;
};

enum { START = 1, NAME = 2, BLANK = 4, SPACE = 8, AMPERSAND = 16, LESS = 32 };
static const uint8_t kinds[256] = {
    [' '] = BLANK,        ['\t'] = BLANK | SPACE, ['\n'] = BLANK | SPACE,
    ['&'] = AMPERSAND,    ['<'] = LESS,           ['-'] = NAME,
    ['.'] = NAME,         ['_'] = START | NAME,   ['0'] = NAME,
    ['1'] = NAME,         ['2'] = NAME,           ['3'] = NAME,
    ['4'] = NAME,         ['5'] = NAME,           ['6'] = NAME,
    ['7'] = NAME,         ['8'] = NAME,           ['9'] = NAME,
    ['A'] = START | NAME, ['B'] = START | NAME,   ['C'] = START | NAME,
    ['D'] = START | NAME, ['E'] = START | NAME,   ['F'] = START | NAME,
    ['G'] = START | NAME, ['H'] = START | NAME,   ['I'] = START | NAME,
    ['J'] = START | NAME, ['K'] = START | NAME,   ['L'] = START | NAME,
    ['M'] = START | NAME, ['N'] = START | NAME,   ['O'] = START | NAME,
    ['P'] = START | NAME, ['Q'] = START | NAME,   ['R'] = START | NAME,
    ['S'] = START | NAME, ['T'] = START | NAME,   ['U'] = START | NAME,
    ['V'] = START | NAME, ['W'] = START | NAME,   ['X'] = START | NAME,
    ['Y'] = START | NAME, ['Z'] = START | NAME,   ['a'] = START | NAME,
    ['b'] = START | NAME, ['c'] = START | NAME,   ['d'] = START | NAME,
    ['e'] = START | NAME, ['f'] = START | NAME,   ['g'] = START | NAME,
    ['h'] = START | NAME, ['i'] = START | NAME,   ['j'] = START | NAME,
    ['k'] = START | NAME, ['l'] = START | NAME,   ['m'] = START | NAME,
    ['n'] = START | NAME, ['o'] = START | NAME,   ['p'] = START | NAME,
    ['q'] = START | NAME, ['r'] = START | NAME,   ['s'] = START | NAME,
    ['t'] = START | NAME, ['u'] = START | NAME,   ['v'] = START | NAME,
    ['w'] = START | NAME, ['x'] = START | NAME,   ['y'] = START | NAME,
    ['z'] = START | NAME,
};

static bool is(char c, unsigned kind)
{
    return (kinds[(unsigned char)c] & kind) != 0;
}

static bool starts(const struct scan *scan, const char *with)
{
    size_t len = strlen(with);
    return scan->len - scan->at >= len
           && memcmp(scan->text + scan->at, with, len) == 0;
}

static bool take(struct scan *scan, const char *word)
{
    if (!starts(scan, word))
        return false;
    scan->at += strlen(word);
    return true;
}

static bool take_char(struct scan *scan, char c)
{
    if (scan->at == scan->len || scan->text[scan->at] != c)
        return false;
    scan->at++;
    return true;
}

static bool skip_blanks(struct scan *scan)
{
    size_t from = scan->at;
    while (scan->at < scan->len && is(scan->text[scan->at], BLANK))
        scan->at++;
    return scan->at > from;
}

// The place of these bytes, from here on; the length of the text: nowhere.
static size_t find(const struct scan *scan, const char *bytes)
{
    const char *found = memmem(scan->text + scan->at, scan->len - scan->at,
                               bytes, strlen(bytes));
    return found != NULL ? (size_t)(found - scan->text) : scan->len;
}

static void look_for_bracket(struct scan *scan, size_t from)
{
    const char *found = memchr(scan->text + from, ']', scan->len - from);
    scan->bracket = found != NULL ? (size_t)(found - scan->text) : scan->len;
}

static bool take_name(struct scan *scan, struct name *name)
{
    size_t at = scan->at;
    *name = (struct name){ .bytes = scan->text + at };
    for (;;) {
        if (at == scan->len || !is(scan->text[at], START))
            return false;
        while (at < scan->len && is(scan->text[at], NAME))
            at++;
        if (at == scan->len || scan->text[at] != ':' || name->colon > 0)
            break;
        at++;
        name->colon = at - scan->at;
    }
    name->len = at - scan->at;
    scan->at = at;
    return name->len < NAME_MAX_LEN && at < scan->len && scan->text[at] != ':';
}

// Up to the next '<'.
static bool read_text(struct scan *scan, size_t until)
{
    const char *from = scan->text + scan->at;
    size_t len = until - scan->at;
    while (scan->bracket < until) {
        if (scan->len - scan->bracket >= 3
            && memcmp(scan->text + scan->bracket, "]]>", 3) == 0)
            return false;
        look_for_bracket(scan, scan->bracket + 1);
    }
    scan->at = until;
    if (memchr(from, '&', len) == NULL) {
        builder_text(scan->builder, from, len);
        return true;
    }
    scan->decoded.len = 0;
    if (!reference_undo(&scan->decoded, from, len))
        return false;
    builder_text(scan->builder, scan->decoded.bytes, scan->decoded.len);
    return true;
}

static bool is_end_of_cdata(const struct scan *scan, size_t at)
{
    return scan->len - at >= 3 && scan->text[at + 1] == ']'
           && scan->text[at + 2] == '>';
}

static bool read_cdata(struct scan *scan)
{
    if (scan->bracket < scan->at)
        look_for_bracket(scan, scan->at);
    while (scan->bracket < scan->len && !is_end_of_cdata(scan, scan->bracket))
        look_for_bracket(scan, scan->bracket + 1);
    if (scan->bracket == scan->len)
        return false;
    builder_text(scan->builder, scan->text + scan->at,
                 scan->bracket - scan->at);
    scan->at = scan->bracket + 3;
    look_for_bracket(scan, scan->at);
    return true;
}

// No "--" is in a comment but at its end.
static bool skip_comment(struct scan *scan)
{
    scan->at = find(scan, "--");
    if (!take(scan, "-->"))
        return false;
    if (scan->bracket < scan->at)
        look_for_bracket(scan, scan->at);
    return true;
}

static bool skip_instruction(struct scan *scan)
{
    struct name target;
    if (!take_name(scan, &target) || target.colon > 0
        || (target.len == 3 && (target.bytes[0] | 0x20) == 'x'
            && (target.bytes[1] | 0x20) == 'm'
            && (target.bytes[2] | 0x20) == 'l')
        || !(starts(scan, "?>") || is(scan->text[scan->at], BLANK)))
        return false;
    scan->at = find(scan, "?>");
    if (!take(scan, "?>"))
        return false;
    if (scan->bracket < scan->at)
        look_for_bracket(scan, scan->at);
    return true;
}

// The value, with blanks as spaces and references undone.
static bool read_value(struct scan *scan, size_t *at)
{
    char quote = scan->text[scan->at];
    if (quote != '"' && quote != '\'')
        return false;
    const char *from = scan->text + ++scan->at;
    const char *end = memchr(from, quote, scan->len - scan->at);
    if (end == NULL)
        return false;
    size_t len = (size_t)(end - from);
    scan->at += len + 1;
    *at = scan->values.len;
    unsigned seen = 0;
    for (size_t i = 0; i < len; i++)
        seen |= kinds[(unsigned char)from[i]];
    bool references = (seen & AMPERSAND) != 0, blanks = (seen & SPACE) != 0;
    if ((seen & LESS) != 0)
        return false;
    // A reference to a blank would have to stay.
    if (references && (blanks || !reference_undo(&scan->values, from, len)))
        return false;
    if (!references)
        pool_add(&scan->values, from, len);
    for (size_t i = *at; blanks && i < scan->values.len; i++)
        if (is(scan->values.bytes[i], BLANK))
            scan->values.bytes[i] = ' ';
    return !scan->values.failed;
}

// One attribute, or declaration of a namespace.
static bool read_attribute(struct scan *scan)
{
    static const char xmlns[] = "xmlns";
    struct name name;
    size_t value;
    if (!take_name(scan, &name))
        return false;
    (void)skip_blanks(scan);
    if (!take_char(scan, '='))
        return false;
    (void)skip_blanks(scan);
    if (scan->at == scan->len || !read_value(scan, &value))
        return false;

    size_t prefix = name.colon > 0 ? name.colon - 1 : name.len;
    if (prefix == sizeof xmlns - 1 && memcmp(name.bytes, xmlns, prefix) == 0)
        // libxml2 leaves an ampersand in the name of a namespace escaped.
        return memchr(scan->values.bytes + value, '&', scan->values.len - value)
                   == NULL
               && scope_bind(&scan->scope, name.bytes + name.colon,
                             name.colon > 0 ? name.len - name.colon : 0,
                             scan->values.bytes + value,
                             scan->values.len - value);
    unsigned i = scan->attribute_count;
    if (i == ATTRIBUTES_MAX)
        return false;
    scan->names[i] = name;
    scan->attributes[i].value_len = scan->values.len - value;
    scan->value_at[i] = value;
    scan->name_at[i] = scan->values.len;
    pool_add(&scan->values, name.bytes + name.colon, name.len - name.colon);
    pool_add(&scan->values, "", 1);
    scan->attribute_count++;
    return !scan->values.failed;
}

// Now that all prefixes are known, and the values have come to rest.
static bool resolve_attributes(struct scan *scan)
{
    for (unsigned i = 0; i < scan->attribute_count; i++) {
        struct attribute *attribute = &scan->attributes[i];
        const struct name *name = &scan->names[i];
        attribute->name = scan->values.bytes + scan->name_at[i];
        attribute->value = scan->values.bytes + scan->value_at[i];
        attribute->uri = name->colon > 0 ? scope_find(&scan->scope, name->bytes,
                                                      name->colon - 1)
                                         : "";
        if (attribute->uri == NULL)
            return false;
        for (unsigned j = 0; j < i; j++)
            if (canon_is(scan->attributes[j].name, attribute->name)
                && canon_is(scan->attributes[j].uri, attribute->uri))
                return false;
    }
    return true;
}

static void end_element(struct scan *scan)
{
    scope_leave(&scan->scope);
    builder_stop(scan->builder, scan->at);
}

static bool read_attributes(struct scan *scan, bool *is_empty)
{
    scan->attribute_count = 0;
    scan->values.len = 0;
    for (;;) {
        bool blank = skip_blanks(scan);
        if (scan->at == scan->len)
            return false;
        char c = scan->text[scan->at];
        *is_empty = c == '/';
        if (c == '>' || c == '/')
            return (c == '>' || take_char(scan, '/')) && take_char(scan, '>');
        if (!blank || !read_attribute(scan))
            return false;
    }
}

static bool read_start(struct scan *scan, size_t from)
{
    struct name name;
    bool is_empty;
    char local[NAME_MAX_LEN + 1];
    if (!take_name(scan, &name) || scan->scope.level == LEVELS_MAX)
        return false;
    scan->open[scan->scope.level++] = name;
    if (!read_attributes(scan, &is_empty) || !resolve_attributes(scan)
        || scan->at - from > TAG_MAX)
        return false;
    if (scan->bracket < scan->at)
        look_for_bracket(scan, scan->at);

    size_t len = name.len - name.colon;
    memcpy(local, name.bytes + name.colon, len);
    local[len] = '\0';
    const struct element element = {
        .uri = name.colon > 0
                   ? scope_find(&scan->scope, name.bytes, name.colon - 1)
                   : scan->scope.uri,
        .name = local,
        .attributes = scan->attributes,
        .attribute_count = scan->attribute_count,
    };
    if (element.uri == NULL)
        return false;
    builder_start(scan->builder, &element, from);
    if (is_empty)
        end_element(scan);
    return !scan->builder->stopped;
}

static bool read_end(struct scan *scan)
{
    const struct name *name = &scan->open[scan->scope.level - 1];
    if (scan->len - scan->at <= name->len
        || memcmp(scan->text + scan->at, name->bytes, name->len) != 0)
        return false;
    scan->at += name->len;
    if (scan->text[scan->at] != '>')
        (void)skip_blanks(scan);
    if (!take_char(scan, '>'))
        return false;
    end_element(scan);
    return !scan->builder->stopped;
}

// At a '<' within the root.
static bool read_markup(struct scan *scan)
{
    size_t from = scan->at++;
    char c = scan->at < scan->len ? scan->text[scan->at] : '\0';
    if (c == '/') {
        scan->at++;
        return read_end(scan);
    }
    if (c == '?') {
        scan->at++;
        return skip_instruction(scan);
    }
    if (c != '!')
        return read_start(scan, from);
    if (take(scan, "!--"))
        return skip_comment(scan);
    return take(scan, "![CDATA[") && read_cdata(scan);
}

// Blanks, comments and instructions around the root.
static bool skip_outside(struct scan *scan)
{
    for (;;) {
        (void)skip_blanks(scan);
        if (take(scan, "<!--")) {
            if (!skip_comment(scan))
                return false;
        } else if (take(scan, "<?")) {
            if (!skip_instruction(scan))
                return false;
        } else {
            return true;
        }
    }
}

// `only`: what its value must be, or NULL: the name of an encoding.
static bool read_pseudo(struct scan *scan, const char *name, const char *only)
{
    if (!skip_blanks(scan) || !take(scan, name))
        return false;
    (void)skip_blanks(scan);
    if (!take_char(scan, '='))
        return false;
    (void)skip_blanks(scan);
    char quote = scan->at < scan->len ? scan->text[scan->at] : '\0';
    if (quote != '"' && quote != '\'')
        return false;
    size_t value = ++scan->at;
    while (scan->at < scan->len && is(scan->text[scan->at], NAME))
        scan->at++;
    size_t len = scan->at - value;
    return len > 0 && take_char(scan, quote)
           && (only == NULL
                   ? is(scan->text[value], START) && scan->text[value] != '_'
                   : (strlen(only) == len
                      && memcmp(scan->text + value, only, len) == 0));
}

// An XML 1.0 declaration as it is written nearly always, or none at all.
static bool read_declaration(struct scan *scan)
{
    if (!take(scan, "<?xml"))
        return true;
    if (!read_pseudo(scan, "version", "1.0"))
        return false;
    size_t from = scan->at;
    (void)skip_blanks(scan);
    bool has_encoding = starts(scan, "encoding");
    scan->at = from;
    if (has_encoding && !read_pseudo(scan, "encoding", NULL))
        return false;
    (void)take(scan, " standalone=\"yes\"");
    (void)skip_blanks(scan);
    return take(scan, "?>");
}

static bool read_all(struct scan *scan)
{
    look_for_bracket(scan, 0);
    if (!read_declaration(scan) || !skip_outside(scan) || !take_char(scan, '<')
        || !read_start(scan, scan->at - 1))
        return false;
    while (scan->scope.level > 0) {
        const char *next =
            memchr(scan->text + scan->at, '<', scan->len - scan->at);
        if (next == NULL)
            return false;
        size_t until = (size_t)(next - scan->text);
        if ((until > scan->at && !read_text(scan, until)) || !read_markup(scan))
            return false;
    }
    return skip_outside(scan) && scan->at == scan->len;
}

bool scan_read(const char *text, size_t len, struct builder *builder)
{
    if (len == 0 || text[0] != '<' || !controls_are_absent(text, len)
        || utf8_count(text, len).broken > 0)
        return false;
    struct scan *scan = calloc(1, sizeof *scan);
    if (scan == NULL)
        return false;
    scan->text = text;
    scan->len = len;
    scan->builder = builder;
    scan->scope.uri = "";
    // Then no value is at a NULL.
    bool done = pool_reserve(&scan->values, 1) && read_all(scan);
    scope_clear(&scan->scope);
    pool_clear(&scan->values);
    pool_clear(&scan->decoded);
    free(scan);
    return done;
}
