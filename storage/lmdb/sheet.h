// SPDX-License-Identifier: MIT
//
// sheet -- one page of a tree, as it is in the file (layout.h).
//
// It begins with its head and the places of its nodes; these stand at its end,
// without gaps. A node of a leaf has a key and a value, or the number of the
// page that the value runs over to; one of a branch has the number of a page
// below it, and the first key that may be there, which for the first node says
// nothing.

#pragma once

#include "layout.h"
#include "storage/store.h"

enum {
    SHEET_RUNS_OVER = 1, // flags of a node
    SHEET_IS_TREE = 2,
};

struct node {
    struct bytes key;
    unsigned flags;
    const uint8_t *data; // of a leaf: the value, or the number of a page
    uint64_t size;       // of the value
    uint64_t child;      // of a branch
};

// NULL: it is whole. Else what is wrong, as a clause: "is of another kind".
const char *sheet_flaw(const uint8_t *page, size_t size, uint64_t number,
                       bool leaf);

// Only of one that is whole.
size_t sheet_count(const uint8_t *page);
void sheet_node(const uint8_t *page, size_t i, bool leaf, struct node *out);
