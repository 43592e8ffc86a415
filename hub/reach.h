// SPDX-License-Identifier: MIT
//
// reach -- which followed topics begin so (M19).
//
// Topics are looked through in the order of their URLs, a page at a time, and
// not many more than may be found: also what nobody follows any more costs a
// look, and anybody can leave such behind.

#pragma once

#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    REACH_MOST = 100,
    REACH_PAGE = 64,
    REACH_LOOKS = 4, // for each that may be found, beside one page
};

struct reach {
    // In; borrowed until `done`.
    struct store *store;
    struct bytes prefix; // of normalised URLs, never empty
    size_t most;         // up to REACH_MOST
    void (*done)(struct reach *reach);
    void *context;
    // Out.
    enum store_status status;
    bool beyond; // there are more than `most`, or too many to look through
    size_t count;
    struct store_key keys[REACH_MOST];
    // Its own.
    struct store_page_topics page;
    size_t looked;
};

// `done` is called in a later step.
void reach_begin(struct reach *reach);

// Does anybody follow it?
bool reach_follows(const struct store_topic *topic);
// What a ping of it names. False: its URL cannot be read (any more).
bool reach_key(const struct store_topic *topic, struct store_key *out);
