// SPDX-License-Identifier: MIT
//
// canon -- what an element says, as a digest, however it is written.
//
// It sees the element's events: names with their namespace, attributes in any
// order, text. Two elements have the same digest if they differ only in
// prefixes, places of xmlns, the order or quotes of attributes, CDATA or
// character references against characters, the two spellings of an empty
// element, comments, processing instructions, line ends, white space between
// two tags or at both ends of a text that is all its element holds, and in what
// noise.h leaves out. Any other difference counts, white space within text too.

#pragma once

#include "digest.h"
#include "noise.h"
#include "pool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    CANON_ATTRIBUTES_MAX = 256,
    // Of the recipe: to be raised whenever the digest of anything changes.
    CANON_VERSION = 2
};

// Borrowed, NUL-terminated but for the value. `uri` is "" without a namespace;
// it stays where it is as long as its document is read.
struct attribute {
    const char *uri, *name;
    const char *value;
    size_t value_len;
};

// Most names differ in their first letter, and strcmp() is a call.
static inline bool canon_is(const char *text, const char *other)
{
    return text[0] == other[0] && (text[0] == '\0' || strcmp(text, other) == 0);
}

struct element {
    const char *uri, *name;
    const struct attribute *attributes;
    size_t attribute_count; // at most CANON_ATTRIBUTES_MAX
};

// NULL: there is none.
const struct attribute *element_attribute(const struct element *element,
                                          const char *uri, const char *name);

// Without case.
bool attribute_is(const struct attribute *attribute, const char *value);

enum { CANON_CHILDREN_MAX = 64 };

struct canon_child {
    size_t start, end;
};

struct canon {
    const struct noise *noise; // NULL: nothing is left out
    struct digest digest;
    struct pool out; // what is to be digested
    size_t run;      // where in it the text since the last tag begins
    bool in_run;     // there is any
    bool leaf;       // nothing but text since the last start tag
    unsigned depth;
    unsigned hidden;     // how many elements are open within one left out
    const char *uri;     // of the last start tag
    const char *own_uri; // of the outermost one
    // In no order of their own: the children of the outermost element.
    bool unordered;
    struct canon_child children[CANON_CHILDREN_MAX];
    size_t child_count;
    const struct attribute *sorted[CANON_ATTRIBUTES_MAX];
};

bool canon_open(struct canon *canon, const struct noise *noise);
void canon_close(struct canon *canon);
bool canon_failed(const struct canon *canon);

// One element follows. `unordered`: RFC 4287 section 3.3 gives no meaning to
// the order of its children, nor does RSS; it counts only from the 65th of them
// on, or when they are longer than 256 KiB.
void canon_begin(struct canon *canon, bool unordered);
void canon_start(struct canon *canon, const struct element *element);
void canon_text(struct canon *canon, const char *text, size_t len);
void canon_stop(struct canon *canon); // the end tag
void canon_end(struct canon *canon, uint8_t out[DIGEST_SIZE]);

// Is it left out with all that it holds?
bool canon_hides(const struct noise *noise, const struct element *element);
