// SPDX-License-Identifier: MIT
//
// builder -- from the elements of a feed to its entries.
//
// Told each start tag, text and end tag in turn, it finds out the format from
// the root, recognises entries at the depth where the format has them, and
// collects what feed.h wants to know. It knows no parser.
//
// The digest of what surrounds the entries leaves out what says only when or
// how often the feed is made: updated, modified and generator of Atom;
// lastBuildDate, pubDate, ttl, generator, skipHours and skipDays of RSS;
// dc:date; sy:updatePeriod, sy:updateFrequency and sy:updateBase; the totals
// of OpenSearch; and RSS 1.0's list of the items.

#pragma once

#include "canon.h"
#include "feed.h"
#include "link.h"
#include "url.h"

#include <stdbool.h>
#include <stddef.h>

enum builder_field {
    BUILDER_ID,
    BUILDER_LINK,
    BUILDER_TITLE,
    BUILDER_UPDATED,
    BUILDER_FIELDS
};

struct builder {
    struct feed *feed;
    struct link_set *links;
    char base[URL_MAX + 1];
    bool stopped; // it is no feed to us, or over a limit
    bool no_memory;
    unsigned depth;
    unsigned skip; // depth of the volatile element we are in, from 1; or 0
    bool in_container, in_entry;
    const char *uri; // of the format's own elements
    struct canon entry, around;
    size_t entries_max, seats_max; // allocated
    // The entry that is open, and how good what we know of it is.
    struct feed_entry current;
    unsigned rank[BUILDER_FIELDS];
    // The field whose text is being collected.
    size_t *capture;
    unsigned capture_depth;
    size_t capture_from;
};

bool builder_open(struct builder *builder, const char *url, struct feed *feed,
                  struct link_set *links);
void builder_close(struct builder *builder);

// `at` is the place of the tag's '<', or just past its '>'.
void builder_start(struct builder *builder, const struct element *element,
                   size_t at);
void builder_text(struct builder *builder, const char *text, size_t len);
void builder_stop(struct builder *builder, size_t at);

// The root has been closed, and all was well.
void builder_finish(struct builder *builder);
