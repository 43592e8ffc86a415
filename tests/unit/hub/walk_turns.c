// SPDX-License-Identifier: MIT
//
// What a walk does when the head rises on its way.

#include "hub/walk.h"

#include "fakes/round.h"

enum { NEWER = ROUND_TO + 3 };

// The walk over 1..3 is told of a newer head; 2 is still under way then.
static struct exchange *begin_to_turn(void)
{
    begin(ROUND_TOPIC, 0);
    give_plain_page(1, 2, false);
    give_content(ROUND_TO);
    struct exchange *first = fake_engine_take(), *second = fake_engine_take();
    pass(900);
    answer(first, 200);
    struct store_checkpoint *op = checkpoint();
    assert_int_equal(op->walk.position, 1);
    assert_false(op->turn);
    finish(op);
    return second;
}

static struct store_checkpoint *risen(void)
{
    struct store_checkpoint *op = checkpoint();
    op->head = NEWER;
    return op;
}

static void M1_who_is_visited_after_an_update_gets_the_newest_at_once(
    void **state)
{
    (void)state;
    struct exchange *second = begin_to_turn();
    answer(second, 200);
    pass(1100); // so that it is a long walk
    finish(risen());
    give_plain_page(3, 4, true); // nobody of these is visited yet
    assert_int_equal(fake_engine_waiting(), 0);
    struct store_checkpoint *op = checkpoint();
    assert_true(op->turn);
    assert_false(op->finish);
    assert_int_equal(op->walk.position, 2);
    assert_int_equal(op->count, 0);
    op->turned = true;
    op->next = op->walk;
    op->next.start = 2;
    op->next.to = NEWER;
    op->next.step_count = 1;
    op->next.steps[0] = (struct store_step){ 2, ROUND_TO };
    finish(op);
    give_content(NEWER);
    for (uint64_t id = 3; id <= 4; id++) {
        struct exchange *sent = fake_engine_take();
        assert_int_equal(receiver(sent), id);
        assert_string_equal(fake_engine_line(sent, "Hub-Sequence"),
                            "Hub-Sequence: 0000000000000001.9");
        assert_string_equal(fake_engine_line(sent, "Hub-Previous"),
                            "Hub-Previous: 0000000000000001.5");
        answer(sent, 200);
    }

    // Those before come again, and nobody else.
    op = checkpoint();
    assert_true(op->finish);
    op->walk_began = true;
    op->next = (struct store_walk){ .topic = ROUND_TOPIC,
                                    .from = NEWER,
                                    .to = NEWER,
                                    .step_count = 1,
                                    .steps = { { 2, ROUND_TO } } };
    finish(op);
    give_plain_page(1, 4, true);
    give_content(NEWER);
    for (uint64_t id = 1; id <= 2; id++) {
        struct exchange *sent = fake_engine_take();
        assert_int_equal(receiver(sent), id);
        assert_string_equal(fake_engine_line(sent, "Hub-Previous"),
                            "Hub-Previous: 0000000000000001.6");
        answer(sent, 200);
    }
    assert_int_equal(fake_engine_waiting(), 0);
    op = checkpoint();
    assert_true(op->finish);
    assert_int_equal(op->count, 0);
    finish(op);
    assert_true(idle());
}

static void M1_it_turns_when_all_it_has_visited_are_settled(void **state)
{
    (void)state;
    begin(ROUND_TOPIC, 0);
    give_plain_page(1, 2, false);
    give_content(ROUND_TO);
    struct exchange *first = fake_engine_take(), *slow = fake_engine_take();
    pass(400);
    answer(first, 200);
    struct store_checkpoint *op = checkpoint();
    fake_loop_pass(1600);
    op->head = NEWER;
    fake_store_finish(&op->op, STORE_OK);
    turn();
    // The slow one is late by now: its record is written with the turn.
    op = checkpoint();
    assert_true(op->turn);
    assert_int_equal(op->walk.position, 2);
    assert_int_equal(op->count, 1);
    assert_int_equal(op->outcomes[0].kind, STORE_OWED);
    assert_int_equal(op->outcomes[0].next, ROUND_FROM + 1);
    // It may not turn: it goes on as before.
    finish(op);
    struct store_page_subscribers *page =
        fake_store_take(STORE_PAGE_SUBSCRIBERS);
    page->end = true;
    fake_store_finish(&page->op, STORE_OK);
    turn();
    op = checkpoint();
    assert_true(op->finish);
    assert_int_equal(op->walk.to, ROUND_TO);
    finish(op);
    answer(slow, 200);
    pass(20);
    fake_store_finish(fake_store_take(STORE_RECORD), STORE_OK);
    assert_true(idle());
}

static void a_short_walk_ends_first(void **state)
{
    (void)state;
    struct exchange *second = begin_to_turn();
    answer(second, 200);
    pass(250);
    finish(risen()); // after little more than a second
    give_plain_page(3, 3, true);
    struct exchange *third = fake_engine_take();
    assert_string_equal(fake_engine_line(third, "Hub-Sequence"),
                        "Hub-Sequence: 0000000000000001.6");
    answer(third, 200);
    struct store_checkpoint *op = checkpoint();
    assert_true(op->finish);
    assert_false(op->turn);
    finish(op);
    assert_true(idle());
}

static void beyond_the_last_who_is_behind_nobody_is_visited(void **state)
{
    (void)state;
    struct store_walk walk = { .topic = ROUND_TOPIC,
                               .from = ROUND_TO,
                               .to = ROUND_TO,
                               .step_count = 1,
                               .steps = { { 2, ROUND_FROM } } };
    distribute_begin(rig.distribute, &walk);
    turn();
    give_plain_page(1, 2, false);
    give_plain_page(3, 300, false); // was read ahead
    give_content(ROUND_TO);
    answer(fake_engine_take(), 200);
    answer(fake_engine_take(), 200);
    assert_int_equal(fake_engine_waiting(), 0);
    assert_int_equal(fake_store_waiting(STORE_PAGE_SUBSCRIBERS), 0);
    struct store_checkpoint *op = checkpoint();
    assert_true(op->finish);
    assert_int_equal(op->walk.position, 2);
    finish(op);
    assert_true(idle());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROUND(M1_who_is_visited_after_an_update_gets_the_newest_at_once),
        ROUND(M1_it_turns_when_all_it_has_visited_are_settled),
        ROUND(a_short_walk_ends_first),
        ROUND(beyond_the_last_who_is_behind_nobody_is_visited),
    };
    log_setup(LOG_ERROR, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
