// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetcher/diff.h"

// A feed in letters: "aA bB" has entry a with content A and b with content B.
// `around` is a letter for what surrounds them.
struct memory {
    struct document document;
    uint64_t seq;
    uint32_t today;
    size_t entries_max;
    bool other; // not a feed
    bool part;  // what is not there is not gone
    uint8_t recipe;
    enum document_format format;
    const char *bytes; // a letter for all of it, where it is wanted
};

static void step(struct memory *memory, char around, const char *entries)
{
    struct diff_row rows[64] = { 0 };
    uint8_t whole[16] = { (uint8_t)around };
    uint8_t bytes[16] = { memory->bytes ? (uint8_t)memory->bytes[0] : 0xff };
    const struct document_entry *known = memory->document.entries;
    size_t known_count = memory->document.memory_count;
    size_t count = 0;
    for (const char *at = entries; *at != '\0'; at += at[2] == ' ' ? 3 : 2) {
        rows[count].id[0] = (uint8_t)at[0];
        rows[count++].content[0] = (uint8_t)at[1];
    }
    memory->seq++;
    struct diff_input input = {
        .format = memory->other ? DOCUMENT_OTHER : memory->format,
        .feed = !memory->other,
        .complete = !memory->part,
        .recipe = { memory->recipe },
        .whole = whole,
        .bytes = diff_wants_bytes(known, known_count) ? bytes : NULL,
        .rows = rows,
        .count = count,
        .known = known,
        .known_count = known_count,
        .seq = memory->seq,
        .today = memory->today,
        .entries_max = memory->entries_max,
    };
    struct document next = { 0 };
    assert_true(diff_make(&input, &next));
    document_clear(&memory->document);
    memory->document = next;
}

// Ids that changed, in order.
static const char *changed(const struct memory *memory)
{
    static char out[65];
    size_t count = memory->document.changed_count;
    assert_true(count < sizeof out);
    for (size_t i = 0; i < count; i++)
        out[i] = (char)memory->document.changed[i][0];
    out[count] = '\0';
    return out;
}

static const struct document_entry *row(const struct memory *memory, char id,
                                        char content)
{
    for (size_t i = 0; i < memory->document.memory_count; i++) {
        const struct document_entry *entry = &memory->document.entries[i];
        if (entry->id[0] == (uint8_t)id
            && entry->content[0] == (uint8_t)content)
            return entry;
    }
    return NULL;
}

static void assert_change(const struct memory *memory,
                          enum document_change change, const char *ids)
{
    assert_int_equal(memory->document.change, change);
    assert_string_equal(changed(memory), ids);
}

static struct memory fresh(void)
{
    return (struct memory){ .today = 100,
                            .entries_max = 1000,
                            .format = DOCUMENT_RSS20 };
}

static void assert_same(const struct memory *memory)
{
    assert_change(memory, DOCUMENT_SAME, "");
    assert_false(memory->document.remember);
}

static void the_first_time_everything_is_new(void **state)
{
    (void)state;
    struct memory memory = fresh();
    step(&memory, 'x', "bB aA");
    assert_change(&memory, DOCUMENT_ENTRIES, "ba");
    assert_true(memory.document.remember);
    assert_int_equal(memory.document.memory_count, 4);
    assert_int_equal(row(&memory, 'a', 'A')->seq, 1);
    assert_int_equal(row(&memory, 0, 'x')->seen, 100);
    document_clear(&memory.document);
}

static void the_same_again_is_no_change_in_any_order(void **state)
{
    (void)state;
    struct memory memory = fresh();
    step(&memory, 'x', "aA bB cC");
    step(&memory, 'x', "cC aA bB");
    assert_change(&memory, DOCUMENT_SAME, "");
    assert_false(memory.document.remember);
    document_clear(&memory.document);
}

static void new_and_changed_entries_are_told_in_order(void **state)
{
    (void)state;
    struct memory memory = fresh();
    step(&memory, 'x', "aA bB cC");
    step(&memory, 'y', "dD aZ bB cC");
    assert_change(&memory, DOCUMENT_ENTRIES, "da");
    assert_int_equal(row(&memory, 'd', 'D')->seq, 2);
    assert_int_equal(row(&memory, 'a', 'Z')->seq, 2);
    assert_int_equal(row(&memory, 'b', 'B')->seq, 1);
    // A change back is a change too (M6).
    step(&memory, 'y', "dD aA bB cC");
    assert_change(&memory, DOCUMENT_ENTRIES, "a");
    document_clear(&memory.document);
}

static void what_surrounds_the_entries_is_a_change_of_its_own(void **state)
{
    (void)state;
    struct memory memory = fresh();
    step(&memory, 'x', "aA bB");
    step(&memory, 'y', "aA bB");
    assert_change(&memory, DOCUMENT_FEED_LEVEL, "");
    assert_true(memory.document.remember);
    step(&memory, 'z', "aA");
    assert_change(&memory, DOCUMENT_FEED_LEVEL, "");
    document_clear(&memory.document);
}

static void a_removal_is_told_once(void **state)
{
    (void)state;
    struct memory memory = fresh();
    step(&memory, 'x', "aA bB");
    step(&memory, 'x', "aA");
    assert_change(&memory, DOCUMENT_REMOVAL_ONLY, "");
    assert_true(memory.document.remember);
    step(&memory, 'x', "aA");
    assert_change(&memory, DOCUMENT_SAME, "");
    assert_false(memory.document.remember);
    memory.today += 3;
    step(&memory, 'x', "aA");
    assert_change(&memory, DOCUMENT_SAME, "");
    document_clear(&memory.document);
}

static void an_entry_that_comes_back_is_not_new(void **state)
{
    (void)state;
    struct memory memory = fresh();
    step(&memory, 'x', "aA bB");
    step(&memory, 'x', "cC");
    memory.today += 300;
    step(&memory, 'x', "aA bZ cC");
    assert_change(&memory, DOCUMENT_ENTRIES, "b");
    step(&memory, 'x', "");
    assert_change(&memory, DOCUMENT_REMOVAL_ONLY, "");
    step(&memory, 'x', "aA bZ cC");
    assert_change(&memory, DOCUMENT_SAME, "");
    document_clear(&memory.document);
}

static void a_page_of_errors_in_between_makes_nothing_new(void **state)
{
    (void)state;
    struct memory memory = fresh();
    step(&memory, 'x', "aA bB");
    memory.other = true;
    step(&memory, 'e', "");
    assert_change(&memory, DOCUMENT_REPLACED, "");
    step(&memory, 'e', "");
    assert_change(&memory, DOCUMENT_SAME, "");
    memory.other = false;
    step(&memory, 'x', "aA bB cC");
    assert_change(&memory, DOCUMENT_ENTRIES, "c");
    document_clear(&memory.document);
}

static void of_equal_ids_both_are_remembered(void **state)
{
    (void)state;
    struct memory memory = fresh();
    step(&memory, 'x', "aA bB aZ aA");
    assert_change(&memory, DOCUMENT_ENTRIES, "ab");
    assert_int_equal(memory.document.memory_count, 5);
    step(&memory, 'x', "aZ bB aA");
    assert_change(&memory, DOCUMENT_SAME, "");
    step(&memory, 'x', "aZ bB aY");
    assert_change(&memory, DOCUMENT_ENTRIES, "a");
    assert_int_equal(row(&memory, 'a', 'Z')->seq, 1);
    assert_int_equal(row(&memory, 'a', 'Y')->seq, 3);
    assert_null(row(&memory, 'a', 'A'));
    document_clear(&memory.document);
}

static void days_are_renewed_after_a_week(void **state)
{
    (void)state;
    struct memory memory = fresh();
    step(&memory, 'x', "aA");
    memory.today += 7;
    struct document before = memory.document;
    before.entries = malloc(3 * sizeof *before.entries);
    assert_non_null(before.entries);
    memcpy(before.entries, memory.document.entries, 3 * sizeof *before.entries);
    step(&memory, 'x', "aA");
    assert_false(memory.document.remember);

    // Not having been written, the memory is still the old one.
    memcpy(memory.document.entries, before.entries, 3 * sizeof *before.entries);
    free(before.entries);
    memory.today++;
    step(&memory, 'x', "aA");
    assert_change(&memory, DOCUMENT_SAME, "");
    assert_true(memory.document.remember);
    assert_int_equal(row(&memory, 'a', 'A')->seen, 108);
    assert_int_equal(row(&memory, 'a', 'A')->seq, 1);
    document_clear(&memory.document);
}

static void the_longest_gone_are_forgotten_first(void **state)
{
    (void)state;
    struct memory memory = fresh();
    memory.entries_max = 6;
    for (const char *at = "aAbBcCdDeE"; *at != '\0'; at += 2) {
        char entries[] = { at[0], at[1], '\0' };
        memory.today += 10;
        step(&memory, 'x', entries);
    }
    assert_int_equal(memory.document.memory_count, 6);
    assert_null(row(&memory, 'a', 'A'));
    assert_non_null(row(&memory, 'b', 'B'));
    step(&memory, 'x', "bB");
    assert_int_equal(memory.document.changed_count, 0);
    step(&memory, 'x', "aA");
    assert_change(&memory, DOCUMENT_ENTRIES, "a");
    document_clear(&memory.document);
}

static void what_is_there_is_never_forgotten(void **state)
{
    (void)state;
    struct memory memory = fresh();
    memory.entries_max = 1;
    step(&memory, 'x', "aA bB cC dD");
    step(&memory, 'x', "aA bB cC dD");
    assert_same(&memory);
    memory.today += 30;
    step(&memory, 'x', "eE fF gG hH");
    // Twice the current number may stay: six rows, so twelve.
    assert_int_equal(memory.document.memory_count, 10);
    memory.today += 30;
    step(&memory, 'x', "iI");
    assert_int_equal(memory.document.changed_count, 1);
    assert_non_null(row(&memory, 'i', 'I'));
    assert_true(memory.document.memory_count <= 10);
    document_clear(&memory.document);
}

static void one_empty_document_makes_nothing_new(void **state)
{
    (void)state;
    struct memory memory = fresh();
    memory.entries_max = 1;
    step(&memory, 'x', "aA bB cC dD");
    step(&memory, 'x', "");
    assert_change(&memory, DOCUMENT_REMOVAL_ONLY, "");
    step(&memory, 'x', "");
    assert_same(&memory);
    step(&memory, 'x', "aA bB cC dD");
    assert_change(&memory, DOCUMENT_SAME, "");
    // They are there again, and it is remembered that they are.
    assert_true(memory.document.remember);
    step(&memory, 'x', "aA bB cC dD");
    assert_same(&memory);
    document_clear(&memory.document);
}

static void pages_that_rotate_bring_nothing_new(void **state)
{
    (void)state;
    struct memory memory = fresh();
    step(&memory, 'x', "aA bB cC");
    step(&memory, 'x', "dD eE fF");
    assert_change(&memory, DOCUMENT_ENTRIES, "def");
    for (int i = 0; i < 5; i++) {
        memory.today++;
        step(&memory, 'x', "aA bB cC");
        assert_change(&memory, DOCUMENT_REMOVAL_ONLY, "");
        memory.today++;
        step(&memory, 'x', "dD eE fF");
        assert_change(&memory, DOCUMENT_REMOVAL_ONLY, "");
    }
    step(&memory, 'x', "aA bZ cC gG");
    assert_change(&memory, DOCUMENT_ENTRIES, "bg");
    document_clear(&memory.document);
}

static void a_document_without_its_end_removes_nothing(void **state)
{
    (void)state;
    struct memory memory = fresh();
    step(&memory, 'x', "aA bB cC");
    memory.part = true;
    step(&memory, 'y', "aA");
    assert_same(&memory);
    memory.today += 8;
    step(&memory, 'y', "dD aZ");
    assert_change(&memory, DOCUMENT_ENTRIES, "da");
    assert_int_equal(row(&memory, 'c', 'C')->seen, 108);
    memory.part = false;
    // Who takes whole documents had half a one.
    step(&memory, 'x', "dD aZ bB cC");
    assert_change(&memory, DOCUMENT_FEED_LEVEL, "");
    step(&memory, 'x', "dD aZ bB cC");
    assert_same(&memory);
    step(&memory, 'x', "dD aZ bB");
    assert_change(&memory, DOCUMENT_REMOVAL_ONLY, "");
    document_clear(&memory.document);
}

static void the_whole_after_half_a_document_is_news_once(void **state)
{
    (void)state;
    struct memory memory = fresh();
    memory.part = true;
    step(&memory, 'y', "aA");
    assert_change(&memory, DOCUMENT_ENTRIES, "a");
    step(&memory, 'y', "aA");
    assert_same(&memory);
    memory.part = false;
    step(&memory, 'x', "aA");
    assert_change(&memory, DOCUMENT_FEED_LEVEL, "");
    step(&memory, 'x', "aA");
    assert_same(&memory);
    // Half of what is known is nothing new, nor is its other half.
    memory.part = true;
    step(&memory, 'x', "aA");
    assert_same(&memory);
    memory.part = false;
    step(&memory, 'x', "aA");
    assert_same(&memory);
    document_clear(&memory.document);
}

static void half_a_document_keeps_what_an_id_said_elsewhere(void **state)
{
    (void)state;
    struct memory memory = fresh();
    step(&memory, 'x', "aA bB aZ");
    memory.part = true;
    step(&memory, 'x', "aA");
    assert_same(&memory);
    step(&memory, 'x', "aY");
    assert_change(&memory, DOCUMENT_ENTRIES, "a");
    memory.part = false;
    step(&memory, 'x', "aY bB aZ");
    assert_int_equal(memory.document.changed_count, 0);
    document_clear(&memory.document);
}

static void one_of_two_with_an_id_may_go_and_return(void **state)
{
    (void)state;
    struct memory memory = fresh();
    step(&memory, 'x', "aA bB aZ");
    step(&memory, 'x', "aA bB");
    assert_change(&memory, DOCUMENT_REMOVAL_ONLY, "");
    step(&memory, 'x', "aA bB");
    assert_same(&memory);
    step(&memory, 'x', "aA bB aZ");
    assert_change(&memory, DOCUMENT_SAME, "");
    // But what replaces the other is a change, and so is its return.
    step(&memory, 'x', "aY bB");
    assert_change(&memory, DOCUMENT_ENTRIES, "a");
    step(&memory, 'x', "aZ bB");
    assert_change(&memory, DOCUMENT_ENTRIES, "a");
    document_clear(&memory.document);
}

static void another_recipe_makes_nothing_new(void **state)
{
    (void)state;
    struct memory memory = fresh();
    step(&memory, 'x', "aA bB cC");
    step(&memory, 'x', "aA bB");
    memory.recipe = 1;
    step(&memory, 'y', "dD aK bL");
    assert_change(&memory, DOCUMENT_ENTRIES, "d");
    assert_int_equal(row(&memory, 'a', 'K')->seq, 1);
    assert_null(row(&memory, 'a', 'A'));
    step(&memory, 'y', "dD aK bL");
    assert_same(&memory);
    // Of what was gone at that time, too.
    step(&memory, 'y', "dD aK bL cM");
    assert_change(&memory, DOCUMENT_SAME, "");
    assert_true(memory.document.remember);
    step(&memory, 'y', "dD aK bL cN");
    assert_change(&memory, DOCUMENT_ENTRIES, "c");
    document_clear(&memory.document);
}

static void another_recipe_alone_is_remembered(void **state)
{
    (void)state;
    struct memory memory = fresh();
    step(&memory, 'x', "aA bB");
    memory.recipe = 1;
    memory.part = true;
    step(&memory, 'q', "aK");
    assert_change(&memory, DOCUMENT_SAME, "");
    assert_true(memory.document.remember);
    memory.part = false;
    step(&memory, 'y', "aK bL");
    assert_change(&memory, DOCUMENT_SAME, "");
    assert_true(memory.document.remember);
    step(&memory, 'y', "aK bL");
    assert_same(&memory);
    document_clear(&memory.document);
}

static void a_memory_without_a_recipe_is_of_another(void **state)
{
    (void)state;
    struct document_entry old[] = {
        { .content = { 'x' }, .seq = 1, .seen = 90 },
        { .id = { 'a' }, .content = { 'A' }, .seq = 1, .seen = 90 },
        { .id = { 'b' }, .content = { 'B' }, .seq = 1, .seen = 80 },
    };
    struct memory memory = fresh();
    memory.document.entries = malloc(sizeof old);
    assert_non_null(memory.document.entries);
    memcpy(memory.document.entries, old, sizeof old);
    memory.document.memory_count = 3;
    assert_true(diff_was_feed(old, 3));
    step(&memory, 'y', "cC aK bL");
    assert_change(&memory, DOCUMENT_ENTRIES, "c");
    document_clear(&memory.document);
}

static void another_format_with_the_same_ids_brings_nothing_new(void **state)
{
    (void)state;
    struct memory memory = fresh();
    step(&memory, 'x', "aA bB");
    memory.format = DOCUMENT_RSS09X; // compares with RSS 2.0
    step(&memory, 'x', "aZ bB");
    assert_change(&memory, DOCUMENT_ENTRIES, "a");
    memory.format = DOCUMENT_ATOM10;
    step(&memory, 'y', "aK bL");
    assert_change(&memory, DOCUMENT_FEED_LEVEL, "");
    step(&memory, 'y', "cC aK bM");
    assert_change(&memory, DOCUMENT_ENTRIES, "cb");
    document_clear(&memory.document);
}

static void bytes_that_become_readable_are_not_new(void **state)
{
    (void)state;
    struct memory memory = fresh();
    memory.other = true;
    step(&memory, 'z', "");
    assert_false(
        diff_was_feed(memory.document.entries, memory.document.memory_count));
    memory.other = false;
    memory.bytes = "z";
    step(&memory, 'x', "aA bB");
    assert_change(&memory, DOCUMENT_SAME, "");
    assert_true(memory.document.remember);
    assert_true(
        diff_was_feed(memory.document.entries, memory.document.memory_count));
    step(&memory, 'x', "cC aA bB");
    assert_change(&memory, DOCUMENT_ENTRIES, "c");

    // Other bytes are.
    memory.other = true;
    step(&memory, 'z', "");
    memory.other = false;
    memory.bytes = "q";
    step(&memory, 'x', "dD aA");
    assert_change(&memory, DOCUMENT_ENTRIES, "d");
    document_clear(&memory.document);
}

static void a_feed_is_told_from_what_replaced_it(void **state)
{
    (void)state;
    struct memory memory = fresh();
    assert_false(diff_was_feed(NULL, 0));
    step(&memory, 'x', "");
    assert_true(
        diff_was_feed(memory.document.entries, memory.document.memory_count));
    memory.other = true;
    step(&memory, 'x', "");
    assert_false(
        diff_was_feed(memory.document.entries, memory.document.memory_count));
    for (size_t i = 0; i < memory.document.memory_count; i++)
        assert_false(diff_is_entry(&memory.document.entries[i]));
    document_clear(&memory.document);
}

static void many_entries_take_no_time(void **state)
{
    (void)state;
    enum { COUNT = 10000, KNOWN = 2 * COUNT };
    struct diff_row *rows = calloc(KNOWN, sizeof *rows);
    assert_non_null(rows);
    for (uint32_t i = 0; i < KNOWN; i++) {
        uint32_t mixed = i * 2654435761U;
        memcpy(rows[i].id, &mixed, sizeof mixed);
        rows[i].id[15] = 2;
    }
    uint8_t whole[16] = { 1 };
    struct document last = { 0 };
    for (unsigned round = 0; round < 20; round++) {
        struct diff_input input = {
            .format = DOCUMENT_RSS20,
            .feed = true,
            .complete = true,
            .whole = whole,
            // One page today, the other tomorrow.
            .rows = rows + round % 2 * COUNT,
            .count = COUNT,
            .known = last.entries,
            .known_count = last.memory_count,
            .seq = round + 1,
            .today = 100 + round,
            .entries_max = 10000,
        };
        struct document next = { 0 };
        assert_true(diff_make(&input, &next));
        assert_int_equal(next.changed_count, round < 2 ? COUNT : 0);
        document_clear(&last);
        last = next;
    }
    // Twice the current number, and the document's own.
    assert_int_equal(last.memory_count, KNOWN + 2);
    document_clear(&last);
    free(rows);
}

static void a_clock_that_goes_back_loses_nothing(void **state)
{
    (void)state;
    struct memory memory = fresh();
    step(&memory, 'x', "aA bB");
    memory.today = 5;
    step(&memory, 'x', "aA bB");
    assert_change(&memory, DOCUMENT_SAME, "");
    assert_false(memory.document.remember);
    step(&memory, 'x', "aA");
    assert_change(&memory, DOCUMENT_REMOVAL_ONLY, "");
    assert_int_equal(row(&memory, 'a', 'A')->seen, 100);
    document_clear(&memory.document);
}

static void a_document_that_is_no_feed_is_new_with_its_bytes(void **state)
{
    (void)state;
    struct memory memory = fresh();
    memory.other = true;
    step(&memory, 'x', "");
    assert_change(&memory, DOCUMENT_REPLACED, "");
    step(&memory, 'x', "");
    assert_change(&memory, DOCUMENT_SAME, "");
    step(&memory, 'y', "");
    assert_change(&memory, DOCUMENT_REPLACED, "");
    assert_int_equal(memory.document.memory_count, 1);
    document_clear(&memory.document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_time_everything_is_new),
        cmocka_unit_test(the_same_again_is_no_change_in_any_order),
        cmocka_unit_test(new_and_changed_entries_are_told_in_order),
        cmocka_unit_test(what_surrounds_the_entries_is_a_change_of_its_own),
        cmocka_unit_test(a_removal_is_told_once),
        cmocka_unit_test(an_entry_that_comes_back_is_not_new),
        cmocka_unit_test(a_page_of_errors_in_between_makes_nothing_new),
        cmocka_unit_test(of_equal_ids_both_are_remembered),
        cmocka_unit_test(days_are_renewed_after_a_week),
        cmocka_unit_test(the_longest_gone_are_forgotten_first),
        cmocka_unit_test(what_is_there_is_never_forgotten),
        cmocka_unit_test(one_empty_document_makes_nothing_new),
        cmocka_unit_test(pages_that_rotate_bring_nothing_new),
        cmocka_unit_test(a_document_without_its_end_removes_nothing),
        cmocka_unit_test(the_whole_after_half_a_document_is_news_once),
        cmocka_unit_test(half_a_document_keeps_what_an_id_said_elsewhere),
        cmocka_unit_test(one_of_two_with_an_id_may_go_and_return),
        cmocka_unit_test(another_recipe_makes_nothing_new),
        cmocka_unit_test(another_recipe_alone_is_remembered),
        cmocka_unit_test(a_memory_without_a_recipe_is_of_another),
        cmocka_unit_test(another_format_with_the_same_ids_brings_nothing_new),
        cmocka_unit_test(bytes_that_become_readable_are_not_new),
        cmocka_unit_test(a_feed_is_told_from_what_replaced_it),
        cmocka_unit_test(many_entries_take_no_time),
        cmocka_unit_test(a_clock_that_goes_back_loses_nothing),
        cmocka_unit_test(a_document_that_is_no_feed_is_new_with_its_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
