// SPDX-License-Identifier: MIT
//
// chardata -- text as XML wants it, from text as people write it.
//
// A stray '&' or '<' stands for itself, HTML's names become their characters,
// unknown names their spelling, and what XML cannot hold is left out. What XML
// understands stays as it is, byte for byte.

#pragma once

#include "pool.h"
#include "subset.h"

#include <stddef.h>

struct chardata {
    struct pool *out;
    const struct subset *own; // entities of the document's own
    size_t max;               // beyond, the rest is left out
    unsigned repairs;         // bits of enum document_repair
};

// Between two tags.
void chardata_text(struct chardata *data, const char *text, size_t len);
// The value of an attribute, to stand in these quotes.
void chardata_value(struct chardata *data, const char *text, size_t len,
                    char quote);
// Within <![CDATA[ and ]]>.
void chardata_section(struct chardata *data, const char *text, size_t len);
