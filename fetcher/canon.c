// SPDX-License-Identifier: MIT

#include "canon.h"

#include "strip.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

// Bytes that no XML document can hold, so that no text looks like a mark.
enum {
    MARK_START = 1,
    MARK_STOP,
    MARK_TEXT,
    MARK_ATTRIBUTE,
    MARK_PART,
    MARK_START_AGAIN, // of an element of the same namespace as the last one
};

// One call of libcrypto costs more than hashing a tag, so what is digested is
// collected up to this; children that are to be sorted need more.
enum { COLLECTED = 64 * 1024, UNORDERED_MAX = 256 * 1024 };

const struct attribute *element_attribute(const struct element *element,
                                          const char *uri, const char *name)
{
    for (size_t i = 0; i < element->attribute_count; i++) {
        const struct attribute *attribute = &element->attributes[i];
        if (canon_is(attribute->name, name) && canon_is(attribute->uri, uri))
            return attribute;
    }
    return NULL;
}

bool attribute_is(const struct attribute *attribute, const char *value)
{
    return attribute->value_len == strlen(value)
           && strncasecmp(attribute->value, value, attribute->value_len) == 0;
}

bool canon_open(struct canon *canon, const struct noise *noise)
{
    canon->noise = noise;
    canon->out = (struct pool){ 0 };
    return digest_open(&canon->digest);
}

void canon_close(struct canon *canon)
{
    digest_close(&canon->digest);
    pool_clear(&canon->out);
}

bool canon_failed(const struct canon *canon)
{
    return canon->digest.failed || canon->out.failed;
}

void canon_begin(struct canon *canon, bool unordered)
{
    canon->out.len = 0;
    canon->in_run = canon->leaf = false;
    canon->depth = canon->hidden = 0;
    canon->uri = NULL;
    canon->unordered = unordered;
    canon->child_count = 0;
    digest_begin(&canon->digest);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void add_mark(struct canon *canon, char mark)
{
    pool_add(&canon->out, &mark, 1);
}

static void add(struct canon *canon, char mark, const char *text)
{
    add_mark(canon, mark);
    pool_add(&canon->out, text, strlen(text));
}

// A parser has made "\n" of "\r\n", but not of "&#13;\n".
static size_t without_returns(char *text, size_t len)
{
    char *from = memchr(text, '\r', len);
    if (from == NULL)
        return len;
    char *to = from, *end = text + len;
    for (; from < end; from++)
        if (*from != '\r' || from + 1 == end || from[1] != '\n')
            *to++ = *from;
    return (size_t)(to - text);
}

static size_t count_blanks(const char *text, size_t len)
{
    size_t count = 0;
    while (count < len && is_blank(text[count]))
        count++;
    return count;
}

static size_t trim(char *text, size_t len)
{
    size_t blanks = count_blanks(text, len);
    while (len > blanks && is_blank(text[len - 1]))
        len--;
    if (blanks > 0)
        memmove(text, text + blanks, len - blanks);
    return len - blanks;
}

// Is there anything in it that may have to go? Most texts are a few words, for
// which looking for one byte after the other costs more than this.
static bool is_special(const char *text, size_t len)
{
    enum { SHORT = 48 };
    bool found = len > SHORT;
    for (size_t i = 0; i < len && !found; i++)
        found = text[i] == '?' || text[i] == '#' || text[i] == '<'
                || text[i] == '\r';
    return found;
}

// `alone`: it is all that its element holds.
static void end_run(struct canon *canon, bool alone)
{
    if (!canon->in_run)
        return;
    canon->in_run = false;
    struct pool *out = &canon->out;
    if (out->failed)
        return;
    char *text = out->bytes + canon->run;
    size_t len = out->len - canon->run;
    bool blank = count_blanks(text, len) == len;
    if (!blank && is_special(text, len)) {
        len = without_returns(text, len);
        if (canon->noise != NULL)
            len = strip_text(canon->noise, text, len);
    }
    if (!blank) {
        if (alone)
            len = trim(text, len);
        blank = count_blanks(text, len) == len;
    }
    // Without its mark if there is nothing left.
    out->len = blank ? canon->run - 1 : canon->run + len;
}

static int compare_children(const struct canon *canon,
                            const struct canon_child *a,
                            const struct canon_child *b)
{
    size_t len_a = a->end - a->start, len_b = b->end - b->start;
    int bytes = memcmp(canon->out.bytes + a->start, canon->out.bytes + b->start,
                       len_a < len_b ? len_a : len_b);
    return bytes != 0 ? bytes : len_a < len_b ? -1 : len_a > len_b;
}

// First what is not in any of them, then they.
static void add_sorted(struct canon *canon)
{
    struct canon_child *children = canon->children;
    size_t at = 0;
    for (size_t i = 0; i < canon->child_count; i++) {
        digest_add(&canon->digest, canon->out.bytes + at,
                   children[i].start - at);
        at = children[i].end;
    }
    digest_add(&canon->digest, canon->out.bytes + at, canon->out.len - at);
    for (size_t i = 1; i < canon->child_count; i++) {
        struct canon_child child = children[i];
        size_t to = i;
        for (; to > 0 && compare_children(canon, &children[to - 1], &child) > 0;
             to--)
            children[to] = children[to - 1];
        children[to] = child;
    }
    for (size_t i = 0; i < canon->child_count; i++)
        digest_add(&canon->digest, canon->out.bytes + children[i].start,
                   children[i].end - children[i].start);
}

static void pass_all_on(struct canon *canon)
{
    if (canon->out.failed)
        return;
    if (canon->child_count > 0)
        add_sorted(canon);
    else
        digest_add(&canon->digest, canon->out.bytes, canon->out.len);
    canon->out.len = 0;
    canon->child_count = 0;
}

// At a tag, which may be within a child that is not sorted then.
static void pass_on(struct canon *canon)
{
    if (!canon->unordered) {
        if (canon->out.len >= COLLECTED)
            pass_all_on(canon);
    } else if (canon->child_count == CANON_CHILDREN_MAX
               || canon->out.len > UNORDERED_MAX) {
        pass_all_on(canon);
        canon->unordered = false;
    }
}

static int order(const struct attribute *a, const struct attribute *b)
{
    int names = a->name[0] - b->name[0];
    if (names == 0)
        names = strcmp(a->name, b->name);
    return names != 0 ? names : strcmp(a->uri, b->uri);
}

static int compare(const void *left, const void *right)
{
    return order(*(const struct attribute *const *)left,
                 *(const struct attribute *const *)right);
}

static void sort(struct canon *canon, const struct element *element)
{
    enum { FEW = 8 };
    const struct attribute **sorted = canon->sorted;
    size_t count = element->attribute_count;
    assert(count <= CANON_ATTRIBUTES_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct attribute *attribute = &element->attributes[i];
        size_t at = i;
        while (count <= FEW && at > 0 && order(sorted[at - 1], attribute) > 0) {
            sorted[at] = sorted[at - 1];
            at--;
        }
        sorted[at] = attribute;
    }
    if (count > FEW)
        qsort(sorted, count, sizeof sorted[0], compare);
}

static bool is_link(const struct canon *canon, const struct element *element,
                    const struct attribute *attribute)
{
    return element->name[0] == 'a' && element->name[1] == '\0'
           && canon_is(attribute->name, "href")
           && noise_is_link(canon->noise, attribute->value,
                            attribute->value_len);
}

static void add_attribute(struct canon *canon, const struct element *element,
                          const struct attribute *attribute)
{
    const struct noise *noise = canon->noise;
    if (noise != NULL
        && noise_is_attribute(noise, attribute->uri, attribute->name))
        return;
    add(canon, MARK_ATTRIBUTE, attribute->uri);
    add(canon, MARK_PART, attribute->name);
    add_mark(canon, MARK_PART);
    if (noise != NULL && is_link(canon, element, attribute))
        return;

    struct pool *out = &canon->out;
    size_t at = out->len;
    pool_add(out, attribute->value, attribute->value_len);
    if (noise != NULL && !out->failed
        && memchr(attribute->value, '=', attribute->value_len) != NULL)
        out->len = at + strip_text(noise, out->bytes + at, out->len - at);
}

bool canon_hides(const struct noise *noise, const struct element *element)
{
    if (noise_is_element(noise, element->uri, element->name))
        return true;
    if (!canon_is(element->name, "img"))
        return false;
    struct strip_value sizes[2] = { { NULL, 0 }, { NULL, 0 } };
    for (size_t i = 0; i < element->attribute_count; i++) {
        const struct attribute *attribute = &element->attributes[i];
        struct strip_value value = { attribute->value, attribute->value_len };
        if (canon_is(attribute->name, "src")
            && noise_is_image(noise, value.bytes, value.len))
            return true;
        if (canon_is(attribute->name, "width"))
            sizes[0] = value;
        if (canon_is(attribute->name, "height"))
            sizes[1] = value;
    }
    return noise_has_pixels(noise) && strip_is_pixel(&sizes[0], &sizes[1]);
}

void canon_start(struct canon *canon, const struct element *element)
{
    // The text around what is left out is one.
    if (canon->hidden > 0
        || (canon->noise != NULL && canon_hides(canon->noise, element))) {
        canon->hidden++;
        return;
    }
    end_run(canon, false);
    pass_on(canon);
    canon->leaf = true;
    if (canon->unordered && canon->depth == 1) {
        canon->children[canon->child_count].start = canon->out.len;
        // Each stands for itself, wherever it comes to lie.
        canon->uri = canon->own_uri;
    }
    if (canon->depth++ == 0)
        canon->own_uri = element->uri;
    if (canon->uri == element->uri
        || (canon->uri != NULL && strcmp(canon->uri, element->uri) == 0)) {
        add_mark(canon, MARK_START_AGAIN);
    } else {
        add(canon, MARK_START, element->uri);
        add_mark(canon, MARK_PART);
        canon->uri = element->uri;
    }
    pool_add(&canon->out, element->name, strlen(element->name));
    if (element->attribute_count == 0)
        return;
    sort(canon, element);
    for (size_t i = 0; i < element->attribute_count; i++)
        add_attribute(canon, element, canon->sorted[i]);
}

void canon_text(struct canon *canon, const char *text, size_t len)
{
    if (canon->hidden > 0)
        return;
    if (!canon->in_run) {
        add_mark(canon, MARK_TEXT);
        canon->run = canon->out.len;
        canon->in_run = true;
    }
    pool_add(&canon->out, text, len);
}

void canon_stop(struct canon *canon)
{
    if (canon->hidden > 0) {
        canon->hidden--;
        return;
    }
    end_run(canon, canon->leaf);
    canon->leaf = false;
    add_mark(canon, MARK_STOP);
    canon->depth--;
    if (canon->unordered && canon->depth == 1)
        canon->children[canon->child_count++].end = canon->out.len;
    else
        pass_on(canon);
}

void canon_end(struct canon *canon, uint8_t out[DIGEST_SIZE])
{
    end_run(canon, false);
    pass_all_on(canon);
    digest_end(&canon->digest, out);
}
