// SPDX-License-Identifier: MIT
//
// link -- which hubs and which self a document names.
//
// Whoever reads a header, a feed or a page offers what it finds; kept are
// targets of rel=hub and rel=self that are absolute http or https URLs after
// resolving, in a spelling that is safe inside the <...> of a Link header.
// The spelling is the publisher's otherwise (WebSub section 7).

#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { LINK_HUBS_MAX = 8 };

// All zeros to begin with. Must be cleared.
struct link_set {
    char *self; // NULL: none; the first one counts
    char *hubs[LINK_HUBS_MAX];
    size_t hub_count;
    bool no_memory;
};

// One link of a document at `base`. `rel` is a list of relation types in any
// case, such as "self hub".
void link_offer(struct link_set *set, const char *base, const char *rel,
                size_t rel_len, const char *target);

// The value of one Link header field, which may hold several links (RFC 8288).
// What is malformed is skipped. A link with another `anchor` speaks of another
// document and does not count.
void link_offer_field(struct link_set *set, const char *base,
                      const char *field);

// Take over what `first` has none of; `then` is empty afterwards. Headers go
// before what the document says (WebSub section 4).
void link_merge(struct link_set *first, struct link_set *then);

void link_clear(struct link_set *set);
