// SPDX-License-Identifier: MIT

#include "hub/walk.h"

#include "fakes/round.h"
#include "fetcher/document.h"

static void all_are_sent_to_and_the_walk_ends(void **state)
{
    (void)state;
    begin_round(3);
    struct exchange *sent[3];
    for (size_t i = 0; i < 3; i++) {
        sent[i] = fake_engine_take();
        assert_int_equal(sent[i]->class, EXCHANGE_DELIVER);
        assert_int_equal(receiver(sent[i]), i + 1);
        assert_string_equal(fake_engine_line(sent[i], "Hub-Sequence"),
                            "Hub-Sequence: 0000000000000001.6");
        assert_string_equal(fake_engine_line(sent[i], "Hub-Previous"),
                            "Hub-Previous: 0000000000000001.5");
    }
    assert_string_equal(sent[2]->url, "https://reader.example/3");
    for (size_t i = 0; i < 3; i++) {
        assert_false(checkpoint_waits());
        answer(sent[i], 200);
    }
    struct store_checkpoint *last = checkpoint();
    assert_true(last->finish);
    assert_int_equal(last->walk.topic, ROUND_TOPIC);
    assert_int_equal(last->walk.from, ROUND_FROM);
    assert_int_equal(last->walk.to, ROUND_TO);
    assert_int_equal(last->walk.position, 3);
    assert_int_equal(last->count, 0);
    finish(last);
    assert_true(idle());
    assert_int_equal(fake_store_waiting_all(), 0);
    assert_int_equal(rig.metrics.counts[METRIC_DELIVERED], 3);
}

static void M1_a_checkpoint_never_passes_a_delivery_under_way(void **state)
{
    (void)state;
    begin_round(3);
    struct exchange *first = fake_engine_take(), *second = fake_engine_take(),
                    *third = fake_engine_take();
    answer(third, 200);
    pass(300);
    assert_false(checkpoint_waits());

    answer(first, 200);
    struct store_checkpoint *early = checkpoint();
    assert_int_equal(early->walk.position, 1);
    assert_false(early->finish);
    finish(early);
    assert_false(checkpoint_waits());

    answer(second, 200);
    struct store_checkpoint *last = checkpoint();
    assert_int_equal(last->walk.position, 3);
    assert_true(last->finish);
    finish(last);
}

static void M1_who_takes_over_a_second_gets_a_lagging_record(void **state)
{
    (void)state;
    begin_round(2);
    struct exchange *slow = fake_engine_take();
    answer(fake_engine_take(), 200);
    pass(999);
    assert_false(checkpoint_waits());
    pass(1);
    struct store_checkpoint *last = checkpoint();
    assert_int_equal(last->walk.position, 2);
    assert_true(last->finish);
    assert_int_equal(last->count, 1);
    assert_int_equal(last->outcomes[0].kind, STORE_OWED);
    assert_int_equal(last->outcomes[0].subscription, 1);
    assert_int_equal(last->outcomes[0].topic, ROUND_TOPIC);
    assert_int_equal(last->outcomes[0].rev, 1);
    assert_int_equal(last->outcomes[0].next, ROUND_FROM + 1);
    assert_int_equal(last->outcomes[0].attempts, 0);
    // Retry leaves him alone while the delivery may still succeed.
    int64_t due = last->outcomes[0].due;
    assert_true(due > loop_now().unix + ROUND_TIMEOUT_MS);
    // Should it not even have started, somebody else may use its place.
    assert_int_equal(fake_engine_cancelled(slow), 1);
    finish(last);
    assert_false(idle());

    // The walk is over; what becomes of it is recorded by itself.
    answer(slow, 200);
    pass(20);
    struct store_record *record = fake_store_take(STORE_RECORD);
    assert_int_equal(record->count, 1);
    assert_int_equal(record->outcomes[0].kind, STORE_DELIVERED);
    assert_int_equal(record->outcomes[0].subscription, 1);
    assert_int_equal(record->outcomes[0].upto, ROUND_TO);
    fake_store_finish(&record->op, STORE_OK);
    assert_true(idle());
}

static void M1_an_outcome_follows_the_record_that_is_being_written(void **state)
{
    (void)state;
    begin_round(1);
    struct exchange *slow = fake_engine_take();
    pass(1000);
    struct store_checkpoint *last = checkpoint();
    assert_int_equal(last->count, 1);
    answer(slow, 410);
    pass(100);
    assert_int_equal(fake_store_waiting(STORE_RECORD), 0);

    finish(last);
    pass(20);
    struct store_record *record = fake_store_take(STORE_RECORD);
    assert_int_equal(record->count, 1);
    assert_int_equal(record->outcomes[0].kind, STORE_GONE);
    fake_store_finish(&record->op, STORE_OK);
}

static void one_that_is_late_but_not_written_down_yet_is_settled(void **state)
{
    (void)state;
    begin_round(3);
    struct exchange *fast = fake_engine_take(), *slow = fake_engine_take(),
                    *failing = fake_engine_take();
    answer(fast, 200);
    pass(250);
    struct store_checkpoint *early = checkpoint();
    assert_int_equal(early->walk.position, 1);
    pass(1000); // while it is being written, the others become late
    answer(slow, 204);
    answer(failing, 500);
    finish(early);

    struct store_checkpoint *last = checkpoint();
    assert_int_equal(last->walk.position, 3);
    assert_int_equal(last->count, 1);
    assert_int_equal(last->outcomes[0].subscription, 3);
    assert_int_equal(last->outcomes[0].attempts, 1);
    assert_int_equal(last->outcomes[0].status, 500);
    finish(last);
    pass(100);
    assert_int_equal(fake_store_waiting(STORE_RECORD), 0);
}

static void M1_failures_are_recorded_where_the_checkpoint_passes(void **state)
{
    (void)state;
    begin_round(4);
    static const unsigned statuses[] = { 404, 200, 410, 503 };
    for (size_t i = 0; i < 4; i++)
        answer(fake_engine_take(), statuses[i]);
    struct store_checkpoint *last = checkpoint();
    assert_int_equal(last->walk.position, 4);
    assert_int_equal(last->count, 3);
    assert_int_equal(last->outcomes[0].kind, STORE_OWED);
    assert_int_equal(last->outcomes[0].subscription, 1);
    assert_int_equal(last->outcomes[0].next, ROUND_FROM + 1);
    assert_int_equal(last->outcomes[0].attempts, 1);
    assert_int_equal(last->outcomes[0].status, 404);
    assert_int_equal(last->outcomes[1].kind, STORE_GONE);
    assert_int_equal(last->outcomes[1].subscription, 3);
    assert_int_equal(last->outcomes[2].subscription, 4);
    assert_int_equal(rig.reminded, 0);
    finish(last);
    assert_int_equal(rig.reminded, 1);
}

static void M4_who_lags_is_not_sent_to_but_reminded(void **state)
{
    (void)state;
    struct store_subscriber lagging = subscriber(1);
    lagging.lagging = true;
    lagging.next = 2;
    lagging.rev = 9;
    begin(ROUND_TOPIC, 0);
    give_page(&lagging, 1, true);
    assert_int_equal(fake_engine_waiting(), 0);
    struct store_checkpoint *last = checkpoint();
    assert_int_equal(last->count, 1);
    assert_int_equal(last->outcomes[0].kind, STORE_REMINDED);
    assert_int_equal(last->outcomes[0].subscription, 1);
    assert_int_equal(last->outcomes[0].rev, 9);
    finish(last);
    assert_int_equal(rig.reminded, 1);
}

static void R60_who_is_owed_nothing_is_passed(void **state)
{
    (void)state;
    struct store_subscriber items[] = { subscriber(1), subscriber(2),
                                        subscriber(3) };
    items[0].suspended = true;
    items[1].lease_end = FAKE_UNIX;
    items[2].start = ROUND_TO;
    begin(ROUND_TOPIC, 0);
    give_page(items, 3, true);
    assert_int_equal(fake_engine_waiting(), 0);
    struct store_checkpoint *last = checkpoint();
    assert_true(last->finish);
    assert_int_equal(last->walk.position, 3);
    // A renewal may still save the first two: it is kept for that.
    assert_int_equal(last->count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(last->outcomes[i].kind, STORE_PASSED);
        assert_int_equal(last->outcomes[i].subscription, i + 1);
        assert_int_equal(last->outcomes[i].rev, 1);
    }
    finish(last);
    // Or has already: then what the walk brought is due at once.
    assert_int_equal(rig.reminded, 1);
}

static void M1_who_came_after_the_walks_start_is_served_from_his_own(
    void **state)
{
    (void)state;
    struct store_subscriber late = subscriber(1);
    late.start = ROUND_FROM + 1;
    struct store_walk walk = { .topic = ROUND_TOPIC, .from = 5, .to = 8 };
    distribute_begin(rig.distribute, &walk);
    turn();
    give_page(&late, 1, true);
    give_content(8);
    struct exchange *sent = fake_engine_take();
    assert_string_equal(fake_engine_line(sent, "Hub-Previous"),
                        "Hub-Previous: 0000000000000001.6");
    answer(sent, 200);
    finish(checkpoint());
}

static void M1_after_an_update_meanwhile_the_next_walk_begins(void **state)
{
    (void)state;
    begin_round(1);
    answer(fake_engine_take(), 200);
    struct store_checkpoint *last = checkpoint();
    last->walk_began = true;
    last->next = (struct store_walk){ .topic = ROUND_TOPIC,
                                      .from = ROUND_TO,
                                      .to = ROUND_TO + 2 };
    finish(last);
    assert_false(idle());

    struct store_page_subscribers *page =
        fake_store_take(STORE_PAGE_SUBSCRIBERS);
    assert_int_equal(page->after, 0);
    page->end = true;
    fake_store_finish(&page->op, STORE_OK);
    turn();
    last = checkpoint();
    assert_int_equal(last->walk.from, ROUND_TO);
    assert_int_equal(last->walk.to, ROUND_TO + 2);
    assert_true(last->finish);
    finish(last);
    assert_true(idle());
}

static void no_more_deliveries_are_under_way_than_allowed(void **state)
{
    (void)state;
    begin(ROUND_TOPIC, 0);
    give_plain_page(1, 200, true);
    give_content(ROUND_TO);
    // One of the four is left for the next walk that comes.
    assert_int_equal(fake_engine_waiting(), 3);
    for (size_t i = 0; i < 200; i++) {
        answer(fake_engine_take(), 200);
        assert_int_equal(fake_engine_waiting(), i < 197 ? 3 : 199 - i);
    }
    finish(checkpoint());
}

static int setup_narrow(void **state)
{
    (void)state;
    if (round_open(2) != 0) // and as many again may wait
        return -1;
    turn();
    give_walks(NULL, 0, true);
    return 0;
}

static void what_holds_nothing_for_them_is_not_sent(void **state)
{
    (void)state;
    // To who wants entries, changes around them are no news (M14).
    rig.config.feed_delivery = CONFIG_FEED_ENTRIES;
    struct store_subscriber old[] = { subscriber(1), subscriber(2) };
    begin(ROUND_TOPIC, 0);
    give_page(old, 2, true);
    struct store_topics *topics = fake_store_take(STORE_TOPICS);
    struct store_topic topic = { .id = ROUND_TOPIC, .head = ROUND_TO };
    topics->items = fake_store_give(&topics->op, &topic, sizeof topic);
    fake_store_finish(&topics->op, STORE_OK);
    struct store_read_body *body = fake_store_take(STORE_READ_BODY);
    assert_int_equal(body->which, STORE_DELTA);
    fake_store_finish(&body->op, STORE_NOT_FOUND);
    body = fake_store_take(STORE_READ_BODY);
    assert_int_equal(body->which, STORE_WHOLE);
    body->kind = STORE_UPDATE_FEED_LEVEL;
    fake_store_finish(&body->op, STORE_OK);
    turn();
    struct store_checkpoint *last = checkpoint();
    assert_int_equal(last->walk.position, 2);
    assert_int_equal(last->count, 0);
    finish(last);
}

static void a_long_walk_is_written_down_every_256_outcomes(void **state)
{
    (void)state;
    begin(ROUND_TOPIC, 0);
    give_plain_page(1, 256, false);
    give_content(ROUND_TO);
    give_plain_page(257, 300, true);
    for (int i = 0; i < 255; i++)
        answer(fake_engine_take(), 200);
    assert_false(checkpoint_waits());
    answer(fake_engine_take(), 200);
    struct store_checkpoint *op = checkpoint();
    assert_int_equal(op->walk.position, 256);
    assert_false(op->finish);
    // Meanwhile it goes on, and one checkpoint at a time is written.
    while (fake_engine_waiting() > 0)
        answer(fake_engine_take(), 200);
    assert_false(checkpoint_waits());
    finish(op);
    op = checkpoint();
    assert_int_equal(op->walk.position, 300);
    assert_true(op->finish);
    finish(op);
}

static void M1_who_is_up_to_date_costs_no_record(void **state)
{
    (void)state;
    enum { MANY = 1000, PAGE = 250 };
    size_t written = 0;
    begin(ROUND_TOPIC, 0);
    for (uint64_t id = 1; id < MANY; id += PAGE) {
        give_plain_page(id, id + PAGE - 1, id + PAGE > MANY);
        if (id == 1)
            give_content(ROUND_TO);
        while (fake_engine_waiting() > 0)
            answer(fake_engine_take(), 200);
        while (checkpoint_waits()) {
            struct store_checkpoint *op = checkpoint();
            assert_int_equal(op->count, 0);
            written++;
            finish(op);
        }
    }
    pass(5000);
    assert_true(idle());
    assert_int_equal(fake_store_waiting_all(), 0);
    assert_in_range(written, 1, MANY / 200);
}

static void a_draining_walk_visits_nobody_more_and_leaves_the_rest(void **state)
{
    (void)state;
    begin(ROUND_TOPIC, 0);
    give_plain_page(1, 2, false);
    give_content(ROUND_TO);
    struct exchange *first = fake_engine_take(), *second = fake_engine_take();
    distribute_drain(rig.distribute);
    assert_false(idle());
    give_plain_page(3, 9, true); // was under way
    assert_int_equal(fake_engine_waiting(), 0);
    answer(first, 200);
    struct store_checkpoint *op = checkpoint(); // at once
    assert_int_equal(op->walk.position, 1);
    assert_false(op->finish);
    answer(second, 200);
    finish(op);
    op = checkpoint();
    assert_int_equal(op->walk.position, 2);
    assert_false(op->finish);
    finish(op);
    assert_true(idle());
    begin(ROUND_TOPIC + 1, 0);
    assert_int_equal(fake_store_waiting_all(), 0);
}

static void M13_who_was_sent_a_part_of_the_walk_is_owed_the_rest(void **state)
{
    (void)state;
    // Of this topic every version comes by itself (M3).
    struct store_walk walk = { .topic = ROUND_TOPIC, .from = 5, .to = 8 };
    struct store_subscriber one = subscriber(1);
    distribute_begin(rig.distribute, &walk);
    turn();
    give_page(&one, 1, true);
    struct store_topics *topics = fake_store_take(STORE_TOPICS);
    struct store_topic topic = {
        .id = ROUND_TOPIC,
        .head = 8,
        .content = STORE_CONTENT_EACH,
    };
    topics->items = fake_store_give(&topics->op, &topic, sizeof topic);
    fake_store_finish(&topics->op, STORE_OK);
    struct store_read_body *body = fake_store_take(STORE_READ_BODY);
    assert_int_equal(body->which, STORE_WHOLE);
    assert_int_equal(body->seq, 6);
    body->content_type = (struct bytes){ "text/xml", 8 };
    fake_store_finish(&body->op, STORE_OK);
    turn();
    answer(fake_engine_take(), 200);
    struct store_checkpoint *last = checkpoint();
    assert_int_equal(last->count, 1);
    assert_int_equal(last->outcomes[0].kind, STORE_DELIVERED);
    assert_int_equal(last->outcomes[0].upto, 6);
    finish(last);
    assert_int_equal(rig.reminded, 1);
}

static void who_has_ended_is_sent_nothing_more(void **state)
{
    (void)state;
    begin_round(3);
    struct exchange *sent[3];
    for (size_t i = 0; i < 3; i++)
        sent[i] = fake_engine_take();
    distribute_depart(rig.distribute, ROUND_TOPIC, 2);
    distribute_depart(rig.distribute, ROUND_TOPIC + 1, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(fake_engine_cancelled(sent[i]), i == 1);
    answer(sent[0], 200);
    fake_engine_fail(sent[1], EXCHANGE_CANCELLED);
    end_with(sent[1]);
    answer(sent[2], 200);
    // It had to be passed; the store ignores what is said of it.
    struct store_checkpoint *last = checkpoint();
    assert_int_equal(last->walk.position, 3);
    assert_int_equal(last->count, 1);
    assert_int_equal(last->outcomes[0].subscription, 2);
    finish(last);
}

static void who_ends_after_his_page_was_read_is_not_visited(void **state)
{
    (void)state;
    begin(ROUND_TOPIC, 0);
    distribute_depart(rig.distribute, ROUND_TOPIC, 2);
    give_plain_page(1, 3, true);
    // Also while the content is being read.
    distribute_depart(rig.distribute, ROUND_TOPIC, 3);
    give_content(ROUND_TO);
    assert_int_equal(fake_engine_waiting(), 1);
    struct exchange *only = fake_engine_take();
    assert_int_equal(receiver(only), 1);
    answer(only, 200);
    struct store_checkpoint *last = checkpoint();
    assert_int_equal(last->walk.position, 3);
    assert_int_equal(last->count, 0);
    finish(last);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROUND(all_are_sent_to_and_the_walk_ends),
        ROUND(M1_a_checkpoint_never_passes_a_delivery_under_way),
        ROUND(M1_who_takes_over_a_second_gets_a_lagging_record),
        ROUND(M1_an_outcome_follows_the_record_that_is_being_written),
        ROUND(one_that_is_late_but_not_written_down_yet_is_settled),
        ROUND(M1_failures_are_recorded_where_the_checkpoint_passes),
        ROUND(M4_who_lags_is_not_sent_to_but_reminded),
        ROUND(R60_who_is_owed_nothing_is_passed),
        ROUND(M1_who_came_after_the_walks_start_is_served_from_his_own),
        ROUND(M1_after_an_update_meanwhile_the_next_walk_begins),
        ROUND(M13_who_was_sent_a_part_of_the_walk_is_owed_the_rest),
        ROUND(what_holds_nothing_for_them_is_not_sent),
        ROUND(a_long_walk_is_written_down_every_256_outcomes),
        ROUND(M1_who_is_up_to_date_costs_no_record),
        ROUND(a_draining_walk_visits_nobody_more_and_leaves_the_rest),
        ROUND(who_has_ended_is_sent_nothing_more),
        ROUND(who_ends_after_his_page_was_read_is_not_visited),
        cmocka_unit_test_setup_teardown(
            no_more_deliveries_are_under_way_than_allowed, setup_narrow,
            round_teardown),
    };
    document_setup();
    log_setup(LOG_ERROR, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
