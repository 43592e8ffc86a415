// SPDX-License-Identifier: MIT
//
// builder -- from the elements of a feed to its entries.
//
// Told each start tag, text and end tag in turn, it finds out the format from
// the root, recognises entries where the format has them (and where feeds have
// them that are slightly broken: items beside the channel, or in the channel of
// RDF), and collects what feed.h wants to know. It knows no parser.
//
// What counts of an entry is all of it (canon.h) but noise.h's list, and of an
// entry's source (RFC 4287 section 4.2.11) what says only when its feed was
// made: updated, modified, generator. A link's address counts as it is after
// resolving with the document's own xml:base, however it was written.
//
// What surrounds the entries is one thing more, without what says only when,
// how often, by what or in how many pages the feed is made, and how to hear of
// it otherwise than by us:
//   Atom: updated, modified, generator; links next, prev, previous, first,
//     last, prev-archive and next-archive (RFC 5005);
//   RSS: lastBuildDate, pubDate, ttl, generator, skipHours, skipDays, cloud;
//     atom:updated, atom:generator and those links;
//   RSS 1.0: the list of the items;
//   dc:date, dcterms:date and dcterms:modified; sy:updatePeriod,
//     sy:updateFrequency and sy:updateBase; the totals of OpenSearch;
//   at:deleted-entry, for what it names is in feed.deleted;
//   noise.h's list.
// xml:base and xml:lang of the root and the channel are theirs, not of the
// entries: when they change, the feed has.

#pragma once

#include "canon.h"
#include "feed.h"
#include "item.h"
#include "link.h"
#include "url.h"
#include "vocabulary.h"

#include <stdbool.h>
#include <stddef.h>

// The element whose text is being collected.
enum builder_kind {
    BUILDER_NOTHING,
    BUILDER_FIELD,      // of the entry
    BUILDER_FEED_TITLE, // or a better one than was known
    BUILDER_HINT
};
struct builder_capture {
    enum builder_kind kind;
    unsigned what; // field or hint
    unsigned rank;
    enum item_mode mode;
    unsigned depth;
    struct pool text;
};

struct builder {
    struct feed *feed;
    struct link_set *links;
    const struct feed_input *input;
    struct vocabulary_root root;
    const char *uri; // of the format's own elements
    bool told;       // it holds what a feed does
    bool stopped;    // it is no feed to us, or over a limit
    bool no_memory;
    unsigned depth;
    unsigned skip;  // depth of the volatile element we are in, from 1; or 0
    unsigned quiet; // the same within an entry
    bool in_container, in_entry, in_source;
    unsigned entry_depth;
    // Bases of links: of what surrounds the entries, of the entry, of the
    // element whose text is being collected.
    char base[URL_MAX + 1], entry_base[URL_MAX + 1], own_base[URL_MAX + 1];
    bool based, entry_based; // by an xml:base
    size_t resolved;         // how much work that has been
    struct canon entry, around;
    struct canon part, whole_part; // only if input->parts
    struct digest names;
    size_t entries_max, seats_max, deleted_max, parts_max; // allocated
    struct feed_entry current;
    struct item item;
    struct builder_capture capture;
    unsigned title_rank; // of the feed
    uint32_t period, frequency;
};

bool builder_open(struct builder *builder, const struct feed_input *input,
                  struct feed *feed, struct link_set *links);
void builder_close(struct builder *builder);
bool builder_failed(const struct builder *builder);

// `at` is the place of the tag's '<', or just past its '>'.
void builder_start(struct builder *builder, const struct element *element,
                   size_t at);
void builder_text(struct builder *builder, const char *text, size_t len);
void builder_stop(struct builder *builder, size_t at);

// The root has been closed, and all was well.
void builder_finish(struct builder *builder);

// For surroundings.c and child.c.
bool builder_owns(const struct builder *builder, const struct element *element);
void builder_collect(struct builder *builder, enum builder_kind kind,
                     unsigned what, unsigned rank);
enum item_mode builder_mode(const struct builder *builder,
                            const struct element *element);
// The base of an element within `base`, in `out` if it has one of its own.
const char *builder_base(struct builder *builder, const struct element *element,
                         const char *base, char out[URL_MAX + 1]);
// A reference is to be resolved against it. False: that would be too much, for
// many links and a long base take seconds; then it stays as it is.
bool builder_may_resolve(struct builder *builder, const char *base);
// NULL: no memory, or there are `limit` already.
void *builder_grow(struct builder *builder, void *list, size_t size,
                   size_t count, size_t *max, size_t limit);
