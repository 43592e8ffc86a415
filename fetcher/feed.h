// SPDX-License-Identifier: MIT
//
// feed -- a feed as entries with their places, and what surrounds them.
//
// Reads Atom 1.0 and 0.3, RSS 2.0, 0.9x, 1.0 and 0.90: what is plain XML in
// one quick pass (scan.h), all else by libxml2's SAX2 interface, with the same
// result; nothing is built in memory but the list of entries. Elements are
// known by namespace and depth, never by prefix: an atom:id in an entry's
// source, or an item in somebody's content, is none. A prefix that nobody
// declared means what it usually does (prefix.h), an entity of a file what it
// means in HTML (entity.h): nothing is loaded from anywhere.
//
// Reading is strict first. What is not well-formed, or goes beyond a limit
// (256 attributes or 64 KiB a tag, 64 levels, an internal DTD subset), is
// mended (mend.h) and read again; an entry reads the same either way. Not read
// at all is what goes beyond 256 namespace declarations, 10,000 different
// names (for libxml2) or 50,000 entries, or is no feed.
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
    FEED_DELETED_MAX = 10000,
    FEED_PARTS_MAX = 200000,
    FEED_NAMESPACES_MAX = 256,
    FEED_NAMESPACE_MAX = 1024 // letters in the name of one
};
#define FEED_NONE SIZE_MAX

struct feed_entry {
    size_t start, end; // in the text: from its '<' or '{' to past its end
    uint8_t id[16];    // its identity (R124): id, else link, title, content
    uint8_t content[16];
    // NUL-terminated in `strings`, trimmed; FEED_NONE: absent. The link is
    // absolute where its base is known, the title is text.
    size_t id_at, link_at, title_at, updated_at;
    size_t part_at, part_count; // in `parts`
};

// A child of an entry, or a member of an item, for who asks what has changed.
struct feed_part {
    // "title", "slash:comments", "{NAMESPACE}NAME", and "@" for the entry's
    // own attributes; in `strings`. Several of a name may stand in an entry.
    size_t name_at;
    uint8_t content[16]; // what counts of it
    uint8_t all[16];     // with what noise.h leaves out
    bool ignored;        // noise.h leaves out all of it
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
    unsigned repairs;            // bits of enum document_repair
    bool incomplete;             // its end is missing
    size_t tail; // where an entry without an end starts; FEED_NONE: none does
    size_t ends; // in `strings`, the end tags that it lacks; FEED_NONE: none
    struct feed_entry *entries;
    size_t entry_count;
    struct feed_seat *seats;
    size_t seat_count;
    uint8_t around[16]; // digest of what surrounds the entries
    size_t title_at;
    struct pool strings;
    struct document_hints hints;
    // Entries that it says are withdrawn: <at:deleted-entry> (RFC 6721).
    uint8_t (*deleted)[16];
    size_t deleted_count;
    struct feed_part *parts; // of all entries, one after the other
    size_t part_count;
};

struct feed_input {
    const char *text; // UTF-8
    size_t len;
    const char *url;           // the base of its links
    const struct noise *noise; // NULL: noise_default()
    uint32_t today;            // unix day, for hints; 0: not told
    bool parts;                // are wanted
};

// False: out of memory.
bool feed_read(const struct feed_input *input, struct link_set *links,
               struct feed *out);
void feed_clear(struct feed *feed);

// NULL for FEED_NONE. Borrowed until the feed is cleared.
const char *feed_string(const struct feed *feed, size_t at);

// See document_setup().
void feed_setup(void);
