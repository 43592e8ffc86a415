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
};

static void step(struct memory *memory, char around, const char *entries)
{
    struct diff_row rows[64] = { 0 };
    uint8_t whole[16] = { (uint8_t)around };
    size_t count = 0;
    for (const char *at = entries; *at != '\0'; at += at[2] == ' ' ? 3 : 2) {
        rows[count].id[0] = (uint8_t)at[0];
        rows[count++].content[0] = (uint8_t)at[1];
    }
    memory->seq++;
    struct diff_input input = {
        .feed = !memory->other,
        .whole = whole,
        .rows = rows,
        .count = count,
        .known = memory->document.entries,
        .known_count = memory->document.memory_count,
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
    return (struct memory){ .today = 100, .entries_max = 1000 };
}

static void the_first_time_everything_is_new(void **state)
{
    (void)state;
    struct memory memory = fresh();
    step(&memory, 'x', "bB aA");
    assert_change(&memory, DOCUMENT_ENTRIES, "ba");
    assert_true(memory.document.remember);
    assert_int_equal(memory.document.memory_count, 3);
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
    assert_int_equal(memory.document.memory_count, 4);
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
    before.entries = malloc(2 * sizeof *before.entries);
    assert_non_null(before.entries);
    memcpy(before.entries, memory.document.entries, 2 * sizeof *before.entries);
    step(&memory, 'x', "aA");
    assert_false(memory.document.remember);

    // Not having been written, the memory is still the old one.
    memcpy(memory.document.entries, before.entries, 2 * sizeof *before.entries);
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
    memory.entries_max = 4;
    step(&memory, 'x', "aA");
    memory.today++;
    step(&memory, 'x', "bB");
    memory.today++;
    step(&memory, 'x', "cC");
    memory.today++;
    step(&memory, 'x', "dD");
    assert_int_equal(memory.document.memory_count, 4);
    assert_null(row(&memory, 'a', 'A'));
    assert_non_null(row(&memory, 'b', 'B'));
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
    assert_change(&memory, DOCUMENT_SAME, "");
    step(&memory, 'x', "eE fF gG hH");
    // Twice the current number may stay: five rows, so ten.
    assert_int_equal(memory.document.memory_count, 9);
    document_clear(&memory.document);
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
        cmocka_unit_test(a_clock_that_goes_back_loses_nothing),
        cmocka_unit_test(a_document_that_is_no_feed_is_new_with_its_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
