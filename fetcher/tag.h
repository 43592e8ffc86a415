// SPDX-License-Identifier: MIT
//
// tag -- a tag as it was meant.
//
// Quotes that are missing or not closed, attributes without a value or given
// twice, slashes and signs that mean nothing, a '>' that is missing: what can
// be made of it is told, and what it took.

#pragma once

#include "ahead.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TAG_ATTRIBUTES_MAX = 256, TAG_NAME_MAX = 1024 };

// Places in the text.
struct tag_attribute {
    size_t name, name_len;
    size_t value, value_len;
    uint32_t hash;
    char quote; // '\0': it had none
};

struct tag {
    size_t name, name_len;
    size_t end;       // just past it
    bool closing;     // "</"
    bool empty;       // "/>"
    unsigned repairs; // bits of enum document_repair
    struct tag_attribute attributes[TAG_ATTRIBUTES_MAX];
    size_t count;
};

enum tag_kind {
    TAG_NONE, // that '<' stands for itself
    TAG_FOUND,
    TAG_CUT // the text ends before it does
};

// What starts with the '<' at `at`.
enum tag_kind tag_read(struct ahead *ahead, size_t at, struct tag *out);

// How long the XML name at `text` is; 0: there is none.
size_t tag_name_length(const char *text, size_t len);
