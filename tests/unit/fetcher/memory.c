// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetcher/memory.h"

// Each letter is an entry. A memory reads "NaBC" when a has gone from between
// N and B.
struct history {
    struct document_entry *entries;
    size_t count;
    uint32_t was, day;
    size_t max;
    bool blank, partial;
};

static struct history fresh(void)
{
    return (struct history){ .day = 100, .max = 1000 };
}

static void forget_all(struct history *history)
{
    free(history->entries);
    history->entries = NULL;
}

static size_t find(const struct history *history, char letter)
{
    for (size_t i = 0; i < history->count; i++)
        if (history->entries[i].id[0] == (uint8_t)letter)
            return i;
    return MEMORY_NEW;
}

static enum memory_fate fate(const struct history *history, const char *now,
                             const struct document_entry *known)
{
    if (known->id[0] == 0 || strchr(now, known->id[0]) != NULL)
        return MEMORY_REPLACED;
    return history->partial && known->seen == history->was ? MEMORY_ABSENT
                                                           : MEMORY_GONE;
}

static void step(struct history *history, const char *now)
{
    struct memory_row rows[64];
    enum memory_fate fates[64];
    uint8_t ids[64][16] = { { 0 } };
    struct document_entry own = { .seen = history->day };
    size_t count = strlen(now);
    assert_true(count <= 64 && history->count <= 64);
    for (size_t i = 0; i < count; i++) {
        ids[i][0] = (uint8_t)now[i];
        rows[i] = (struct memory_row){ .id = ids[i],
                                       .content = ids[i],
                                       .seq = 7,
                                       .old = find(history, now[i]) };
    }
    for (size_t i = 0; i < history->count; i++)
        fates[i] = fate(history, now, &history->entries[i]);
    struct memory_input input = {
        .known = history->entries,
        .fates = fates,
        .known_count = history->count,
        .rows = rows,
        .row_count = count,
        .own = &own,
        .own_count = 1,
        .was = history->was,
        .day = history->day,
        .ordered = !history->blank,
        .blank = history->blank,
        .max = history->max,
    };
    struct document_entry *next;
    size_t next_count;
    assert_true(memory_make(&input, &next, &next_count));
    free(history->entries);
    history->entries = next;
    history->count = next_count;
    history->was = history->day;
}

static const char *order(const struct history *history)
{
    static char out[65];
    size_t n = 0;
    for (size_t i = 0; i < history->count; i++) {
        int letter = history->entries[i].id[0];
        bool there = history->entries[i].seen == history->was;
        if (letter != 0)
            out[n++] = (char)(there ? letter : tolower(letter));
    }
    out[n] = '\0';
    return out;
}

// Steps are separated by blanks; what is known after the last one.
static void assert_order(const char *steps, const char *wanted)
{
    struct history history = fresh();
    char copy[256], *rest = copy, *now;
    (void)snprintf(copy, sizeof copy, "%s", steps);
    while ((now = strsep(&rest, " ")) != NULL) {
        step(&history, now);
        history.was = history.day++;
    }
    if (strcmp(order(&history), wanted) != 0)
        fail_msg("%s: %s, not %s", steps, order(&history), wanted);
    forget_all(&history);
}

static void what_is_pushed_out_lies_at_the_end(void **state)
{
    (void)state;
    assert_order("CBA DCB EDC", "EDCba");
    assert_order("CBA FED", "FEDcba");
    assert_order("CBA CB", "CBa");
    assert_order("CBA CB C", "Cba");
    assert_order("CBA -", "-cba");
}

static void what_is_taken_out_keeps_its_place(void **state)
{
    (void)state;
    assert_order("CBA CA", "CbA");
    assert_order("CBA BA", "cBA");
    assert_order("BA CBA DCA EDCA", "EDCbA");
    assert_order("CBA DCA", "DCbA");
    assert_order("DCBA EDA", "EDcbA");
    // Also when something older comes back at the end.
    assert_order("CBA DCB DBA", "DcBA");
    // Until nothing is left behind it.
    assert_order("CBA DCA FED", "FEDcba");
}

static void what_is_pinned_to_the_top_proves_nothing(void **state)
{
    (void)state;
    assert_order("PBA PCB PDC", "PDCba");
    assert_order("PBA PCB PCA", "PCAb");
    // A, once published, is pinned.
    assert_order("BA AB ACB ADC AED", "AEDcb");
    assert_order("CBA BAC BAD", "BADc");
    assert_order("BAC BA", "BAc");
    // What has moved to the top stood behind the one that has gone.
    assert_order("CBA AC", "ACb");
}

static void what_is_pinned_to_the_end_deceives_but_once(void **state)
{
    (void)state;
    assert_order("BP CP", "CbP");
    assert_order("BP CP DP", "DbPc");
    assert_order("BP CP DP EP", "EbPdc");
    assert_order("CBP DCP EDP", "EDbPc");
    // When more go than come, somebody takes them out.
    assert_order("DCBA DCA DA", "DcbA");
    assert_order("FEDCBA GEDCBA HEDCBA IDCBA", "IhfeDCBAg");
}

static void a_document_of_two_parts_deceives_but_once(void **state)
{
    (void)state;
    assert_order("BAVWXYZ CBVWXYZ DCVWXYZ EDVWXYZ", "EDaVWXYZcb");
}

static void a_document_in_another_order_proves_nothing(void **state)
{
    (void)state;
    // Oldest first: what is new comes at the end.
    assert_order("ABC BCD CDE", "CDEba");
    assert_order("ACE BCD", "BCDae");
    assert_order("XABC DEF ABC", "ABCdefx");
}

static void what_returns_is_there_again(void **state)
{
    (void)state;
    assert_order("CBA CA CBA", "CBA");
    assert_order("CBA DCB CBA", "dCBA");
    assert_order("AB CD AB CD", "CDab");
}

static void what_is_absent_is_still_there(void **state)
{
    (void)state;
    struct history history = fresh();
    step(&history, "CBA");
    history.partial = true;
    history.day++;
    step(&history, "DB");
    assert_string_equal(order(&history), "DBCA");
    forget_all(&history);
}

static void contents_that_say_nothing_any_more_are_zeros(void **state)
{
    (void)state;
    struct history history = fresh();
    step(&history, "CBA");
    history.blank = true;
    history.day++;
    step(&history, "CA");
    assert_string_equal(order(&history), "CAb");
    assert_int_equal(history.entries[2].content[0], 'A');
    assert_int_equal(history.entries[3].content[0], 0);
    forget_all(&history);
}

static void the_longest_gone_are_forgotten_first(void **state)
{
    (void)state;
    struct history history = fresh();
    history.max = 5;
    const char *const steps[] = { "A", "B", "C", "D", "E", "F" };
    for (size_t i = 0; i < 6; i++) {
        history.day += 10;
        step(&history, steps[i]);
    }
    assert_string_equal(order(&history), "Fedc");
    forget_all(&history);
}

static void what_went_this_week_stays_if_it_was_known(void **state)
{
    (void)state;
    struct history history = fresh();
    history.max = 3;
    step(&history, "HGFEDCBA");
    history.day++;
    step(&history, "H");
    assert_string_equal(order(&history), "Hgfedcba");
    history.day += 6;
    step(&history, "H");
    assert_string_equal(order(&history), "Hgfedcba");
    history.day++;
    step(&history, "H");
    assert_int_equal(history.count, 4);
    forget_all(&history);
}

static void what_is_there_is_not_forgotten(void **state)
{
    (void)state;
    struct history history = fresh();
    history.max = 1;
    step(&history, "DCBA");
    history.day += 100;
    step(&history, "HGFE");
    // The ceiling is twice the current number.
    assert_string_equal(order(&history), "HGFEdcba");
    history.day += 100;
    step(&history, "LKJI");
    assert_string_equal(order(&history), "LKJIhgfed");
    forget_all(&history);
}

static void a_large_memory_forgets_many_at_once(void **state)
{
    (void)state;
    enum { MAX = 2000 };
    struct document_entry *known = calloc(MAX, sizeof *known);
    enum memory_fate *fates = calloc(MAX, sizeof *fates);
    assert_non_null(known);
    assert_non_null(fates);
    for (uint16_t i = 0; i < MAX; i++) {
        memcpy(known[i].id, &i, sizeof i);
        known[i].seen = 5000U - i;
        fates[i] = MEMORY_GONE;
    }
    const uint8_t id[16] = { [15] = 9 };
    struct memory_row row = { .id = id, .content = id, .old = MEMORY_NEW };
    struct document_entry own = { .seen = 6000 }, *out;
    struct memory_input input = {
        .known = known,
        .fates = fates,
        .known_count = MAX,
        .rows = &row,
        .row_count = 1,
        .own = &own,
        .own_count = 1,
        .was = 5999,
        .day = 6000,
        .ordered = true,
        .max = MAX,
    };
    size_t count;
    assert_true(memory_make(&input, &out, &count));
    assert_int_equal(count, MAX + 2 - 64);
    assert_int_equal(out[count - 1].seen, 5000 - (MAX - 1 - 64));
    free(out);
    free(known);
    free(fates);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_pushed_out_lies_at_the_end),
        cmocka_unit_test(what_is_taken_out_keeps_its_place),
        cmocka_unit_test(what_is_pinned_to_the_top_proves_nothing),
        cmocka_unit_test(what_is_pinned_to_the_end_deceives_but_once),
        cmocka_unit_test(a_document_of_two_parts_deceives_but_once),
        cmocka_unit_test(a_document_in_another_order_proves_nothing),
        cmocka_unit_test(what_returns_is_there_again),
        cmocka_unit_test(what_is_absent_is_still_there),
        cmocka_unit_test(contents_that_say_nothing_any_more_are_zeros),
        cmocka_unit_test(the_longest_gone_are_forgotten_first),
        cmocka_unit_test(what_went_this_week_stays_if_it_was_known),
        cmocka_unit_test(what_is_there_is_not_forgotten),
        cmocka_unit_test(a_large_memory_forgets_many_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
