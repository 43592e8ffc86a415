// SPDX-License-Identifier: MIT

#include "storage/lmdb/trees.h"

#include "place.h"
#include "storage/lmdb/layout.h"
#include "storage/lmdb/sheet.h"
#include "storage/lmdb/txn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    PAGE = 4096,
    ROWS = 3000,
    LONG = 20000,
    PLACES = LAYOUT_HEAD, // of nodes, two bytes each
    UNUSED_ROOT = 80,     // in a header of the file
    TABLES_ROOT = 128,
    LAST_PAGE = 136,
    TREE_ENTRIES = 32,
    TREE_ROOT = 40,
};

// A file, to be damaged; the header that counts is at `meta`.
struct image {
    struct place *place;
    char path[80];
    uint8_t *at;
    size_t size, meta;
};

static void put(struct txn *txn, enum table table, uint64_t number, size_t len)
{
    static char value[LONG];
    struct key key;
    key_one(&key, number);
    txn_put(txn, table, &key, (struct bytes){ value, len });
}

// A tree with branches, values that run over, and a list of free pages.
static void furnish(struct env *env)
{
    struct txn txn;
    struct key key;
    txn_begin_write(&txn, env);
    for (uint64_t i = 0; i < ROWS; i++)
        put(&txn, TABLE_DUE, i, 8);
    for (uint64_t i = 0; i < 20; i++)
        put(&txn, TABLE_BODIES, i, LONG);
    assert_int_equal(txn_commit(&txn), STORE_OK);
    txn_begin_write(&txn, env);
    for (uint64_t i = 0; i < 10; i++) {
        key_one(&key, i);
        txn_remove(&txn, TABLE_BODIES, &key);
    }
    assert_int_equal(txn_commit(&txn), STORE_OK);
}

static void load(struct image *image)
{
    FILE *file = fopen(image->path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    image->size = (size_t)ftell(file);
    rewind(file);
    image->at = malloc(image->size + PAGE);
    assert_non_null(image->at);
    memset(image->at, 0, image->size + PAGE);
    assert_int_equal(fread(image->at, 1, image->size, file), image->size);
    fclose(file);
    bool second = layout_u64(image->at + PAGE + LAST_PAGE + 8)
                  > layout_u64(image->at + LAST_PAGE + 8);
    image->meta = second ? PAGE : 0;
}

static int set_up_image(void **state)
{
    struct image *image = calloc(1, sizeof *image);
    void *place;
    struct problem problem;
    assert_non_null(image);
    assert_int_equal(set_up(&place), 0);
    image->place = place;
    snprintf(image->path, sizeof image->path, "%s/data.mdb",
             image->place->path);
    env_close(&image->place->env);
    assert_true(
        env_open(&image->place->env, image->place->path, 8 << 20, &problem));
    furnish(&image->place->env);
    env_close(&image->place->env);
    load(image);
    *state = image;
    return 0;
}

static int tear_down_image(void **state)
{
    struct image *image = *state;
    void *place = image->place;
    tear_down(&place);
    free(image->at);
    free(image);
    return 0;
}

// ---------------------------------------------------------------- findings

struct found {
    char table[32], text[128];
};

static void find(void *context, const char *table, const char *text)
{
    struct found *found = context;
    if (found->text[0] != '\0')
        return;
    snprintf(found->table, sizeof found->table, "%s", table);
    snprintf(found->text, sizeof found->text, "%s", text);
}

static struct trees look(const struct image *image, bool roughly,
                         struct found *found)
{
    struct problem problem = { "" };
    struct trees trees = {
        .roughly = roughly,
        .found = find,
        .context = found,
    };
    *found = (struct found){ "", "" };
    FILE *file = fopen(image->path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(image->at, 1, image->size, file), image->size);
    assert_int_equal(fclose(file), 0);
    if (!trees_look(&trees, image->path, &problem))
        fail_msg("%s", problem.text);
    return trees;
}

static void expect(const struct image *image, bool roughly, const char *table,
                   const char *text)
{
    struct found found;
    struct trees trees = look(image, roughly, &found);
    if (trees.findings == 0 || strcmp(found.table, table) != 0
        || !strstr(found.text, text))
        fail_msg("%s: %s, and not %s: %s", found.table, found.text, table,
                 text);
}

// ------------------------------------------------------------------- pages

static uint8_t *page_at(const struct image *image, uint64_t number)
{
    assert_in_range(number, 2, image->size / PAGE - 1);
    return image->at + number * PAGE;
}

static uint8_t *place_of(uint8_t *page, size_t node)
{
    return page + PLACES + node * 2;
}

static uint8_t *node_at(uint8_t *page, size_t node)
{
    return page + layout_u16(place_of(page, node));
}

// The record of a table's tree.
static uint8_t *table_at(const struct image *image, const char *name)
{
    uint8_t *page =
        page_at(image, layout_u64(image->at + image->meta + TABLES_ROOT));
    for (size_t i = 0; i < sheet_count(page); i++) {
        struct node node;
        sheet_node(page, i, true, &node);
        if (node.key.len == strlen(name)
            && memcmp(node.key.at, name, node.key.len) == 0)
            return node_at(page, i) + 8 + node.key.len;
    }
    fail_msg("there is no table %s", name);
    return NULL;
}

static uint8_t *root_of(const struct image *image, const char *name)
{
    return page_at(image, layout_u64(table_at(image, name) + TREE_ROOT));
}

static uint8_t *child_of(const struct image *image, uint8_t *branch, size_t i)
{
    struct node node;
    sheet_node(branch, i, false, &node);
    return page_at(image, node.child);
}

// The list of free pages: how many, and then these.
static uint8_t *list_of(const struct image *image)
{
    uint8_t *page =
        page_at(image, layout_u64(image->at + image->meta + UNUSED_ROOT));
    return node_at(page, sheet_count(page) - 1) + 16;
}

static void set_u16(uint8_t *at, size_t number)
{
    uint16_t small = (uint16_t)number;
    memcpy(at, &small, sizeof small);
}

static void set_u64(uint8_t *at, uint64_t number)
{
    memcpy(at, &number, sizeof number);
}

static void swap_u16(uint8_t *a, uint8_t *b)
{
    uint16_t first = layout_u16(a);
    set_u16(a, layout_u16(b));
    set_u16(b, first);
}

// ------------------------------------------------------------------- tests

static void what_lmdb_wrote_is_whole(void **state)
{
    struct found found;
    struct trees trees = look(*state, false, &found);
    assert_string_equal(found.text, "");
    assert_true(trees.findings == 0 && trees.lost == 0 && trees.unknown == 0);
    assert_true(look(*state, true, &found).findings == 0);
}

static void no_file_and_an_empty_one_are_fine(void **state)
{
    struct image *image = *state;
    struct found found;
    struct problem problem = { "" };
    struct trees trees = { .found = find, .context = &found };
    assert_true(trees_look(&trees, "/nonexistent/data.mdb", &problem));
    assert_true(trees.findings == 0);
    image->size = 0;
    assert_true(look(image, false, &found).findings == 0);
}

static void a_page_must_be_what_leads_to_it_says(void **state)
{
    struct image *image = *state;
    uint8_t *root = root_of(image, "due");
    uint64_t number = layout_u64(root);
    set_u64(root, number + 1);
    expect(image, false, "due", "has the number of another");
    expect(image, true, "due", "has the number of another");
    set_u64(root, number);
    set_u16(root + LAYOUT_HEAD_FLAGS, LAYOUT_LEAF);
    expect(image, false, "due", "is of another kind");
    expect(image, true, "due", "is of another kind");
}

static void bounds_must_be_possible(void **state)
{
    static const uint16_t bounds[][2] = {
        { 14, 100 }, { 17, 100 }, { 200, 100 }, { 20, 4098 }, { 20, 101 },
    };
    struct image *image = *state;
    uint8_t *leaf = child_of(image, root_of(image, "due"), 1);
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        set_u16(leaf + LAYOUT_HEAD_LOWER, bounds[i][0]);
        set_u16(leaf + LAYOUT_HEAD_UPPER, bounds[i][1]);
        expect(image, false, "due", "has impossible bounds");
    }
    set_u16(leaf + LAYOUT_HEAD_LOWER, LAYOUT_HEAD);
    set_u16(leaf + LAYOUT_HEAD_UPPER, PAGE);
    expect(image, false, "due", "is empty");
}

static void nodes_must_be_within_and_apart(void **state)
{
    struct image *image = *state;
    uint8_t *leaf = child_of(image, root_of(image, "due"), 1);
    uint8_t *place = place_of(leaf, 3);
    uint16_t was = layout_u16(place);
    set_u16(place, PAGE);
    expect(image, false, "due", "has a node outside of it");
    set_u16(place, layout_u16(leaf + LAYOUT_HEAD_UPPER) - 2U);
    expect(image, false, "due", "has a node outside of it");
    set_u16(place, layout_u16(place_of(leaf, 4)));
    expect(image, false, "due", "has nodes that overlap");
    set_u16(place, was);
    set_u16(leaf + was, 5000); // the size of its value
    expect(image, false, "due", "has a node that is too long");
    set_u16(leaf + was, 6);
    expect(image, false, "due", "has gaps");
    set_u16(leaf + was, 8);
    set_u16(leaf + was + 6, 0); // of its key
    expect(image, false, "due", "has a key of an impossible size");
}

static void keys_must_be_in_order(void **state)
{
    struct image *image = *state;
    uint8_t *root = root_of(image, "due");
    uint8_t *leaf = child_of(image, root, 1);
    swap_u16(place_of(leaf, 3), place_of(leaf, 4));
    expect(image, false, "due", "has keys in disorder");
    // Looking for what is found by going down needs the root alone.
    struct found found;
    assert_true(look(image, true, &found).findings == 0);
    swap_u16(place_of(leaf, 3), place_of(leaf, 4));
    swap_u16(place_of(root, 1), place_of(root, 2));
    expect(image, true, "due", "has keys in disorder");
    swap_u16(place_of(root, 1), place_of(root, 2));
    node_at(leaf, 0)[8] = 0xff; // beyond what the branch lets it have
    expect(image, false, "due", "has keys in disorder");
}

static void no_page_is_used_twice(void **state)
{
    struct image *image = *state;
    uint8_t *root = root_of(image, "due");
    uint8_t *child = node_at(root, 2);
    memcpy(child, node_at(root, 1), 4);
    expect(image, false, "due", "is used twice");
    set_u16(child, 60000);
    expect(image, false, "due", "is none");
    set_u16(child, 1);
    expect(image, false, "due", "is none");
}

static void what_runs_over_must_be_there(void **state)
{
    struct image *image = *state;
    uint8_t *root = root_of(image, "bodies");
    uint8_t *number = node_at(root, 0) + 16;
    uint8_t *page = page_at(image, layout_u64(number));
    set_u16(page + LAYOUT_HEAD_PAGES, 4); // of five that it needs
    expect(image, false, "bodies", "is of something else");
    set_u16(page + LAYOUT_HEAD_PAGES, 6);
    expect(image, false, "bodies", "is used twice");
    set_u16(page + LAYOUT_HEAD_PAGES, 60000);
    expect(image, false, "bodies", "is used twice");
    set_u16(page + LAYOUT_HEAD_PAGES, 5);
    set_u64(number, 1 << 20);
    expect(image, false, "bodies", "leads to a page that is none");
}

static void numbers_must_be_right(void **state)
{
    struct image *image = *state;
    uint8_t *tree = table_at(image, "due");
    set_u64(tree + TREE_ENTRIES, ROWS - 1);
    expect(image, false, "due", "it has not as much as it says");
    set_u64(tree + TREE_ENTRIES, ROWS);
    tree[6] = 0; // its depth
    expect(image, true, "due", "its depth is impossible");
    tree[6] = 33;
    expect(image, true, "due", "its depth is impossible");
}

static void what_is_free_is_free_once(void **state)
{
    struct image *image = *state;
    uint8_t *list = list_of(image);
    uint64_t count = layout_u64(list), first = layout_u64(list + 8);
    assert_in_range(count, 50, 500);
    set_u64(list + 8, image->size / PAGE);
    expect(image, true, "free pages", "lists a page that is none");
    set_u64(list + 8, layout_u64(list + 16));
    expect(image, true, "free pages", "lists pages in disorder");
    set_u64(list + 8, first);
    set_u64(list + count * 8,
            layout_u64(image->at + image->meta + TABLES_ROOT));
    expect(image, true, "free pages", "");
    set_u64(list, count + 1000);
    expect(image, true, "free pages", "");
}

static void pages_that_nobody_has_are_counted_and_no_damage(void **state)
{
    struct image *image = *state;
    struct found found;
    uint8_t *last = image->at + image->meta + LAST_PAGE;
    set_u64(last, layout_u64(last) + 1);
    image->size = (layout_u64(last) + 1) * PAGE;
    struct trees trees = look(image, false, &found);
    assert_true(trees.findings == 0 && trees.lost == 1);
}

static void a_table_that_nobody_knows_is_counted(void **state)
{
    struct image *image = *state;
    struct found found;
    table_at(image, "due")[-1] = 'f';
    struct trees trees = look(image, false, &found);
    assert_true(trees.findings == 0 && trees.unknown == 1);
}

static void headers_must_be_of_two_commits_in_turn(void **state)
{
    struct image *image = *state;
    uint8_t *txn = image->at + image->meta + LAST_PAGE + 8;
    set_u64(txn, layout_u64(txn) + 2);
    expect(image, true, "", "its headers are damaged");
    set_u64(txn, layout_u64(txn) - 3);
    expect(image, true, "", "its headers are damaged");
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, set_up_image, tear_down_image)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_lmdb_wrote_is_whole),
        TEST(no_file_and_an_empty_one_are_fine),
        TEST(a_page_must_be_what_leads_to_it_says),
        TEST(bounds_must_be_possible),
        TEST(nodes_must_be_within_and_apart),
        TEST(keys_must_be_in_order),
        TEST(no_page_is_used_twice),
        TEST(what_runs_over_must_be_there),
        TEST(numbers_must_be_right),
        TEST(what_is_free_is_free_once),
        TEST(pages_that_nobody_has_are_counted_and_no_damage),
        TEST(a_table_that_nobody_knows_is_counted),
        TEST(headers_must_be_of_two_commits_in_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
