// SPDX-License-Identifier: MIT
//
// diff -- what is new in a document, against what is remembered of it.
//
// Exactly this is compared:
//
// An entry is known by its identity (R124): its id, guid or rdf:about; if it
// has none its link, else its title, else all that it says. It counts as
// changed when what it says has changed: its title, summary or content, links,
// authors and contributors, categories, enclosures, source, rights, dates
// (also `updated` alone: RFC 4287 4.2.15 lets the publisher call a change
// significant with it), elements of any extension, and attributes such as
// xml:lang and xml:base. Where it stands in the document does not count.
//
// No change is what only looks different (canon.h, jsonfeed.h): white space
// between elements, the order and quotes of attributes, prefixes and where
// xmlns stands, CDATA or escapes, comments and processing instructions; in
// JSON white space, escapes and the order of members. Nor is a difference that
// the policy list leaves out (noise.h): comment counts, parameters of links
// that track readers, images that are counters, and what the operator adds.
//
// What surrounds the entries is one more thing, compared the same way, but for
// the parts that say only when or how the feed was made (builder.h lists them:
// lastBuildDate, a feed's updated and pubDate, ttl, generator and their like).
// That entries are gone is a change of its own, which brings nothing new; but
// if the document says itself that one is (at:deleted-entry), that is a change
// of what surrounds the others.
//
// A document that is no feed is compared by all of its bytes.
//
// Of a document without its end, and of an answer with only some entries (RFC
// 3229), entries alone are compared: what is not there is not gone. The next
// whole one after such a version is then at least a change of what surrounds
// them: who takes whole documents had only a part.
//
// An id that stands twice in a document is remembered with both contents, and
// has changed when one of them is not among those remembered (M14).
//
// What is remembered is digests, and where they were made in another way --
// other rules of noise.h, another version of this program, another format of
// the same feed -- they say nothing: whoever is known is then old and unchanged
// and only gets its new digest. So if the feed was Atom yesterday and is RSS
// today, entries whose guid is what their id was are not new.
//
// The memory says which entries were in the version it was made of: those
// whose `seen` is that of the document's own row (the id of zeros). For this,
// an entry that goes on the very day it was last seen is put down for the day
// before. Entries that are gone stay known, so one that comes back is not new;
// memory.h says in what order they lie, and which are forgotten. The days never
// go back, even if the clock does.
//
// Beside the document's own row there is one for how the digests were made
// (the id 0...01), which bears the day of the last version that was a feed.

#pragma once

#include "document.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct diff_row {
    uint8_t id[16], content[16];
};

struct diff_input {
    enum document_format format;
    bool feed;            // else count is 0
    bool complete;        // what is not there is gone
    uint8_t recipe[16];   // of the rules that the digests were made by
    const uint8_t *whole; // 16 bytes: of what surrounds them, or of all
    // Of all bytes of a feed; NULL if diff_wants_bytes() says no.
    const uint8_t *bytes;
    const struct diff_row *rows; // in the document's order
    size_t count;
    const uint8_t (*deleted)[16]; // that it says are gone
    size_t deleted_count;
    // As in document_input.
    const struct document_entry *known;
    size_t known_count;
    uint64_t seq;
    uint32_t today;
    size_t entries_max;
};

// Not a row that stands for the document itself.
bool diff_is_entry(const struct document_entry *row);

// The last version was a feed.
bool diff_was_feed(const struct document_entry *known, size_t known_count);

// The last version was no feed to us; if it is the same bytes that are one now,
// nothing in it is new.
bool diff_wants_bytes(const struct document_entry *known, size_t known_count);

// Fills change, completes, remember, entries, memory_count, changed and
// changed_count of *out, and nothing else. False: out of memory; what is there
// is the document's to clear.
bool diff_make(const struct diff_input *input, struct document *out);
