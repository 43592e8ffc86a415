// SPDX-License-Identifier: MIT
//
// feed -- a feed as entries with their places, and what surrounds them.
//
// Reads Atom 1.0 and 0.3, RSS 2.0, 0.9x, 1.0 and 0.90 by libxml2's SAX2
// interface; nothing is built in memory but the list of entries. Elements are
// known by namespace and depth, never by prefix: an atom:id in an entry's
// source, or an item in somebody's content, is none. Entities are not
// expanded, nothing is loaded from anywhere, and a document that goes beyond a
// limit is not read: 256 attributes or 64 KiB a tag, 64 levels, 256 namespace
// declarations, 10,000 different names, 50,000 entries, an internal DTD subset.
//
// Reading is strict: a document that is not well-formed is no feed (its links
// up to there are found all the same).
//
// fetcher/feed.c is the only file that includes libxml2.

#pragma once

#include "document.h"
#include "link.h"
#include "pool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FEED_ENTRIES_MAX = 50000,
    FEED_DEPTH_MAX = 64,
    FEED_NAMESPACES_MAX = 256
};
#define FEED_NONE SIZE_MAX

struct feed_entry {
    size_t start, end; // in the text: from its '<' or '{' to past its end
    uint8_t id[16];    // its identity (R124): id, else link, title, content
    uint8_t content[16];
    // NUL-terminated in `strings`, trimmed; FEED_NONE: absent.
    size_t id_at, link_at, title_at, updated_at;
};

// A place where RSS 1.0 lists an entry before it comes: <rdf:li>.
struct feed_seat {
    size_t start, end;
    uint8_t id[16];
};

// All zeros to begin with. Must be cleared.
struct feed {
    enum document_format format; // DOCUMENT_OTHER: it could not be read
    bool placed;                 // start and end are known
    struct feed_entry *entries;
    size_t entry_count;
    struct feed_seat *seats;
    size_t seat_count;
    uint8_t around[16]; // digest of what surrounds the entries
    size_t title_at;
    struct pool strings;
};

// `text` is UTF-8, `url` the base of its links. False: out of memory.
bool feed_read(const char *text, size_t len, const char *url,
               struct link_set *links, struct feed *out);
void feed_clear(struct feed *feed);

// NULL for FEED_NONE. Borrowed until the feed is cleared.
const char *feed_string(const struct feed *feed, size_t at);

// See document_setup().
void feed_setup(void);
