// SPDX-License-Identifier: MIT

#include "layout.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
    META_MAGIC = LAYOUT_HEAD,
    META_VERSION = LAYOUT_HEAD + 4,
    META_TREES = LAYOUT_HEAD + 24,
    META_LAST_PAGE = META_TREES + 2 * LAYOUT_TREE_SIZE,
    META_TXN = META_LAST_PAGE + 8,
    META_END = META_TXN + 8,
    VERSION = 1,
    // In a tree's record. The first tree's pad is the file's page size.
    TREE_PAD = 0,
    TREE_FLAGS = 4,
    TREE_DEPTH = 6,
    TREE_BRANCHES = 8,
    TREE_LEAVES = 16,
    TREE_OVERFLOWS = 24,
    TREE_ENTRIES = 32,
    TREE_ROOT = 40,
};

static const uint32_t MAGIC = 0xbeefc0de;

uint16_t layout_u16(const uint8_t *at)
{
    uint16_t number;
    memcpy(&number, at, sizeof number);
    return number;
}

uint32_t layout_u32(const uint8_t *at)
{
    uint32_t number;
    memcpy(&number, at, sizeof number);
    return number;
}

uint64_t layout_u64(const uint8_t *at)
{
    uint64_t number;
    memcpy(&number, at, sizeof number);
    return number;
}

void layout_tree(const uint8_t *at, struct layout_tree *out)
{
    *out = (struct layout_tree){
        .flags = layout_u16(at + TREE_FLAGS),
        .depth = layout_u16(at + TREE_DEPTH),
        .branches = layout_u64(at + TREE_BRANCHES),
        .leaves = layout_u64(at + TREE_LEAVES),
        .overflows = layout_u64(at + TREE_OVERFLOWS),
        .entries = layout_u64(at + TREE_ENTRIES),
        .root = layout_u64(at + TREE_ROOT),
    };
}

bool layout_read(int file, uint64_t at, void *out, size_t len)
{
    uint8_t *to = out;
    while (len > 0) {
        ssize_t got = pread(file, to, len, (off_t)at);
        if (got == 0)
            errno = 0;
        if (got == 0 || (got < 0 && errno != EINTR))
            return false;
        size_t more = got > 0 ? (size_t)got : 0;
        to += more;
        at += more;
        len -= more;
    }
    return true;
}

static bool power_of_two(uint32_t number)
{
    return number != 0 && (number & (number - 1)) == 0;
}

bool layout_meta(int file, uint64_t at, struct layout_meta *out)
{
    uint8_t bytes[META_END];
    if (!layout_read(file, at, bytes, sizeof bytes))
        return false;
    out->page_size = layout_u32(bytes + META_TREES + TREE_PAD);
    out->last_page = layout_u64(bytes + META_LAST_PAGE);
    out->txn = layout_u64(bytes + META_TXN);
    layout_tree(bytes + META_TREES, &out->unused);
    layout_tree(bytes + META_TREES + LAYOUT_TREE_SIZE, &out->tables);
    return layout_u16(bytes + LAYOUT_HEAD_FLAGS) == LAYOUT_META
           && layout_u32(bytes + META_MAGIC) == MAGIC
           && layout_u32(bytes + META_VERSION) == VERSION
           && out->page_size >= LAYOUT_PAGE_MIN
           && out->page_size <= LAYOUT_PAGE_MAX && power_of_two(out->page_size);
}

// Each transaction writes the page that the one before did not: the even ones
// the first, the odd ones the second. A new file has 0 in both.
static bool in_turn(uint64_t first, uint64_t second)
{
    if (first == 0 && second == 0)
        return true;
    return first % 2 == 0 && (second == first + 1 || first == second + 1);
}

bool layout_meta_newest(int file, struct layout_meta *out)
{
    struct layout_meta first, second;
    if (!layout_meta(file, 0, &first)
        || !layout_meta(file, first.page_size, &second)
        || second.page_size != first.page_size
        || !in_turn(first.txn, second.txn))
        return false;
    *out = second.txn > first.txn ? second : first;
    return true;
}
