// SPDX-License-Identifier: MIT
//
// item -- what is known of the entry that is being read.
//
// Each of its fields may be said several times and in several ways; the best
// one counts, the first among equals, and one that is blank is as good as none.

#pragma once

#include "digest.h"
#include "feed.h"
#include "pool.h"
#include "vocabulary.h"

#include <stdbool.h>
#include <stddef.h>

struct item {
    struct pool fields[VOCABULARY_FIELDS]; // trimmed
    unsigned rank[VOCABULARY_FIELDS];      // 0: it has none
    struct pool link; // absolute; empty: it is as it was written
    bool permalink;   // its id is a link as well
    enum item_mode { ITEM_TEXT, ITEM_HTML, ITEM_BASE64 } mode; // of its title
    struct pool scratch;
};

void item_begin(struct item *item);
void item_clear(struct item *item);
bool item_failed(const struct item *item);

struct item_value {
    enum vocabulary_field field;
    unsigned rank;
    enum item_mode mode;
    const char *base; // of a link
    const char *bytes;
    size_t len;
};
void item_offer(struct item *item, const struct item_value *value);

// The text of a title, at the end of `out`.
void item_title(struct pool *out, enum item_mode mode, const char *bytes,
                size_t len);

// Its identity (R124): id, else link, title, what it says. A link is compared
// without parameters that only track, whatever an operator thinks of them.
// Needs entry->content.
void item_identify(struct item *item, struct digest *digest,
                   struct feed_entry *entry);

// Moves what is to be shown into the feed's strings, and notes its date.
void item_keep(struct item *item, struct feed *feed, struct feed_entry *entry,
               uint32_t today);

// Strings as JSON or XML have them: without blanks at their ends. FEED_NONE:
// there is nothing else.
size_t item_string(struct pool *strings, const char *bytes, size_t len);

// One of the dates of document_hints.
void item_note_date(struct document_hints *hints, const char *text,
                    uint32_t today);

// The digest that stands for a link.
void item_digest_link(struct digest *digest, struct pool *scratch,
                      const char *link, size_t len, uint8_t out[DIGEST_SIZE]);
