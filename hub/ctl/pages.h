// SPDX-License-Identifier: MIT
//
// pages -- a list of the daemon's, asked for page by page.
//
// The daemon answers {"LIST":[...],"next":PLACE or null}. This follows `next`
// to the end and hands over one item at a time, so that a list of a million
// needs no more memory than a page. With --json the pages are printed as one
// document of the same shape. Only --sort holds what it sorts.
//
// A page may be empty and not the last. An empty list is fine.

#pragma once

#include "admin.h"
#include "ctl.h"
#include "table.h"

#include <jansson.h>

enum { PAGES_PARAMETERS_MAX = 8 };

struct pages {
    const char *path; // "/admin/topics"
    const char *list; // "topics"
    // Further parameters; those without a value are left out.
    const struct admin_parameter *parameters;
    size_t parameter_count; // at most PAGES_PARAMETERS_MAX
    // In text: columns, and what puts an item into their cells.
    const struct table_column *columns;
    size_t column_count;
    void (*cells)(struct table *table, const json_t *item);
    void (*row)(const json_t *item); // or, without columns: prints it
    const char *nothing;             // what to say when there is no item
    // NULL, or in text: what else the first page says, after its items.
    void (*more)(const json_t *page);
    // NULL, or in text, last of all: `page` is the first one, `cut`: there
    // may be more than the limit.
    void (*summary)(const json_t *page, size_t items, bool cut);
};

// Can this be where a page begins: what `next` said?
bool pages_is_place(const char *text);

// Returns what the process exits with.
int pages_print(const struct ctl *ctl, const struct pages *pages);
