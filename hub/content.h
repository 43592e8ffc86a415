// SPDX-License-Identifier: MIT
//
// content -- what a subscriber at some cursor is to be sent.
//
// Read from the log, cut if need be, and shared: everyone who is owed the same
// gets the same object, with its header lines ready. A few that nobody holds
// are kept for the next who asks.
//
// Which document it is (M3, M10, M13):
//   whole   the publisher's document as of `to`;
//   news    only the entries that are new or changed since `from`: the update
//           itself when it is just one, else what news.h chooses. Whole, where
//           a document cannot be cut;
//   each    one version after the other, the next one whole.
// With the last two `upto` may be less than was asked for: then there is more.

#pragma once

#include "loop.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct contents;
struct services;

enum content_wish {
    CONTENT_WHOLE, // as he asked
    CONTENT_NEWS,  // as he asked, of every feed that can be cut
    // As the topic says, else the hub:
    CONTENT_USUAL, // then RDF and JSON Feed are cut only for the topic's sake
    CONTENT_FIRST, // his first, which is whole, unless it is each
};

struct content_key {
    uint64_t topic;
    uint64_t from; // the cursor
    uint64_t to;   // 0: the head
    enum content_wish wish;
};

struct signing;

// Read only, but for its signatures. Held by whoever was given it, until
// content_drop().
struct content {
    struct content_key key;
    bool nothing; // these updates hold nothing for who wishes so
    uint64_t upto;
    uint64_t incarnation;
    int64_t stored; // unix ms: `upto` was
    const char *body;
    size_t body_len;
    char *type_line;         // "Content-Type: ..."
    char *link_line;         // "Link: ..."
    struct bytes topic_url;  // what its self is; length 0: the publisher's own
    char sequence_line[64];  // "Hub-Sequence: <inc>.<n>"
    char previous_line[64];  // "Hub-Previous: <inc>.<m>"
    char gap_line[112];      // "Hub-Gap: ...", or ""
    struct signing *signing; // of a large body; NULL: nobody wants it yet
};

struct content_wait {
    // A content to hold, or NULL: it cannot be had now (gone: the topic does
    // not exist any more).
    void (*ready)(struct content_wait *wait, struct content *content,
                  bool gone);
    struct content_wait *next; // ours
};

// NULL: out of memory.
struct contents *contents_new(const struct services *services);
void contents_free(struct contents *contents); // nothing held, nothing awaited

bool contents_step(void *contents, struct moment now);
int64_t contents_patience(void *contents, struct moment now);

// The content, held; or NULL, and `wait` will be called in a later step.
struct content *content_get(struct contents *contents,
                            const struct content_key *key,
                            struct content_wait *wait);
void content_drop(struct contents *contents, struct content *content);
struct content *content_hold(struct content *content);
