// SPDX-License-Identifier: MIT

#include "hub/timeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int set_up(void **state)
{
    *state = timeline_new();
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    timeline_free(*state);
    return 0;
}

static void store(struct timeline *timeline, uint64_t topic, uint64_t seq,
                  int64_t at)
{
    const struct timeline_row row = {
        .topic = topic, .seq = seq, .stored = at, .owed = 3
    };
    timeline_stored(timeline, &row);
}

static void an_update_is_found_by_its_topic_and_seq(void **state)
{
    struct timeline *timeline = *state;
    store(timeline, 1, 1, 10);
    store(timeline, 2, 1, 20);
    store(timeline, 1, 2, 30);
    assert_int_equal(timeline_find(timeline, 1, 1)->stored, 10);
    assert_int_equal(timeline_find(timeline, 2, 1)->stored, 20);
    assert_int_equal(timeline_find(timeline, 1, 2)->stored, 30);
    assert_null(timeline_find(timeline, 2, 2));
    assert_null(timeline_find(timeline, 3, 1));
}

static void the_newest_come_first(void **state)
{
    struct timeline *timeline = *state;
    assert_null(timeline_newest(timeline, 0));
    for (uint64_t seq = 1; seq <= 3; seq++)
        store(timeline, 7, seq, (int64_t)seq);
    assert_int_equal(timeline_newest(timeline, 0)->seq, 3);
    assert_int_equal(timeline_newest(timeline, 2)->seq, 1);
    assert_null(timeline_newest(timeline, 3));
}

static void the_oldest_gives_its_place_to_the_newest(void **state)
{
    struct timeline *timeline = *state;
    enum { BEYOND = 1000 };
    for (uint64_t i = 1; i <= TIMELINE_ROWS + BEYOND; i++)
        store(timeline, i % 97, i, (int64_t)i);
    for (uint64_t i = 1; i <= TIMELINE_ROWS + BEYOND; i++) {
        const struct timeline_row *row = timeline_find(timeline, i % 97, i);
        if (i <= BEYOND)
            assert_null(row);
        else
            assert_int_equal(row->stored, i);
    }
    assert_int_equal(timeline_newest(timeline, TIMELINE_ROWS - 1)->seq,
                     BEYOND + 1);
    assert_null(timeline_newest(timeline, TIMELINE_ROWS));
}

static void a_settlement_that_is_repeated_changes_nothing(void **state)
{
    struct timeline *timeline = *state;
    store(timeline, 1, 1, 10);
    timeline_delivered(timeline, 1, 0, 1, 15);
    store(timeline, 1, 1, 20);
    assert_int_equal(timeline_find(timeline, 1, 1)->stored, 10);
    assert_int_equal(timeline_find(timeline, 1, 1)->delivered, 1);
    assert_null(timeline_newest(timeline, 1));
}

static void the_first_and_the_last_delivery_are_known(void **state)
{
    struct timeline *timeline = *state;
    store(timeline, 1, 1, 10);
    timeline_failed(timeline, 1, 1);
    timeline_delivered(timeline, 1, 0, 1, 20);
    timeline_delivered(timeline, 1, 0, 1, 30);
    timeline_delivered(timeline, 1, 0, 1, 40);
    const struct timeline_row *row = timeline_find(timeline, 1, 1);
    assert_int_equal(row->first_delivered, 20);
    assert_int_equal(row->last_delivered, 40);
    assert_int_equal(row->delivered, 3);
    assert_int_equal(row->failed, 1);
}

static void a_delivery_of_several_counts_for_each(void **state)
{
    struct timeline *timeline = *state;
    for (uint64_t seq = 1; seq <= 4; seq++)
        store(timeline, 1, seq, 10);
    timeline_delivered(timeline, 1, 1, 3, 20);
    assert_int_equal(timeline_find(timeline, 1, 1)->delivered, 0);
    assert_int_equal(timeline_find(timeline, 1, 2)->delivered, 1);
    assert_int_equal(timeline_find(timeline, 1, 3)->delivered, 1);
    assert_int_equal(timeline_find(timeline, 1, 4)->delivered, 0);
}

static void what_was_never_owed_was_not_delivered(void **state)
{
    struct timeline *timeline = *state;
    const struct timeline_row baseline = {
        .topic = 1, .seq = 1, .stored = 10, .baseline = true
    };
    timeline_stored(timeline, &baseline);
    store(timeline, 1, 2, 20);
    timeline_delivered(timeline, 1, 0, 2, 30);
    assert_int_equal(timeline_find(timeline, 1, 1)->delivered, 0);
    assert_int_equal(timeline_find(timeline, 1, 2)->delivered, 1);
}

static void deliveries_of_what_is_not_known_are_nothing(void **state)
{
    struct timeline *timeline = *state;
    assert_int_equal(timeline_delivered(timeline, 1, 0, UINT64_MAX, 20), 0);
    timeline_failed(timeline, 1, 1);
    timeline_pulled(timeline, 1, 1, 5, 20);
    assert_null(timeline_newest(timeline, 0));
}

static void an_update_is_published_when_it_was_pinged(void **state)
{
    struct timeline *timeline = *state;
    struct timeline_row row = {
        .topic = 1, .seq = 1, .pinged = 10, .fetch_began = 20, .stored = 30
    };
    timeline_stored(timeline, &row);
    assert_int_equal(timeline_delivered(timeline, 1, 0, 1, 99), 10);
    row.pinged = 0;
    assert_int_equal(timeline_published(&row), 20);
    row.fetch_began = 0;
    assert_int_equal(timeline_published(&row), 30);
}

static void of_many_pings_the_first_counts_until_it_is_settled(void **state)
{
    struct timeline *timeline = *state;
    timeline_pinged(timeline, 5, 100);
    timeline_pinged(timeline, 5, 200);
    timeline_pinged(timeline, 6, 300);
    assert_int_equal(timeline_settled(timeline, 5), 100);
    assert_int_equal(timeline_settled(timeline, 5), 0);
    assert_int_equal(timeline_settled(timeline, 6), 300);
}

static void pulls_that_were_released_are_counted(void **state)
{
    struct timeline *timeline = *state;
    store(timeline, 1, 1, 10);
    timeline_pulled(timeline, 1, 1, 256, 20);
    timeline_pulled(timeline, 1, 1, 4, 21);
    assert_int_equal(timeline_find(timeline, 1, 1)->pulls, 260);
    assert_int_equal(timeline_find(timeline, 1, 1)->released, 21);
}

static void without_memory_nothing_is_known(void **state)
{
    (void)state;
    store(NULL, 1, 1, 10);
    timeline_pinged(NULL, 1, 10);
    timeline_failed(NULL, 1, 1);
    timeline_pulled(NULL, 1, 1, 1, 10);
    assert_int_equal(timeline_settled(NULL, 1), 0);
    assert_int_equal(timeline_delivered(NULL, 1, 0, 1, 10), 0);
    assert_null(timeline_find(NULL, 1, 1));
    assert_null(timeline_newest(NULL, 0));
}

#define WITH(name_) cmocka_unit_test_setup_teardown(name_, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(an_update_is_found_by_its_topic_and_seq),
        WITH(the_newest_come_first),
        WITH(the_oldest_gives_its_place_to_the_newest),
        WITH(a_settlement_that_is_repeated_changes_nothing),
        WITH(the_first_and_the_last_delivery_are_known),
        WITH(a_delivery_of_several_counts_for_each),
        WITH(what_was_never_owed_was_not_delivered),
        WITH(deliveries_of_what_is_not_known_are_nothing),
        WITH(an_update_is_published_when_it_was_pinged),
        WITH(of_many_pings_the_first_counts_until_it_is_settled),
        WITH(pulls_that_were_released_are_counted),
        cmocka_unit_test(without_memory_nothing_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
