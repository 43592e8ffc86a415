// SPDX-License-Identifier: MIT

#include "hub/walk_pages.h"

#include "fakes/round.h"

static void the_next_page_is_read_while_one_is_visited(void **state)
{
    (void)state;
    begin(ROUND_TOPIC, 0);
    assert_int_equal(fake_store_waiting(STORE_PAGE_SUBSCRIBERS), 1);
    give_plain_page(1, 3, false);
    // Its content is not even there.
    assert_int_equal(fake_store_waiting(STORE_TOPICS), 1);
    struct store_page_subscribers *page =
        fake_store_take(STORE_PAGE_SUBSCRIBERS);
    assert_int_equal(page->after, 3);
    page->end = true;
    fake_store_finish(&page->op, STORE_OK);
    turn();
    // And no further than that.
    assert_int_equal(fake_store_waiting(STORE_PAGE_SUBSCRIBERS), 0);
    give_content(ROUND_TO);
    for (int i = 0; i < 3; i++)
        answer(fake_engine_take(), 200);
    finish(checkpoint());
    assert_true(idle());
}

static void a_page_that_lay_for_too_long_is_read_again(void **state)
{
    (void)state;
    begin(ROUND_TOPIC, 0);
    give_plain_page(1, 2, false);
    give_plain_page(3, 3, true);
    pass(1000);
    give_content(ROUND_TO);
    assert_int_equal(fake_engine_waiting(), 0);
    struct store_page_subscribers *page =
        fake_store_take(STORE_PAGE_SUBSCRIBERS);
    assert_int_equal(page->after, 0);
    struct store_subscriber paused = subscriber(1);
    paused.paused = true;
    page->items = fake_store_give(&page->op, &paused, sizeof paused);
    page->count = 1;
    page->end = true;
    fake_store_finish(&page->op, STORE_OK);
    turn();
    assert_int_equal(fake_engine_waiting(), 0);
    struct store_checkpoint *last = checkpoint();
    assert_int_equal(last->outcomes[0].kind, STORE_PASSED);
    finish(last);
    assert_true(idle());
}

static void what_an_operator_has_changed_is_read_again(void **state)
{
    (void)state;
    begin(ROUND_TOPIC, 0);
    give_plain_page(1, 3, true);
    // While its content is being read, one is paused, and one on his way.
    distribute_recall(rig.distribute, ROUND_TOPIC + 1, 2);
    distribute_recall(rig.distribute, ROUND_TOPIC, 2);
    give_content(ROUND_TO);
    assert_int_equal(fake_engine_waiting(), 0);
    struct store_subscriber items[] = { subscriber(1), subscriber(2),
                                        subscriber(3) };
    items[1].paused = true;
    give_page(items, 3, true);
    assert_int_equal(fake_engine_waiting(), 2);
    struct exchange *first = fake_engine_take(), *third = fake_engine_take();
    distribute_recall(rig.distribute, ROUND_TOPIC, 3);
    assert_int_equal(fake_engine_cancelled(first), 0);
    assert_int_equal(fake_engine_cancelled(third), 1);
    answer(first, 200);
    fake_engine_fail(third, EXCHANGE_CANCELLED);
    end_with(third);
    struct store_checkpoint *last = checkpoint();
    assert_true(last->finish);
    assert_int_equal(last->count, 2);
    assert_int_equal(last->outcomes[0].kind, STORE_PASSED);
    assert_int_equal(last->outcomes[1].kind, STORE_OWED);
    assert_int_equal(last->outcomes[1].attempts, 0);
    finish(last);
    assert_true(idle());
}

static void a_walk_of_a_topic_that_is_gone_waits_for_its_page(void **state)
{
    (void)state;
    begin(ROUND_TOPIC, 0);
    give_plain_page(1, 2, false);
    struct store_topics *topics = fake_store_take(STORE_TOPICS);
    fake_store_finish(&topics->op, STORE_NOT_FOUND);
    turn();
    assert_false(idle());
    fake_store_finish(fake_store_take(STORE_PAGE_SUBSCRIBERS), STORE_NOT_FOUND);
    pass(5000);
    assert_true(idle());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROUND(the_next_page_is_read_while_one_is_visited),
        ROUND(a_page_that_lay_for_too_long_is_read_again),
        ROUND(what_an_operator_has_changed_is_read_again),
        ROUND(a_walk_of_a_topic_that_is_gone_waits_for_its_page),
    };
    log_setup(LOG_ERROR, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
