// SPDX-License-Identifier: MIT
//
// layout -- where things are in a data.mdb of LMDB 0.9 on 64-bit machines.
//
// LMDB maps its file and believes what it reads there: what is damaged is a
// signal, now or at a later commit, and no error. So we look at it ourselves
// before LMDB does, by reading. All numbers are in the machine's own order.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LAYOUT_PAGE_MIN = 512,
    LAYOUT_PAGE_MAX = 32768,
    // A page has a head of this size; what follows depends on its kind.
    LAYOUT_HEAD = 16,
    LAYOUT_HEAD_FLAGS = 10,
    LAYOUT_HEAD_LOWER = 12,
    LAYOUT_HEAD_UPPER = 14,
    LAYOUT_HEAD_PAGES = 12, // of what runs over
    LAYOUT_BRANCH = 1,
    LAYOUT_LEAF = 2,
    LAYOUT_OVERFLOW = 4,
    LAYOUT_META = 8,
    // The first two pages of a file describe it.
    LAYOUT_FIRST = 2,
    LAYOUT_TREE_SIZE = 48,
    LAYOUT_DEPTH_MAX = 32,
    LAYOUT_INTEGER_KEYS = 8,
    LAYOUT_ONE_FILE = 0x4000, // it was made without a directory
};

// The root of a tree without any page.
static const uint64_t LAYOUT_NO_PAGE = UINT64_MAX;

struct layout_tree {
    uint16_t flags, depth;
    uint64_t branches, leaves, overflows, entries;
    uint64_t root;
};

struct layout_meta {
    uint32_t page_size;
    uint64_t last_page, txn;
    // The list of free pages, and the names of the tables.
    struct layout_tree unused, tables;
};

uint16_t layout_u16(const uint8_t *at);
uint32_t layout_u32(const uint8_t *at);
uint64_t layout_u64(const uint8_t *at);
void layout_tree(const uint8_t *at, struct layout_tree *out);

// So many bytes from there; false: they are not all there (errno, or 0).
bool layout_read(int file, uint64_t at, void *out, size_t len);

// One of the first two pages. False: it is not what it should be.
bool layout_meta(int file, uint64_t at, struct layout_meta *out);
// Of both the one that counts. False: they are no two such pages, or not of
// the same file.
bool layout_meta_newest(int file, struct layout_meta *out);
