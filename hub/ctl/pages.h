// SPDX-License-Identifier: MIT
//
// pages -- a list of the daemon's, asked for page by page.
//
// The daemon answers {"LIST":[...],"next":ID or null}. This follows `next` to
// the end and hands over one item at a time, so that a list of a million
// needs no more memory than a page. With --json the pages are printed as one
// document of the same shape.

#pragma once

#include "ctl.h"

#include <jansson.h>

struct pages {
    const char *path;         // "/admin/topics"
    const char *list;         // "topics"
    const char *name, *value; // a further parameter; value NULL: none
    void (*heading)(void);    // before the first item, in text
    void (*row)(const json_t *item);
    const char *nothing; // what to say when there is no item
};

// Returns what the process exits with.
int pages_print(const struct ctl *ctl, const struct pages *pages);
