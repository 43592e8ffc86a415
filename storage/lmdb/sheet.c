// SPDX-License-Identifier: MIT

#include "sheet.h"

#include <string.h>

enum {
    NODE_LOW = 0,
    NODE_HIGH = 2,
    NODE_FLAGS = 4,
    NODE_KEY_SIZE = 6,
    NODE_KEY = 8,
    PLACE = 2,
    KEY_MAX_SIZE = 511, // LMDB's own
    GRAIN = 2,          // nodes have even places and sizes
    BITS = 8,
};

// Which parts of a page belong to a node, a bit for each GRAIN.
struct cover {
    uint8_t bits[LAYOUT_PAGE_MAX / GRAIN / BITS];
    size_t bytes;
};

static size_t even(size_t size)
{
    return size + size % GRAIN;
}

static size_t place_of(const uint8_t *page, size_t i)
{
    return layout_u16(page + LAYOUT_HEAD + i * PLACE);
}

size_t sheet_count(const uint8_t *page)
{
    return (layout_u16(page + LAYOUT_HEAD_LOWER) - (size_t)LAYOUT_HEAD) / PLACE;
}

void sheet_node(const uint8_t *page, size_t i, bool leaf, struct node *out)
{
    const uint8_t *at = page + place_of(page, i);
    size_t key_len = layout_u16(at + NODE_KEY_SIZE);
    uint64_t number =
        layout_u16(at + NODE_LOW) | (uint64_t)layout_u16(at + NODE_HIGH) << 16;
    *out = (struct node){
        .key = { (const char *)at + NODE_KEY, key_len },
        .flags = layout_u16(at + NODE_FLAGS),
    };
    if (leaf) {
        out->data = at + NODE_KEY + key_len;
        out->size = number;
    } else {
        out->child = number | (uint64_t)out->flags << 32;
        out->flags = 0;
    }
}

// What the node takes of the page.
static uint64_t size_of(const struct node *node, bool leaf)
{
    uint64_t size = NODE_KEY + node->key.len;
    if (!leaf)
        return size;
    bool over = node->flags & SHEET_RUNS_OVER;
    return size + (over ? sizeof(uint64_t) : node->size);
}

static bool take(struct cover *cover, size_t from, size_t len)
{
    for (size_t at = from / GRAIN; at < (from + len) / GRAIN; at++) {
        uint8_t bit = (uint8_t)(1U << at % BITS);
        if (cover->bits[at / BITS] & bit)
            return false;
        cover->bits[at / BITS] |= bit;
    }
    cover->bytes += len;
    return true;
}

static const char *node_flaw(const uint8_t *page, size_t size, size_t i,
                             bool leaf, struct cover *cover)
{
    struct node node;
    size_t place = place_of(page, i);
    size_t upper = layout_u16(page + LAYOUT_HEAD_UPPER);
    if (place % GRAIN != 0 || place < upper || place > size - NODE_KEY)
        return "has a node outside of it";
    sheet_node(page, i, leaf, &node);
    if (node.key.len > KEY_MAX_SIZE || (node.key.len == 0 && (leaf || i > 0)))
        return "has a key of an impossible size";
    if (leaf && node.flags != 0 && node.flags != SHEET_RUNS_OVER
        && node.flags != SHEET_IS_TREE)
        return "has a node of an unknown kind";
    uint64_t taken = size_of(&node, leaf);
    if (taken > size - place || even((size_t)taken) > size - place)
        return "has a node that is too long";
    if (!take(cover, place, even((size_t)taken)))
        return "has nodes that overlap";
    return NULL;
}

const char *sheet_flaw(const uint8_t *page, size_t size, uint64_t number,
                       bool leaf)
{
    struct cover cover;
    size_t lower = layout_u16(page + LAYOUT_HEAD_LOWER);
    size_t upper = layout_u16(page + LAYOUT_HEAD_UPPER);
    if (layout_u64(page) != number)
        return "has the number of another";
    if (layout_u16(page + LAYOUT_HEAD_FLAGS)
        != (leaf ? LAYOUT_LEAF : LAYOUT_BRANCH))
        return "is of another kind";
    if (lower < LAYOUT_HEAD || lower > upper || upper > size
        || lower % PLACE != 0 || upper % GRAIN != 0)
        return "has impossible bounds";
    size_t count = sheet_count(page);
    if (count == 0)
        return "is empty";
    memset(&cover, 0, sizeof cover);
    for (size_t i = 0; i < count; i++) {
        const char *flaw = node_flaw(page, size, i, leaf, &cover);
        if (flaw)
            return flaw;
    }
    return cover.bytes == size - upper ? NULL : "has gaps";
}
