// SPDX-License-Identifier: MIT
//
// document -- what a fetched document is, and what is new in it.
//
// The one face of everything that reads documents: it finds out the format
// and charset, reads feeds into entries with byte ranges (feed.h), discovers
// hub and self links (link.h), compares with what was remembered (diff.h) and
// cuts a document down to some of its entries (cut.h). Pure: bytes in, answers
// out; it may take milliseconds, so call it on a worker thread.
//
// A document that is not a feed, or a feed that cannot be read, is one single
// thing: it has no entries, and it is new when its bytes are (R123).

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct noise;

enum document_format {
    DOCUMENT_OTHER,
    DOCUMENT_ATOM10,
    DOCUMENT_ATOM03,
    DOCUMENT_RSS20,
    DOCUMENT_RSS09X, // 0.91 to 0.94
    DOCUMENT_RSS10,  // RDF, 0.90 too
    DOCUMENT_JSONFEED,
    DOCUMENT_HTML, // no entries, but links
};

// "atom10", "rss20", ..., "other".
const char *document_format_name(enum document_format format);

// What is remembered of one entry between two versions. The id is the first
// half of SHA-256(kind, id); an id of zeros stands for the document itself:
// of a feed, all that surrounds the entries; diff.h has one more of these. One
// id may occur several times (M14).
struct document_entry {
    uint8_t id[16], content[16];
    uint64_t seq;  // of the version that brought it; the caller's
    uint32_t seen; // unix day it was last in the document
};

struct document_input {
    const char *bytes;
    size_t len;
    const char *content_type; // of the HTTP answer; NULL: none
    const char *url;          // the document's final URL, base of its links
    // Link fields of the HTTP answer, in order.
    const char *const *link_fields;
    size_t link_field_count;
    // What was remembered, in the order it was given; count 0: nothing yet.
    const struct document_entry *known;
    size_t known_count;
    uint64_t seq;       // for entries that are new or changed
    uint32_t today;     // unix day
    size_t entries_max; // ceiling of the memory: max(this, twice the current)
    // What of an entry's differences counts for nothing; NULL: noise_default().
    const struct noise *noise;
    // The answer of RFC 3229 with only some entries: the others are not gone,
    // and what surrounds them is not compared.
    bool partial;
};

// What a feed says about when it is worth looking again. All zeros: nothing.
struct document_hints {
    uint32_t ttl;        // RSS <ttl>, in seconds
    uint32_t period;     // sy:updatePeriod / sy:updateFrequency, in seconds
    uint32_t skip_hours; // bit h: not in hour h of the day, UTC
    uint8_t skip_days;   // bit d: not on that day of the week, 0 is Sunday
    // When its entries say that they were published or updated last: unix
    // seconds, newest first, nothing before 1990 or after tomorrow.
    int64_t dates[32];
    size_t date_count;
};

// What had to be mended before a document could be read (bits).
enum document_repair {
    DOCUMENT_REPAIR_CHARSET = 1 << 0,   // its label was wrong
    DOCUMENT_REPAIR_BYTES = 1 << 1,     // bytes that are no characters
    DOCUMENT_REPAIR_CONTROLS = 1 << 2,  // characters that XML does not allow
    DOCUMENT_REPAIR_ENTITIES = 1 << 3,  // undefined ones: &nbsp;
    DOCUMENT_REPAIR_AMPERSAND = 1 << 4, // one that stands for itself
    DOCUMENT_REPAIR_TAGS = 1 << 5,      // not closed, or closed wrongly
    DOCUMENT_REPAIR_ATTRIBUTES = 1 << 6,
    DOCUMENT_REPAIR_LEADING = 1 << 7, // text before the document
    DOCUMENT_REPAIR_TRAILING = 1 << 8,
    DOCUMENT_REPAIR_TAIL = 1 << 9,     // its end is missing
    DOCUMENT_REPAIR_PREFIX = 1 << 10,  // one that was never declared
    DOCUMENT_REPAIR_DOCTYPE = 1 << 11, // an internal subset was left out
    DOCUMENT_REPAIR_JSON = 1 << 12,    // text that is nearly JSON
    DOCUMENT_REPAIRS = 13              // how many bits there are
};
// Of one bit: "charset", "entities", ...
const char *document_repair_name(enum document_repair repair);

enum document_change {
    DOCUMENT_SAME,
    DOCUMENT_ENTRIES,      // entries are new or changed
    DOCUMENT_FEED_LEVEL,   // only what surrounds them
    DOCUMENT_REMOVAL_ONLY, // only that some are gone
    DOCUMENT_REPLACED,     // not a feed: other bytes
};

enum { DOCUMENT_HUBS_MAX = 8 };

// Everything here is the document's own until document_clear().
struct document {
    enum document_format format;
    bool cuttable;    // Atom 1.0/0.3 or RSS 2.0/0.9x: cut by default (M3)
    bool on_request;  // RDF, JSON Feed: cut only for who asks (M3)
    unsigned repairs; // bits of enum document_repair
    bool incomplete;  // its end is missing: what is not there is not gone
    bool completes; // the version before was only a part (FEED_LEVEL at least)
    struct document_hints hints;
    uint8_t digest[16]; // of all that it says (M6)
    enum document_change change;
    char *self;                    // NULL: none; absolute
    char *hubs[DOCUMENT_HUBS_MAX]; // absolute, in the document's order
    size_t hub_count;
    size_t entry_count; // in this version
    // The new memory: the document and its entries. It replaces the old one
    // when `remember` says so, which is also without a change when a day is
    // over a week old.
    bool remember;
    struct document_entry *entries;
    size_t memory_count;
    // Ids of entries that are new or changed, in the document's order.
    uint8_t (*changed)[16];
    size_t changed_count;
    // The publisher's bytes with all other entries cut out; NULL unless
    // cuttable or on_request, and change is ENTRIES (or FEED_LEVEL: then
    // without entries).
    char *delta;
    size_t delta_len;
};

// The memory has other rows than those of entries.
bool document_is_entry(const struct document_entry *row);
// The version that this is the memory of was a feed, if only an empty one.
bool document_was_feed(const struct document_entry *known, size_t count);

// False: out of memory; *out is then empty.
bool document_read(const struct document_input *input, struct document *out);
void document_clear(struct document *document);

// What became of an entry that a subscriber has missed, as the newest document
// shows it (M13).
enum document_fate {
    DOCUMENT_LISTED,
    DOCUMENT_WITHDRAWN,  // an at:deleted-entry, or entries older than it are
                         // still listed behind its place
    DOCUMENT_ROLLED_OFF, // gone because others came
};
struct document_choice {
    // In:
    const char *bytes; // the newest document
    size_t len;
    const char *content_type;
    const uint8_t (*ids)[16];
    size_t id_count;
    // The memory as of this document, in the order it was given; count 0:
    // WITHDRAWN is not told, but by an at:deleted-entry.
    const struct document_entry *known;
    size_t known_count;
    // Out:
    enum document_fate *fates; // one for each id; the caller's, or NULL
    size_t listed, withdrawn, rolled_off;
    char *cut; // cut to what is listed, in the publisher's order; NULL: it is
               // no feed that can be cut. The caller frees it
    size_t cut_len;
};
// False: out of memory.
bool document_choose(struct document_choice *choice);

// The document cut down to the entries whose ids are given, in the
// publisher's order. NULL: it is no feed that can be cut, or memory ran out.
// *found counts ids that are in it; *matched[i] says which, if not NULL.
// The caller frees it.
char *document_cut(const char *bytes, size_t len, const char *content_type,
                   const uint8_t (*ids)[16], size_t id_count, bool *matched,
                   size_t *found, size_t *out_len);

// One entry in words, for `websubctl feed inspect`. NULL where absent.
struct document_item {
    const char *id, *link, *title, *updated;
    char hash[33]; // of its content, hex
};
struct document_outline {
    enum document_format format;
    char *title, *self;
    char *hubs[DOCUMENT_HUBS_MAX];
    size_t hub_count;
    const char *charset; // "utf-8", ...; borrowed for ever
    unsigned repairs;    // bits of enum document_repair
    bool incomplete;
    struct document_hints hints; // but for dates
    struct document_item *items;
    size_t item_count;
    void *memory; // what the items point into
};
bool document_outline(const char *bytes, size_t len, const char *content_type,
                      const char *url, struct document_outline *out);
void document_outline_clear(struct document_outline *outline);

// Once per process, before any other thread exists.
void document_setup(void);
