// SPDX-License-Identifier: MIT
//
// reading -- what the bytes of a document say, before any memory comes in.
//
// Its charset, its format, its links and, if it is a feed, its entries. The
// root element tells the format, for the Content-Type of feeds is often wrong.

#pragma once

#include "charset.h"
#include "cut.h"
#include "document.h"
#include "feed.h"
#include "link.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reading {
    struct charset_text text;
    struct feed feed;
    struct link_set links;
    enum document_format format;
    const char *bytes; // borrowed
    size_t len;
    const char *content_type; // borrowed
};

// What document.h means by these of its fields.
struct reading_input {
    const char *bytes;
    size_t len;
    const char *content_type, *url;
    const struct noise *noise;
    uint32_t today;
    bool parts; // of the entries (feed.h)
};

// False: out of memory. Must be cleared either way.
bool reading_make(const struct reading_input *input, struct reading *out);
void reading_clear(struct reading *reading);

bool reading_is_feed(const struct reading *reading);
// Bits of enum document_repair.
unsigned reading_repairs(const struct reading *reading);
// M3: by default, and only for who asks for it.
bool reading_is_cuttable(const struct reading *reading);
bool reading_is_on_request(const struct reading *reading);

// As cut_make(), of the bytes, which must still be there. What had to be mended
// is cut in the publisher's own bytes only if what comes of it reads as those
// entries did. *out NULL: it is no feed that can be cut. False: out of memory.
struct reading_cut {
    const uint8_t (*ids)[16];
    size_t id_count;
    bool *matched; // or NULL
    size_t found;
    char *out; // the caller's
    size_t out_len;
};
bool reading_cut(const struct reading *reading, struct reading_cut *cut);

// Of all that it says (M6). False: out of memory.
bool reading_digest(const struct reading *reading, uint8_t out[16]);
// Of the bytes. False: out of memory.
bool reading_digest_bytes(const struct reading *reading, uint8_t out[16]);
