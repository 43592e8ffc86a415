// SPDX-License-Identifier: MIT
//
// claim -- which charset a document is said to be in, and by whom.

#pragma once

#include "label.h"

#include <stdbool.h>
#include <stddef.h>

struct claim {
    // NULL: not said, or not by a known name.
    const struct label *mark;     // the byte order mark
    const struct label *zeros;    // the pattern of zero bytes
    const struct label *http;     // the Content-Type
    const struct label *document; // the XML declaration, or <meta>
    size_t mark_len;
    bool unknown; // somebody named one that is not known
    bool ascii;   // the label that counts was US-ASCII
};

void claim_read(const char *bytes, size_t len, const char *content_type,
                struct claim *out);

// The one that counts; NULL: nobody has said anything.
const struct label *claim_decide(const struct claim *claim);
