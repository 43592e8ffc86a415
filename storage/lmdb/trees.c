// SPDX-License-Identifier: MIT

#include "trees.h"

#include "paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    TABLES_MAX = 256, // more than any format has
    NUMBERS = 512,    // read at once of a list
};

static const char FREE_PAGES[] = "free pages", TABLES[] = "tables";

struct named_tree {
    const char *name;
    struct layout_tree tree;
};

struct census {
    struct paths paths;
    struct trees *trees;
    struct named_tree tables[TABLES_MAX];
    size_t count;
};

static void say(void *context, const char *table, const char *text)
{
    struct census *census = context;
    struct trees *trees = census->trees;
    trees->findings++;
    if (trees->found)
        trees->found(trees->context, table, text);
    if (trees->findings == TREES_SAID_MAX)
        census->paths.over = true;
}

// ------------------------------------------------------------------ tables

static const char *known_name(struct bytes name)
{
    for (enum table table = 0; table < TABLE_COUNT; table++) {
        const char *known = env_table_name(table);
        if (strlen(known) == name.len && memcmp(known, name.at, name.len) == 0)
            return known;
    }
    return NULL;
}

static const char *visit_table(struct paths *paths, const struct node *node)
{
    struct census *census = paths->context;
    if (node->flags != SHEET_IS_TREE || node->size != LAYOUT_TREE_SIZE)
        return "has a table that is none";
    if (census->count == TABLES_MAX)
        return "has too many tables";
    struct named_tree *table = &census->tables[census->count++];
    table->name = known_name(node->key);
    layout_tree(node->data, &table->tree);
    if (!table->name)
        census->trees->unknown++;
    return table->tree.flags == 0 ? NULL : "has a table of an unknown kind";
}

static const char *visit_row(struct paths *paths, const struct node *node)
{
    (void)paths;
    return node->flags == SHEET_IS_TREE ? "has a node of an unknown kind"
                                        : NULL;
}

// -------------------------------------------------------------- free pages

// A count, and so many numbers, each lower than the one before.
struct list {
    uint64_t left, before;
    bool begun;
};

static const char *take_number(struct paths *paths, struct list *list,
                               uint64_t number)
{
    if (number >= list->before)
        return "lists pages in disorder";
    list->before = number;
    list->left--;
    if (number < LAYOUT_FIRST || number > paths->meta.last_page)
        return "lists a page that is none";
    return paths_take(paths, number, 1) ? NULL
                                        : "lists a page that is not free";
}

static const char *take_numbers(struct paths *paths, struct list *list,
                                const uint8_t *at, size_t len)
{
    const char *flaw = NULL;
    for (size_t i = 0; i < len && !flaw; i += sizeof(uint64_t)) {
        uint64_t number = layout_u64(at + i);
        if (list->begun && list->left > 0)
            flaw = take_number(paths, list, number);
        else if (!list->begun)
            list->left = number;
        list->begun = true;
    }
    return flaw;
}

static const char *take_far(struct paths *paths, const struct node *node,
                            struct list *list)
{
    uint8_t piece[NUMBERS * sizeof(uint64_t)];
    uint64_t at = layout_u64(node->data) * paths->meta.page_size + LAYOUT_HEAD;
    uint64_t left = node->size;
    const char *flaw = NULL;
    while (left > 0 && !flaw) {
        size_t len = left < sizeof piece ? (size_t)left : sizeof piece;
        if (!layout_read(paths->file, at, piece, len))
            return "has a list that cannot be read";
        flaw = take_numbers(paths, list, piece, len);
        at += len;
        left -= len;
    }
    return flaw;
}

static const char *visit_list(struct paths *paths, const struct node *node)
{
    struct list list = { .before = UINT64_MAX };
    uint64_t txn = node->key.len == sizeof txn
                       ? layout_u64((const uint8_t *)node->key.at)
                       : 0;
    if (txn == 0 || txn > paths->meta.txn)
        return "has a list of no transaction";
    if (node->flags == SHEET_IS_TREE || node->size < sizeof(uint64_t)
        || node->size % sizeof(uint64_t) != 0)
        return "has a list of an impossible size";
    const char *flaw =
        node->flags == SHEET_RUNS_OVER
            ? take_far(paths, node, &list)
            : take_numbers(paths, &list, node->data, (size_t)node->size);
    if (flaw)
        return flaw;
    return list.left == 0 ? NULL : "has a list that is longer than it is";
}

// -------------------------------------------------------------- the whole

static void look_at_tables(struct census *census)
{
    struct paths *paths = &census->paths;
    const struct path_kind names = { .name = TABLES, .visit = visit_table };
    if (paths->meta.tables.flags != 0)
        say(census, TABLES, "they are of an unknown kind");
    paths_follow(paths, &names, &paths->meta.tables);
    for (size_t i = 0; i < census->count; i++) {
        const struct named_tree *table = &census->tables[i];
        const struct path_kind rows = {
            .name = table->name ? table->name : TABLES,
            .visit = visit_row,
            .roughly = census->trees->roughly,
        };
        paths_follow(paths, &rows, &table->tree);
    }
}

static void look_at_free(struct census *census)
{
    struct paths *paths = &census->paths;
    const struct path_kind lists = {
        .name = FREE_PAGES,
        .visit = visit_list,
        .numbers = true,
    };
    if ((paths->meta.unused.flags & ~LAYOUT_ONE_FILE) != LAYOUT_INTEGER_KEYS)
        say(census, FREE_PAGES, "they are of an unknown kind");
    paths_follow(paths, &lists, &paths->meta.unused);
}

// Behind a damaged page there may be many, and roughly nobody knows.
static uint64_t lost(const struct census *census)
{
    const struct paths *paths = &census->paths;
    bool told = census->trees->roughly || census->trees->findings > 0;
    return told ? 0 : paths->meta.last_page + 1 - paths->taken;
}

static bool look(struct census *census, const char *path,
                 struct problem *problem)
{
    struct stat status;
    struct paths *paths = &census->paths;
    if (fstat(paths->file, &status) != 0) {
        snprintf(problem->text, sizeof problem->text, "%.160s: %s", path,
                 strerror(errno));
        return false;
    }
    if (status.st_size == 0)
        return true;
    if (!layout_meta_newest(paths->file, &paths->meta)
        || paths->meta.last_page
               >= (uint64_t)status.st_size / paths->meta.page_size) {
        say(census, "", "its headers are damaged");
        return true;
    }
    if (!paths_begin(paths)) {
        snprintf(problem->text, sizeof problem->text, "%.160s: no memory",
                 path);
        return false;
    }
    look_at_tables(census);
    look_at_free(census);
    census->trees->lost = lost(census);
    return true;
}

bool trees_look(struct trees *trees, const char *path, struct problem *problem)
{
    trees->findings = trees->lost = 0;
    trees->unknown = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 && errno == ENOENT)
        return true;
    struct census *census = file >= 0 ? calloc(1, sizeof *census) : NULL;
    bool done = false;
    if (census) {
        census->trees = trees;
        census->paths.file = file;
        census->paths.say = say;
        census->paths.context = census;
        done = look(census, path, problem);
        paths_end(&census->paths);
    } else {
        snprintf(problem->text, sizeof problem->text, "%.160s: %s", path,
                 strerror(errno));
    }
    free(census);
    if (file >= 0)
        close(file);
    return done;
}
