// SPDX-License-Identifier: MIT

#include "paths.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BITS = 8, TEXT_SIZE = 160 };

// A page on the way down, and which keys may be in it.
struct level {
    uint8_t *page;
    uint64_t number;
    size_t next; // node to go on with
    struct bytes low;
    struct bytes high; // and below this; NULL: no end
};

struct walk {
    struct paths *paths;
    const struct path_kind *kind;
    const struct layout_tree *tree;
    struct layout_tree counted;
    struct bytes last; // key, of the leaf that is looked at
    size_t depth;      // levels that there are
    bool damaged;
    struct level levels[LAYOUT_DEPTH_MAX];
};

bool paths_begin(struct paths *paths)
{
    paths->seen = calloc(paths->meta.last_page / BITS + 1, 1);
    paths->room = calloc(LAYOUT_DEPTH_MAX, paths->meta.page_size);
    return paths->seen && paths->room && paths_take(paths, 0, LAYOUT_FIRST);
}

void paths_end(struct paths *paths)
{
    free(paths->seen);
    free(paths->room);
    paths->seen = paths->room = NULL;
}

bool paths_take(struct paths *paths, uint64_t first, uint64_t count)
{
    uint64_t last = paths->meta.last_page;
    if (first > last || count > last - first + 1)
        return false;
    for (uint64_t page = first; page < first + count; page++) {
        uint8_t bit = (uint8_t)(1U << page % BITS);
        if (paths->seen[page / BITS] & bit)
            return false;
        paths->seen[page / BITS] |= bit;
        paths->taken++;
    }
    return true;
}

static void say(struct walk *walk, uint64_t page, const char *flaw)
{
    char text[TEXT_SIZE];
    struct paths *paths = walk->paths;
    snprintf(text, sizeof text, "page %" PRIu64 " %s", page, flaw);
    walk->damaged = true;
    if (!paths->over)
        paths->say(paths->context, walk->kind->name, text);
}

static uint64_t number_of(struct bytes key)
{
    return key.len == sizeof(uint64_t) ? layout_u64((const uint8_t *)key.at)
                                       : 0;
}

static int compare(const struct walk *walk, struct bytes a, struct bytes b)
{
    if (walk->kind->numbers)
        return (number_of(a) > number_of(b)) - (number_of(a) < number_of(b));
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len > 0 ? memcmp(a.at, b.at, len) : 0;
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

// ------------------------------------------------------------------ values

// The pages that a value runs over to: only the first has a head.
static const char *overflow_flaw(struct walk *walk, const struct node *node)
{
    uint8_t head[LAYOUT_HEAD];
    struct paths *paths = walk->paths;
    uint64_t size = paths->meta.page_size;
    uint64_t first = layout_u64(node->data);
    uint64_t needed = (LAYOUT_HEAD + node->size + size - 1) / size;
    if (first < LAYOUT_FIRST || first > paths->meta.last_page)
        return "leads to a page that is none";
    if (!layout_read(paths->file, first * size, head, sizeof head))
        return "leads to a page that cannot be read";
    uint64_t count = layout_u32(head + LAYOUT_HEAD_PAGES);
    if (layout_u64(head) != first
        || layout_u16(head + LAYOUT_HEAD_FLAGS) != LAYOUT_OVERFLOW
        || count < needed)
        return "leads to a page that is of something else";
    if (!paths_take(paths, first, count))
        return "leads to a page that is used twice";
    walk->counted.overflows += count;
    return NULL;
}

static const char *value_flaw(struct walk *walk, const struct node *node)
{
    const char *flaw =
        node->flags == SHEET_RUNS_OVER ? overflow_flaw(walk, node) : NULL;
    return flaw ? flaw : walk->kind->visit(walk->paths, node);
}

// ------------------------------------------------------------------- pages

static bool in_order(const struct walk *walk, const struct level *level,
                     struct bytes key, bool first)
{
    bool after = first ? compare(walk, key, level->low) >= 0
                       : compare(walk, key, walk->last) > 0;
    return after && (!level->high.at || compare(walk, key, level->high) < 0);
}

static void look_at_leaf(struct walk *walk, const struct level *level)
{
    struct node node;
    const char *flaw = NULL;
    size_t count = sheet_count(level->page);
    walk->counted.leaves++;
    walk->counted.entries += count;
    for (size_t i = 0; i < count && !flaw && !walk->kind->roughly; i++) {
        sheet_node(level->page, i, true, &node);
        flaw = in_order(walk, level, node.key, i == 0) ? value_flaw(walk, &node)
                                                       : "has keys in disorder";
        walk->last = node.key;
    }
    if (flaw)
        say(walk, level->number, flaw);
}

// The keys of the first nodes say nothing.
static const char *branch_flaw(struct walk *walk, const struct level *level)
{
    struct node node;
    size_t count = sheet_count(level->page);
    // LMDB ends the process when it meets one.
    if (count < 2 && !walk->kind->numbers)
        return "leads to one page alone";
    for (size_t i = 1; i < count; i++) {
        sheet_node(level->page, i, false, &node);
        if (!in_order(walk, level, node.key, i == 1))
            return "has keys in disorder";
        walk->last = node.key;
    }
    return NULL;
}

static const char *read_page(struct walk *walk, struct level *level, bool leaf)
{
    struct paths *paths = walk->paths;
    uint64_t size = paths->meta.page_size;
    if (level->number < LAYOUT_FIRST || level->number > paths->meta.last_page)
        return "is none";
    if (!paths_take(paths, level->number, 1))
        return "is used twice";
    if (!layout_read(paths->file, level->number * size, level->page, size))
        return errno != 0 ? strerror(errno) : "is not there";
    const char *flaw = sheet_flaw(level->page, size, level->number, leaf);
    return flaw || leaf ? flaw : branch_flaw(walk, level);
}

static void go_down(struct walk *walk, uint64_t number, struct bytes low,
                    struct bytes high)
{
    size_t at = walk->depth;
    struct level *level = &walk->levels[at];
    bool leaf = at + 1 == walk->tree->depth;
    *level = (struct level){
        .page = walk->paths->room + at * walk->paths->meta.page_size,
        .number = number,
        .low = low,
        .high = high,
    };
    const char *flaw = read_page(walk, level, leaf);
    if (flaw) {
        say(walk, number, flaw);
        return;
    }
    if (leaf) {
        look_at_leaf(walk, level);
        return;
    }
    walk->counted.branches++;
    walk->depth++;
}

static void go_on(struct walk *walk)
{
    struct node node, after = { .key = { NULL, 0 } };
    struct level *level = &walk->levels[walk->depth - 1];
    size_t i = level->next++;
    if (i >= sheet_count(level->page) || walk->kind->roughly) {
        walk->depth--;
        return;
    }
    sheet_node(level->page, i, false, &node);
    if (i + 1 < sheet_count(level->page))
        sheet_node(level->page, i + 1, false, &after);
    go_down(walk, node.child, i == 0 ? level->low : node.key,
            after.key.at ? after.key : level->high);
}

// ------------------------------------------------------------------- trees

static bool same_numbers(const struct layout_tree *a,
                         const struct layout_tree *b)
{
    return a->branches == b->branches && a->leaves == b->leaves
           && a->overflows == b->overflows && a->entries == b->entries;
}

static void tell(struct walk *walk, const char *text)
{
    struct paths *paths = walk->paths;
    if (!walk->damaged && !paths->over)
        paths->say(paths->context, walk->kind->name, text);
}

void paths_follow(struct paths *paths, const struct path_kind *kind,
                  const struct layout_tree *tree)
{
    struct walk walk = { .paths = paths, .kind = kind, .tree = tree };
    bool empty = tree->root == LAYOUT_NO_PAGE;
    if (paths->over)
        return;
    if (empty != (tree->depth == 0) || tree->depth > LAYOUT_DEPTH_MAX) {
        tell(&walk, "its depth is impossible");
        return;
    }
    if (!empty)
        go_down(&walk, tree->root, (struct bytes){ NULL, 0 },
                (struct bytes){ NULL, 0 });
    while (walk.depth > 0 && !paths->over)
        go_on(&walk);
    if (!kind->roughly && !same_numbers(&walk.counted, tree))
        tell(&walk, "it has not as much as it says");
}
