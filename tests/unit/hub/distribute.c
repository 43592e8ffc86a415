// SPDX-License-Identifier: MIT

#include "hub/distribute.h"

#include "fakes/round.h"

enum { WALKS_MAX = 64, WAITING_MAX = 64 };

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
    finish_all();
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
    // From there on it brings all to the head, in one step.
    struct store_checkpoint *op = checkpoint();
    assert_true(op->turn);
    assert_int_equal(op->walk.position, 17);
    assert_int_equal(op->count, 0);
    op->turned = true;
    op->next = op->walk;
    op->next.start = 17;
    op->next.to = ROUND_TO + 5;
    finish(op);
    struct store_page_subscribers *page =
        fake_store_take(STORE_PAGE_SUBSCRIBERS);
    assert_int_equal(page->topic, ROUND_TOPIC);
    assert_int_equal(page->after, 17);
    page->end = true;
    fake_store_finish(&page->op, STORE_OK);
    turn();
    op = checkpoint();
    assert_true(op->finish);
    assert_int_equal(op->walk.to, ROUND_TO + 5);
    finish(op);
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

static void begin_walks(uint64_t first, uint64_t last)
{
    for (uint64_t topic = first; topic <= last; topic++)
        begin(topic, 0);
}

static void a_walk_beyond_the_ceiling_begins_when_another_has_ended(
    void **state)
{
    (void)state;
    begin_walks(1, WALKS_MAX + 1);
    assert_int_equal(pages_asked(), WALKS_MAX);
    assert_int_equal(end_next(), 1);
    assert_int_equal(pages_asked(), WALKS_MAX);
    for (int i = 0; i < WALKS_MAX; i++)
        end_next();
    assert_true(idle());
    pass(5000);
    assert_int_equal(fake_store_waiting_all(), 0);
}

static void a_walk_that_nobody_remembers_is_found_in_the_list(void **state)
{
    (void)state;
    begin_walks(1, WALKS_MAX + WAITING_MAX + 1);
    for (int i = 0; i < WALKS_MAX + WAITING_MAX; i++) {
        assert_int_equal(fake_store_waiting(STORE_WALKS), 0);
        end_next();
    }
    pass(1000);
    struct store_walk left = { .topic = WALKS_MAX + WAITING_MAX + 1,
                               .from = ROUND_FROM,
                               .to = ROUND_TO };
    give_walks(&left, 1, true);
    turn();
    assert_int_equal(end_next(), left.topic);
    assert_true(idle());
    pass(5000);
    assert_int_equal(fake_store_waiting_all(), 0);
}

static void none_is_lost_of_a_page_that_finds_no_room(void **state)
{
    (void)state;
    turn();
    begin_walks(1, WALKS_MAX);
    struct store_walk left[WAITING_MAX + 1];
    for (size_t i = 0; i <= WAITING_MAX; i++)
        left[i] = (struct store_walk){ .topic = 1000 + i,
                                       .from = ROUND_FROM,
                                       .to = ROUND_TO };
    give_walks(left, WAITING_MAX + 1, true);
    turn();
    for (int i = 0; i < WALKS_MAX + WAITING_MAX; i++)
        end_next();
    pass(1000);
    struct store_walks *list = fake_store_take(STORE_WALKS);
    assert_int_equal(list->after, 1000 + WAITING_MAX - 1);
    list->items = fake_store_give(&list->op, &left[WAITING_MAX], sizeof *left);
    list->count = 1;
    list->end = true;
    fake_store_finish(&list->op, STORE_OK);
    turn();
    assert_int_equal(end_next(), 1000 + WAITING_MAX);
    assert_true(idle());
}

static void the_65th_topic_has_its_turn_while_64_walk_for_long(void **state)
{
    (void)state;
    begin_walks(1, WALKS_MAX);
    for (int i = 0; i < WALKS_MAX; i++)
        give_plain_page(1, 1, false);
    for (int i = 0; i < WALKS_MAX; i++)
        give_content(ROUND_TO);
    pass(499);
    begin(WALKS_MAX + 1, 0);
    pass(1);
    assert_int_equal(fake_engine_waiting(), WALKS_MAX);
    // Somebody makes room as soon as all whom he has visited are settled.
    for (int i = 0; i < WALKS_MAX; i++)
        answer(fake_engine_take(), 200);
    for (int i = 0; i < WALKS_MAX; i++) {
        struct store_checkpoint *op = checkpoint();
        assert_int_equal(op->walk.position, 1);
        assert_false(op->finish);
        finish(op);
    }
    // All have read ahead: he lets go of what he read, they visit on.
    assert_int_equal(pages_asked(), WALKS_MAX);
    size_t asked = 0;
    for (bool served = false; !served; asked++) {
        struct store_page_subscribers *page =
            fake_store_take(STORE_PAGE_SUBSCRIBERS);
        served = page->topic == WALKS_MAX + 1;
        page->end = served;
        fake_store_finish(&page->op, STORE_OK);
        turn();
    }
    assert_in_range(asked, WALKS_MAX / 2, 2 * WALKS_MAX);
    // He who made room goes on where he was.
    uint64_t from_start = 0;
    while (pages_asked() > 0 || checkpoint_waits()) {
        finish_all();
        if (pages_asked() == 0)
            continue;
        struct store_page_subscribers *page =
            fake_store_take(STORE_PAGE_SUBSCRIBERS);
        from_start += page->after == 0;
        page->end = true;
        fake_store_finish(&page->op, STORE_OK);
        turn();
    }
    assert_int_equal(from_start, 0);
    assert_true(idle());
}

static void a_walk_leaves_places_for_one_that_comes_later(void **state)
{
    (void)state;
    begin(ROUND_TOPIC, 0);
    give_plain_page(1, 200, true);
    give_content(ROUND_TO);
    size_t large = fake_engine_waiting();
    assert_int_equal(large, 4); // of five
    begin(ROUND_TOPIC + 1, 0);
    give_plain_page(1, 1, true);
    give_content(ROUND_TO);
    assert_int_equal(fake_engine_waiting(), large + 1);
    while (fake_engine_waiting() > 0)
        answer(fake_engine_take(), 200);
    finish_all();
    assert_true(idle());
}

static void while_all_is_paused_nobody_is_visited(void **state)
{
    (void)state;
    begin(ROUND_TOPIC, 0);
    give_plain_page(1, 2, false);
    give_content(ROUND_TO);
    struct exchange *sent[2] = { fake_engine_take(), fake_engine_take() };
    distribute_pause(rig.distribute, true);
    give_plain_page(3, 4, true); // was under way
    assert_int_equal(fake_engine_waiting(), 0);
    // What is under way ends.
    answer(sent[0], 200);
    answer(sent[1], 500);
    pass(250);
    struct store_checkpoint *op = checkpoint();
    assert_int_equal(op->walk.position, 2);
    assert_false(op->finish);
    finish(op);
    pass(60000);
    assert_int_equal(fake_store_waiting_all(), 0);
    assert_int_equal(fake_engine_waiting(), 0);

    distribute_pause(rig.distribute, false);
    turn();
    give_plain_page(3, 4, true);
    assert_int_equal(fake_engine_waiting(), 2);
    answer(fake_engine_take(), 200);
    answer(fake_engine_take(), 200);
    finish_all();
    assert_true(idle());
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
    assert_int_equal(fake_engine_waiting(), 5);
    for (int i = 0; i < 5; i++)
        answer(fake_engine_take(), 200);
    // Neither has had all of the places that became free.
    const void *one = NULL;
    size_t first = 0;
    for (int i = 0; i < 395; i++) {
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
        ROUND(a_walk_beyond_the_ceiling_begins_when_another_has_ended),
        ROUND(a_walk_that_nobody_remembers_is_found_in_the_list),
        ROUND(the_65th_topic_has_its_turn_while_64_walk_for_long),
        ROUND(while_all_is_paused_nobody_is_visited),
        cmocka_unit_test_setup_teardown(
            none_is_lost_of_a_page_that_finds_no_room, round_setup,
            round_teardown),
        cmocka_unit_test_setup_teardown(
            a_walk_leaves_places_for_one_that_comes_later, setup_narrow,
            round_teardown),
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
