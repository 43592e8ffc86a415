// SPDX-License-Identifier: MIT
//
// nesting -- which element a tag of a broken feed opens or closes.
//
// The elements that make a feed (its root, the channel, the entries) are what
// everything is brought back to: an entry's start closes the entry before it
// (unless that one's end comes behind both: then it is a part of it), an
// entry's end all that is open within it; and no other end tag reaches beyond
// the entry it stands in. So what is wrong in one entry ends with it.
// A child of an entry or of the channel that cannot hold another ends where
// the next begins.
//
// Writes the end tags that are missing, leaves out those that close nothing,
// and notes the places of entries.

#pragma once

#include "places.h"
#include "pool.h"

#include <stdbool.h>
#include <stddef.h>

enum { NESTING_MAX = 60 };

enum nesting_role {
    NESTING_PLAIN,
    NESTING_ROOT,
    NESTING_CHANNEL,
    NESTING_ENTRY
};

struct nesting_open {
    size_t name, name_len; // in `out`
    size_t at;             // of its '<' in `out`
    size_t from;           // the same in the text
    size_t place_count;    // of places, before its own
    enum nesting_role role;
    bool noted; // its places will be asked for
};

struct nesting {
    const char *text;
    size_t len;
    struct pool *out;
    struct places *places;
    unsigned repairs; // bits of enum document_repair
    struct nesting_open open[NESTING_MAX];
    unsigned depth;
    unsigned beyond; // how many deeper ones were left out
    bool atom;       // entries are <entry>, not <item>
    bool channel_ended;
    bool inner;        // the entry that starts now is within another element
    size_t sight;      // how far may still be looked for an end
    size_t prefix_len; // of the root, with its colon
    bool miscased;     // the root's name is: so are the others
};

// A start tag that begins at `at` of the text. What it closes is closed.
// False: it is better left out. Else write the tag, by nesting_name(), and
// tell nesting_push().
bool nesting_start(struct nesting *nesting, const char *name, size_t len,
                   size_t at);
// Its name as XML and the formats want it; stable for ever or as `name` is.
const char *nesting_name(const struct nesting *nesting, const char *name,
                         size_t len, size_t *out_len);
// `at`: its '<' in `out`; `from`, `to`: in the text. An empty one is closed.
void nesting_push(struct nesting *nesting, size_t at, size_t name_len,
                  size_t from, size_t to, bool empty);

// Would this start tag, without an end tag of its own, be one of HTML's that
// have none?
bool nesting_is_void(const struct nesting *nesting, const char *name,
                     size_t len);

// An end tag from `at` to `end`.
void nesting_stop(struct nesting *nesting, const char *name, size_t len,
                  size_t at, size_t end);

// The text is over. *tail: where the entry that has no end begins, SIZE_MAX:
// none does. *ends: where in `out` the end tags stand that were missing. True:
// there may have been more entries.
bool nesting_finish(struct nesting *nesting, size_t *tail, size_t *ends);

// The name of the element that is open; NULL: none is. Borrowed from `out`.
const char *nesting_top(const struct nesting *nesting, size_t *len);
