// SPDX-License-Identifier: MIT
//
// paths -- the pages of one file, tree after tree, each page taken once.

#pragma once

#include "sheet.h"

struct paths {
    int file;
    struct layout_meta meta;
    void (*say)(void *context, const char *table, const char *text);
    void *context;
    bool over;      // no more is to be looked at
    uint64_t taken; // pages
    uint8_t *seen;  // a bit for each
    uint8_t *room;  // for the pages on the way from a root to a leaf
};

struct path_kind {
    const char *name;
    // What is wrong with this node of a leaf, or NULL. If its value runs over,
    // the pages of that are there.
    const char *(*visit)(struct paths *paths, const struct node *node);
    bool numbers; // keys are numbers, in the machine's order
    bool roughly; // the root alone, and no node
};

// With file, meta, say and context set. False: no memory.
bool paths_begin(struct paths *paths);
void paths_end(struct paths *paths);

// False: one of them is not in the file, or was taken before.
bool paths_take(struct paths *paths, uint64_t first, uint64_t count);

void paths_follow(struct paths *paths, const struct path_kind *kind,
                  const struct layout_tree *tree);
