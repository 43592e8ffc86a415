// SPDX-License-Identifier: MIT

#include "hub/walk_visit.h"

#include "fakes/round.h"
#include "hub/walk.h"

static void who_hangs_takes_nobody_his_place(void **state)
{
    (void)state;
    begin(ROUND_TOPIC, 0);
    give_plain_page(1, 8, true);
    give_content(ROUND_TO);
    struct exchange *hangs[4];
    for (size_t i = 0; i < 4; i++)
        hangs[i] = fake_engine_take();
    assert_int_equal(fake_engine_waiting(), 0);
    pass(999);
    assert_int_equal(fake_engine_waiting(), 0);
    pass(1);
    give_plain_page(5, 8, true); // the first page is too old by now
    assert_int_equal(fake_engine_waiting(), 4);
    assert_int_equal(rig.metrics.counts[METRIC_DELIVERY_LATE], 4);
    for (size_t i = 0; i < 4; i++)
        answer(fake_engine_take(), 200);
    for (size_t i = 0; i < 4; i++) {
        fake_engine_fail(hangs[i], EXCHANGE_TIMEOUT);
        end_with(hangs[i]);
    }
    while (!idle()) {
        finish_all();
        if (fake_store_waiting(STORE_RECORD) > 0)
            fake_store_finish(fake_store_take(STORE_RECORD), STORE_OK);
        pass(20);
    }
}

// Visits 1..count, of whom the first alone does not answer.
static struct exchange *hang_first(uint64_t count)
{
    begin(ROUND_TOPIC, 0);
    uint64_t last = count < ROUND_MAX ? count : ROUND_MAX;
    give_plain_page(1, last, false);
    give_content(ROUND_TO);
    struct exchange *first = fake_engine_take();
    while (fake_engine_waiting() > 0)
        answer(fake_engine_take(), 200);
    for (uint64_t id = last + 1; id <= count; id = last + 1) {
        last = id + ROUND_MAX - 1 < count ? id + ROUND_MAX - 1 : count;
        give_plain_page(id, last, false);
        while (fake_engine_waiting() > 0)
            answer(fake_engine_take(), 200);
    }
    return first;
}

static void end_hanging(struct exchange *first)
{
    answer(first, 200);
    struct store_page_subscribers *page =
        fake_store_take(STORE_PAGE_SUBSCRIBERS);
    page->end = true;
    fake_store_finish(&page->op, STORE_OK);
    turn();
    while (!idle()) {
        finish_all();
        if (fake_store_waiting(STORE_RECORD) > 0)
            fake_store_finish(fake_store_take(STORE_RECORD), STORE_OK);
        pass(20);
    }
}

static void one_that_hangs_stops_nobody_of_thousands(void **state)
{
    (void)state;
    struct exchange *first = hang_first(7000);
    pass(249);
    assert_false(checkpoint_waits());
    pass(1);
    struct store_checkpoint *op = checkpoint();
    assert_int_equal(op->walk.position, 7000);
    assert_int_equal(op->count, 1);
    assert_int_equal(op->outcomes[0].subscription, 1);
    finish(op);
    end_hanging(first);
}

static void where_few_wait_behind_him_he_has_a_second(void **state)
{
    (void)state;
    struct exchange *first = hang_first(256);
    pass(999);
    assert_false(checkpoint_waits());
    pass(1);
    struct store_checkpoint *op = checkpoint();
    assert_int_equal(op->walk.position, 256);
    finish(op);
    end_hanging(first);
}

static void where_everybody_takes_long_he_may_take_longer(void **state)
{
    (void)state;
    begin(ROUND_TOPIC, 0);
    give_plain_page(1, ROUND_MAX, false);
    give_content(ROUND_TO);
    give_plain_page(ROUND_MAX + 1, ROUND_MAX + 100, false);
    struct exchange *first = fake_engine_take();
    pass(100);
    while (fake_engine_waiting() > 0)
        answer(fake_engine_take(), 200);
    pass(250);
    assert_false(checkpoint_waits());
    pass(100);
    struct store_checkpoint *op = checkpoint();
    assert_int_equal(op->walk.position, ROUND_MAX + 100);
    finish(op);
    end_hanging(first);
}

static void where_the_window_is_half_full_he_is_late_sooner(void **state)
{
    (void)state;
    struct exchange *first = hang_first(WINDOW_MAX / 2 + 1);
    pass(249);
    assert_false(checkpoint_waits());
    pass(1);
    struct store_checkpoint *op = checkpoint();
    assert_int_equal(op->walk.position, WINDOW_MAX / 2 + 1);
    finish(op);
    end_hanging(first);
}

static void who_must_wait_for_his_origin_is_written_down_and_not_sent_to(
    void **state)
{
    (void)state;
    struct store_subscriber items[] = { subscriber(1), subscriber(2) };
    items[0].origin.bytes[0] = 1;
    items[1].origin.bytes[0] = 2;
    lanes_paused(rig.lanes, &items[0].origin, true, loop_now());
    begin(ROUND_TOPIC, 0);
    give_page(items, 2, true);
    give_content(ROUND_TO);
    assert_int_equal(fake_engine_waiting(), 1);
    struct exchange *sent = fake_engine_take();
    assert_int_equal(receiver(sent), 2);
    answer(sent, 200);
    struct store_checkpoint *last = checkpoint();
    assert_true(last->finish);
    assert_int_equal(last->count, 1);
    assert_int_equal(last->outcomes[0].kind, STORE_OWED);
    assert_int_equal(last->outcomes[0].subscription, 1);
    assert_int_equal(last->outcomes[0].next, ROUND_FROM + 1);
    assert_true(last->outcomes[0].waits);
    assert_false(last->outcomes[0].tried);
    assert_int_equal(last->outcomes[0].attempts, 0);
    assert_true(last->outcomes[0].due > 0);
    finish(last);
}

static void M4_one_that_was_given_up_waits_for_his_origin_too(void **state)
{
    (void)state;
    struct store_subscriber items[] = { subscriber(1), subscriber(2),
                                        subscriber(3) };
    for (size_t i = 0; i < 3; i++) {
        items[i].lagging = true;
        items[i].next = 2;
        items[i].origin.bytes[0] = 1;
    }
    items[1].due = FAKE_UNIX + 1000; // has its own time
    items[2].paused = true;          // has none
    lanes_paused(rig.lanes, &items[0].origin, true, loop_now());
    begin(ROUND_TOPIC, 0);
    give_page(items, 3, true);
    struct store_checkpoint *last = checkpoint();
    assert_int_equal(last->count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(last->outcomes[i].kind, STORE_REMINDED);
        assert_int_equal(last->outcomes[i].waits, i == 0);
        assert_int_equal(last->outcomes[i].due > 0, i == 0);
    }
    finish(last);
}

static void what_a_paused_one_is_owed_is_kept(void **state)
{
    (void)state;
    struct store_subscriber paused = subscriber(1);
    paused.paused = true;
    begin(ROUND_TOPIC, 0);
    give_page(&paused, 1, true);
    assert_int_equal(fake_engine_waiting(), 0);
    struct store_checkpoint *last = checkpoint();
    assert_int_equal(last->count, 1);
    assert_int_equal(last->outcomes[0].kind, STORE_PASSED);
    finish(last);
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

static int setup_wide(void **state)
{
    (void)state;
    if (round_open(30000) != 0)
        return -1;
    turn();
    give_walks(NULL, 0, true);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_hangs_takes_nobody_his_place,
                                        setup_narrow, round_teardown),
        cmocka_unit_test_setup_teardown(
            one_that_hangs_stops_nobody_of_thousands, setup_wide,
            round_teardown),
        cmocka_unit_test_setup_teardown(
            where_few_wait_behind_him_he_has_a_second, setup_wide,
            round_teardown),
        cmocka_unit_test_setup_teardown(
            where_everybody_takes_long_he_may_take_longer, setup_wide,
            round_teardown),
        cmocka_unit_test_setup_teardown(
            where_the_window_is_half_full_he_is_late_sooner, setup_wide,
            round_teardown),
        ROUND(who_must_wait_for_his_origin_is_written_down_and_not_sent_to),
        ROUND(M4_one_that_was_given_up_waits_for_his_origin_too),
        ROUND(what_a_paused_one_is_owed_is_kept),
    };
    log_setup(LOG_ERROR, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
