// SPDX-License-Identifier: MIT
//
// canon -- what an element says, as a digest, however it is written.
//
// It sees the element's events: names with their namespace, attributes in any
// order, text. Two elements have the same digest if they differ only in
// prefixes, places of xmlns, the order or quotes of attributes, CDATA against
// escapes, comments, processing instructions, line ends, and white space
// between two tags. Any other difference counts, white space within text too.

#pragma once

#include "digest.h"
#include "pool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CANON_ATTRIBUTES_MAX = 256 };

// Borrowed, NUL-terminated but for the value. `uri` is "" without a namespace.
struct attribute {
    const char *uri, *name;
    const char *value;
    size_t value_len;
};

struct element {
    const char *uri, *name;
    const struct attribute *attributes;
    size_t attribute_count; // at most CANON_ATTRIBUTES_MAX
};

// NULL: there is none.
const struct attribute *element_attribute(const struct element *element,
                                          const char *uri, const char *name);

struct canon {
    struct digest digest;
    struct pool run; // text since the last tag
    const struct attribute *sorted[CANON_ATTRIBUTES_MAX];
};

bool canon_open(struct canon *canon);
void canon_close(struct canon *canon);
bool canon_failed(const struct canon *canon);

void canon_begin(struct canon *canon);
void canon_start(struct canon *canon, const struct element *element);
void canon_text(struct canon *canon, const char *text, size_t len);
void canon_stop(struct canon *canon); // the end tag
void canon_end(struct canon *canon, uint8_t out[DIGEST_SIZE]);
