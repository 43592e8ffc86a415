// SPDX-License-Identifier: MIT

#include "hub/distribute.h"

#include "fakes/round.h"

enum { WALKS_MAX = 64 };

static size_t pages_asked(void)
{
    return fake_store_waiting(STORE_PAGE_SUBSCRIBERS);
}

// The walk whose page is asked for next has no subscribers left.
static uint64_t end_next(void)
{
    struct store_page_subscribers *page =
        fake_store_take(STORE_PAGE_SUBSCRIBERS);
    uint64_t topic = page->topic;
    page->end = true;
    fake_store_finish(&page->op, STORE_OK);
    turn();
    finish(checkpoint());
    return topic;
}

static void M1_a_walk_left_by_a_crash_goes_on_where_it_was(void **state)
{
    (void)state;
    turn();
    struct store_walk left = {
        .topic = ROUND_TOPIC, .from = ROUND_FROM, .to = ROUND_TO, .position = 17
    };
    give_walks(&left, 1, true);
    turn();
    struct store_page_subscribers *page =
        fake_store_take(STORE_PAGE_SUBSCRIBERS);
    assert_int_equal(page->topic, ROUND_TOPIC);
    assert_int_equal(page->after, 17);
    page->end = true;
    fake_store_finish(&page->op, STORE_OK);
    turn();
    finish(checkpoint());
    assert_true(idle());
}

static void a_topic_has_one_walk_at_a_time(void **state)
{
    (void)state;
    begin(ROUND_TOPIC, 0);
    begin(ROUND_TOPIC, 0);
    assert_int_equal(pages_asked(), 1);
    end_next();
    assert_true(idle());
    // And then it may have another.
    begin(ROUND_TOPIC, 0);
    end_next();
    assert_true(idle());
}

static void a_walk_told_of_before_the_end_of_the_last_is_found_again(
    void **state)
{
    (void)state;
    begin(ROUND_TOPIC, 0);
    struct store_page_subscribers *page =
        fake_store_take(STORE_PAGE_SUBSCRIBERS);
    page->end = true;
    fake_store_finish(&page->op, STORE_OK);
    turn();
    struct store_checkpoint *last = checkpoint();
    // There is no order between operations: the publish that began the next
    // walk is heard of before the end of this one.
    struct store_walk next = { .topic = ROUND_TOPIC,
                               .from = ROUND_TO,
                               .to = ROUND_TO + 1 };
    distribute_begin(rig.distribute, &next);
    finish(last);
    pass(1000);
    give_walks(&next, 1, true);
    turn();
    assert_int_equal(end_next(), ROUND_TOPIC);
    assert_true(idle());
    pass(5000);
    assert_int_equal(fake_store_waiting_all(), 0);
}

static void walks_beyond_the_ceiling_are_found_when_others_have_ended(
    void **state)
{
    (void)state;
    for (uint64_t topic = 1; topic <= WALKS_MAX + 1; topic++)
        begin(topic, 0);
    assert_int_equal(pages_asked(), WALKS_MAX);
    assert_int_equal(fake_store_waiting(STORE_WALKS), 0);
    end_next();
    pass(1000);
    struct store_walk left = { .topic = WALKS_MAX + 1,
                               .from = ROUND_FROM,
                               .to = ROUND_TO };
    give_walks(&left, 1, true);
    turn();
    assert_int_equal(pages_asked(), WALKS_MAX);
    for (int i = 0; i < WALKS_MAX; i++)
        end_next();
    assert_true(idle());
    pass(5000);
    assert_int_equal(fake_store_waiting_all(), 0);
}

static void the_list_of_walks_is_read_page_after_page(void **state)
{
    (void)state;
    turn();
    struct store_walk one = { .topic = 3, .from = 1, .to = 2 };
    struct store_walk two = { .topic = 9, .from = 1, .to = 2 };
    give_walks(&one, 1, false);
    assert_int_equal(distribute_patience(rig.distribute, loop_now()), 1000);
    pass(1000);
    struct store_walks *list = fake_store_take(STORE_WALKS);
    assert_int_equal(list->after, 3);
    list->items = fake_store_give(&list->op, &two, sizeof two);
    list->count = 1;
    list->end = true;
    fake_store_finish(&list->op, STORE_OK);
    turn();
    assert_int_equal(end_next(), 3);
    assert_int_equal(end_next(), 9);
}

static void a_list_that_could_not_be_read_is_asked_for_again(void **state)
{
    (void)state;
    turn();
    fake_store_finish(fake_store_take(STORE_WALKS), STORE_AGAIN);
    turn();
    assert_int_equal(fake_store_waiting_all(), 0);
    pass(1000);
    give_walks(NULL, 0, true);
    pass(5000);
    assert_int_equal(fake_store_waiting_all(), 0);
}

static void walks_take_turns_at_the_places_there_are(void **state)
{
    (void)state;
    begin(ROUND_TOPIC, 0);
    give_plain_page(1, 200, true);
    begin(ROUND_TOPIC + 1, 0);
    give_plain_page(1, 200, true);
    give_content(ROUND_TO);
    give_content(ROUND_TO);
    assert_int_equal(fake_engine_waiting(), 8);
    for (int i = 0; i < 8; i++)
        answer(fake_engine_take(), 200);
    // Neither has had all of the places that became free.
    const void *one = NULL;
    size_t first = 0;
    for (int i = 0; i < 392; i++) {
        struct exchange *sent = fake_engine_take();
        const struct delivery *delivery = sent->owner;
        one = one ? one : delivery->owner;
        first += i < 100 && delivery->owner == one;
        answer(sent, 200);
    }
    assert_in_range(first, 25, 75);
    finish_all();
    assert_true(idle());
}

static int setup_narrow(void **state)
{
    (void)state;
    if (round_open(4) != 0)
        return -1;
    turn();
    give_walks(NULL, 0, true);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            M1_a_walk_left_by_a_crash_goes_on_where_it_was, round_setup,
            round_teardown),
        ROUND(a_topic_has_one_walk_at_a_time),
        ROUND(a_walk_told_of_before_the_end_of_the_last_is_found_again),
        ROUND(walks_beyond_the_ceiling_are_found_when_others_have_ended),
        cmocka_unit_test_setup_teardown(
            the_list_of_walks_is_read_page_after_page, round_setup,
            round_teardown),
        cmocka_unit_test_setup_teardown(
            a_list_that_could_not_be_read_is_asked_for_again, round_setup,
            round_teardown),
        cmocka_unit_test_setup_teardown(
            walks_take_turns_at_the_places_there_are, setup_narrow,
            round_teardown),
    };
    log_setup(LOG_ERROR, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
