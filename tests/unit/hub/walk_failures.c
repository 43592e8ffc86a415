// SPDX-License-Identifier: MIT

#include "hub/walk.h"

#include "fakes/round.h"

static void a_checkpoint_for_which_there_was_no_room_is_made_again(void **state)
{
    (void)state;
    begin_round(2);
    answer(fake_engine_take(), 500);
    answer(fake_engine_take(), 200);
    struct store_checkpoint *last = checkpoint();
    struct store_outcome first_time = last->outcomes[0];
    fake_store_finish(&last->op, STORE_FULL);
    turn();
    assert_int_equal(distribute_patience(rig.distribute, loop_now()), 1000);
    pass(999);
    assert_false(checkpoint_waits());
    pass(1);
    last = checkpoint();
    assert_int_equal(last->walk.position, 2);
    assert_true(last->finish);
    assert_int_equal(last->count, 1);
    assert_int_equal(last->outcomes[0].subscription, first_time.subscription);
    assert_int_equal(last->outcomes[0].due, first_time.due);
    finish(last);
    assert_true(idle());
}

static void while_there_is_no_room_for_a_checkpoint_it_visits_on(void **state)
{
    (void)state;
    begin(ROUND_TOPIC, 0);
    give_plain_page(1, 2, false);
    give_content(ROUND_TO);
    answer(fake_engine_take(), 200);
    answer(fake_engine_take(), 500);
    pass(250);
    fake_store_finish(&checkpoint()->op, STORE_FULL);
    turn();
    give_plain_page(3, 4, true);
    assert_int_equal(fake_engine_waiting(), 2);
    answer(fake_engine_take(), 200);
    answer(fake_engine_take(), 200);
    assert_false(checkpoint_waits());
    pass(1000);
    struct store_checkpoint *last = checkpoint();
    assert_int_equal(last->walk.position, 4);
    assert_int_equal(last->count, 1);
    finish(last);
    assert_true(idle());
}

static void an_outcome_outlives_a_checkpoint_that_could_not_be_written(
    void **state)
{
    (void)state;
    begin_round(1);
    struct exchange *slow = fake_engine_take();
    pass(1000);
    struct store_checkpoint *last = checkpoint();
    answer(slow, 200);
    fake_store_finish(&last->op, STORE_UNKNOWN);
    pass(1000);
    // The first one may have been written: this is the same.
    last = checkpoint();
    assert_int_equal(last->count, 1);
    finish(last);
    pass(20);
    struct store_record *record = fake_store_take(STORE_RECORD);
    assert_int_equal(record->count, 1);
    assert_int_equal(record->outcomes[0].kind, STORE_DELIVERED);
    fake_store_finish(&record->op, STORE_OK);
    assert_true(idle());
}

static void M1_all_that_end_while_their_records_are_written_count(void **state)
{
    (void)state;
    enum { MANY = 200 };
    struct exchange *slow[MANY];
    begin_round(MANY);
    for (size_t i = 0; i < MANY; i++)
        slow[i] = fake_engine_take();
    pass(1000);
    struct store_checkpoint *last = checkpoint();
    assert_int_equal(last->count, MANY);
    // None of them had even begun: all are taken back.
    for (size_t i = 0; i < MANY; i++) {
        fake_engine_fail(slow[i], EXCHANGE_CANCELLED);
        end_with(slow[i]);
    }
    finish(last);
    pass(20);
    struct store_record *record = fake_store_take(STORE_RECORD);
    assert_int_equal(record->count, MANY);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(record->outcomes[i].subscription, i + 1);
    fake_store_finish(&record->op, STORE_OK);
    assert_true(idle());
}

static void a_walk_that_is_not_ours_any_more_is_left(void **state)
{
    (void)state;
    begin_round(3);
    struct exchange *first = fake_engine_take(), *second = fake_engine_take(),
                    *third = fake_engine_take();
    answer(first, 200);
    pass(250);
    fake_store_finish(&checkpoint()->op, STORE_STALE);
    turn();
    // What is under way comes back all the same, and is recorded.
    answer(third, 500);
    answer(second, 200);
    pass(20);
    struct store_record *record = fake_store_take(STORE_RECORD);
    assert_int_equal(record->count, 2);
    assert_int_equal(record->outcomes[0].subscription, 3);
    assert_int_equal(record->outcomes[1].subscription, 2);
    fake_store_finish(&record->op, STORE_OK);
    pass(1000);
    give_walks(NULL, 0, true); // whose it is then
    assert_true(idle());
}

static void a_lost_walk_waits_for_what_it_has_asked(void **state)
{
    (void)state;
    begin(ROUND_TOPIC, 0);
    give_plain_page(1, 1, false);
    give_content(ROUND_TO);
    answer(fake_engine_take(), 200);
    pass(250);
    fake_store_finish(&checkpoint()->op, STORE_NOT_FOUND);
    pass(1000);
    assert_int_equal(fake_store_waiting(STORE_WALKS), 0);
    give_plain_page(2, 2, true); // of the lost walk: nobody is visited
    assert_int_equal(fake_engine_waiting(), 0);
    assert_int_equal(fake_store_waiting(STORE_TOPICS), 0);
    pass(1000);
    give_walks(NULL, 0, true);
    assert_true(idle());
}

static void a_page_that_could_not_be_read_is_asked_for_again(void **state)
{
    (void)state;
    begin(ROUND_TOPIC, 40);
    struct store_page_subscribers *page =
        fake_store_take(STORE_PAGE_SUBSCRIBERS);
    assert_int_equal(page->topic, ROUND_TOPIC);
    assert_int_equal(page->after, 40);
    fake_store_finish(&page->op, STORE_AGAIN);
    turn();
    assert_int_equal(fake_store_waiting_all(), 0);
    pass(1000);
    page = fake_store_take(STORE_PAGE_SUBSCRIBERS);
    assert_int_equal(page->after, 40);
    page->end = true;
    fake_store_finish(&page->op, STORE_OK);
    turn();
    finish(checkpoint());
}

static void nobody_is_visited_twice_because_a_page_could_not_be_read(
    void **state)
{
    (void)state;
    begin(ROUND_TOPIC, 40);
    give_plain_page(41, 43, false);
    give_content(ROUND_TO);
    struct exchange *sent[3];
    for (size_t i = 0; i < 3; i++)
        sent[i] = fake_engine_take();
    for (int i = 0; i < 2; i++) {
        struct store_page_subscribers *page =
            fake_store_take(STORE_PAGE_SUBSCRIBERS);
        // All three are under way, and the checkpoint is before them.
        assert_int_equal(page->after, 43);
        fake_store_finish(&page->op, i == 0 ? STORE_AGAIN : STORE_OK);
        pass(i == 0 ? 1000 : 0);
    }
    // That page was empty, and not the last.
    give_plain_page(44, 44, true);
    answer(sent[2], 200);
    answer(sent[1], 200);
    answer(sent[0], 200);
    answer(fake_engine_take(), 200);
    while (checkpoint_waits()) {
        struct store_checkpoint *op = checkpoint();
        assert_true(op->walk.position <= 44);
        finish(op);
    }
    pass(20); // these took long, so their records came first
    fake_store_finish(fake_store_take(STORE_RECORD), STORE_OK);
    assert_true(idle());
}

static void without_its_content_a_walk_passes_nobody(void **state)
{
    (void)state;
    begin(ROUND_TOPIC, 0);
    give_plain_page(1, 2, true);
    struct store_topics *topics = fake_store_take(STORE_TOPICS);
    fake_store_finish(&topics->op, STORE_AGAIN);
    turn();
    assert_int_equal(fake_store_waiting_all(), 0);
    assert_int_equal(distribute_patience(rig.distribute, loop_now()), 1000);
    pass(1000);
    give_plain_page(1, 2, true); // the first one is too old by now
    give_content(ROUND_TO);
    for (uint64_t id = 1; id <= 2; id++) {
        struct exchange *sent = fake_engine_take();
        assert_int_equal(receiver(sent), id);
        answer(sent, 200);
    }
    finish_all();
}

static void the_walk_of_a_topic_that_is_gone_is_over(void **state)
{
    (void)state;
    begin(ROUND_TOPIC, 0);
    give_plain_page(1, 2, true);
    struct store_topics *topics = fake_store_take(STORE_TOPICS);
    fake_store_finish(&topics->op, STORE_NOT_FOUND);
    pass(5000);
    assert_int_equal(fake_store_waiting_all(), 0);
    assert_true(idle());
    assert_true(distribute_patience(rig.distribute, loop_now())
                == LOOP_FOR_EVER);
}

static void a_page_of_a_topic_that_is_gone_is_not_asked_for_in_haste(
    void **state)
{
    (void)state;
    begin(ROUND_TOPIC, 0);
    give_plain_page(1, 1, false);
    give_content(ROUND_TO);
    struct store_page_subscribers *page =
        fake_store_take(STORE_PAGE_SUBSCRIBERS);
    fake_store_finish(&page->op, STORE_NOT_FOUND);
    turn();
    turn();
    assert_int_equal(fake_store_waiting_all(), 0);

    // What is under way ends as ever, and then the walk does.
    answer(fake_engine_take(), 200);
    pass(1000);
    fake_store_finish(&checkpoint()->op, STORE_STALE);
    page = fake_store_take(STORE_PAGE_SUBSCRIBERS);
    fake_store_finish(&page->op, STORE_NOT_FOUND);
    turn();
    pass(1000);
    give_walks(NULL, 0, true);
    assert_true(idle());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROUND(a_checkpoint_for_which_there_was_no_room_is_made_again),
        ROUND(while_there_is_no_room_for_a_checkpoint_it_visits_on),
        ROUND(an_outcome_outlives_a_checkpoint_that_could_not_be_written),
        ROUND(M1_all_that_end_while_their_records_are_written_count),
        ROUND(a_walk_that_is_not_ours_any_more_is_left),
        ROUND(a_lost_walk_waits_for_what_it_has_asked),
        ROUND(a_page_that_could_not_be_read_is_asked_for_again),
        ROUND(nobody_is_visited_twice_because_a_page_could_not_be_read),
        ROUND(without_its_content_a_walk_passes_nobody),
        ROUND(the_walk_of_a_topic_that_is_gone_is_over),
        ROUND(a_page_of_a_topic_that_is_gone_is_not_asked_for_in_haste),
    };
    log_setup(LOG_ERROR, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
