// SPDX-License-Identifier: MIT
//
// walk_pages -- the subscribers of a topic, one after the other.
//
// While one page of them is being visited, the next is read. A page that lies
// too long is read again: what it says of a subscriber may be over.

#pragma once

#include "loop.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct walk;

struct walk_page {
    struct store_page_subscribers read;
    bool asked, there;
    int64_t since; // monotonic: when it came
};

struct walk_pages {
    struct walk_page pages[2];
    unsigned turn; // which is being visited; the other one comes after it
    size_t at;     // next item of it
};

// The next to be visited. NULL: not there yet, or there are none left.
const struct store_subscriber *walk_pages_next(struct walk *walk,
                                               struct moment now);
// He has been visited.
void walk_pages_pass(struct walk *walk);

// Ask for what is missing.
void walk_pages_ask(struct walk *walk);

// What has been read is over: read it again.
void walk_pages_outdate(struct walk *walk);

// Nothing has been asked that is still to come.
bool walk_pages_quiet(const struct walk *walk);
// All have been visited.
bool walk_pages_end(const struct walk *walk);

// Forget them, to begin anew; nothing may have been asked.
void walk_pages_clear(struct walk *walk);
