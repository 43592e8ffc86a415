// SPDX-License-Identifier: MIT

#include "hub/lane_turns.h"

#include "fakes/fake_store.h"
#include "lanes_rig.h"

enum { TAKEN_MAX = 512 };

static struct lanes_rig rig;
static struct lane_turns *turns;
static size_t room;
// Who was taken.
static uint64_t taken[TAKEN_MAX];
static size_t taken_count, probes;

static size_t on_room(void *context)
{
    assert_ptr_equal(context, &rig);
    return room > taken_count ? room - taken_count : 0;
}

static void on_take(void *context, const struct store_claimed *item, bool probe,
                    struct moment now)
{
    (void)now;
    assert_ptr_equal(context, &rig);
    assert_in_range(taken_count, 0, TAKEN_MAX - 1);
    taken[taken_count++] = item->subscriber.id;
    probes += probe;
}

static void step(void)
{
    lane_turns_step(turns, loop_now());
}

static void read_no_rows(void)
{
    step();
    struct store_page_lanes *op = fake_store_take(STORE_PAGE_LANES);
    op->end = true;
    fake_store_finish(&op->op, STORE_OK);
}

static int setup(void **state)
{
    const struct lane_turns_listener listener = { on_room, on_take, &rig };
    (void)state;
    lanes_rig_open(&rig);
    room = 100;
    taken_count = probes = 0;
    turns = lane_turns_new(&rig.services, rig.lanes, &listener);
    if (!turns)
        return -1;
    read_no_rows();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    bool idle = lane_turns_idle(turns);
    lane_turns_free(turns);
    lanes_free(rig.lanes);
    return idle && fake_store_clean() ? 0 : -1;
}

static struct lane *lane_of(uint32_t origin)
{
    struct store_key key = origin_of(origin);
    return lanes_find(rig.lanes, &key);
}

// It has been asked which are due: these.
static void give_due(const struct store_lane *lanes, size_t count)
{
    struct store_claimed items[16];
    struct store_claim *op = fake_store_take(STORE_CLAIM);
    assert_int_equal(op->kind, STORE_DUE_LANE);
    for (size_t i = 0; i < count; i++)
        items[i] = (struct store_claimed){ .token = 70 + i, .lane = lanes[i] };
    op->items = fake_store_give(&op->op, items, count * sizeof *items);
    op->count = count;
    op->next_due = INT64_MAX;
    fake_store_finish(&op->op, STORE_OK);
    step();
}

static struct store_lane healthy(uint32_t origin)
{
    return (struct store_lane){ .origin = origin_of(origin),
                                .name = { "", 0 },
                                .due = FAKE_UNIX };
}

static struct store_lane broken(uint32_t origin)
{
    struct store_lane lane = healthy(origin);
    lane.step = 2;
    lane.failures = 7;
    lane.failing_since = FAKE_UNIX - 1000;
    return lane;
}

static void due(const struct store_lane *lanes, size_t count)
{
    lane_turns_poke(turns);
    step();
    give_due(lanes, count);
}

// The next lane that is asked gives so many, with ids from `id` on.
static void give(size_t count, uint64_t id, bool end)
{
    struct store_claimed items[64] = { 0 };
    struct store_claim_lane *op = fake_store_take(STORE_CLAIM_LANE);
    assert_true(count <= op->max);
    for (size_t i = 0; i < count; i++) {
        items[i].token = 100 + i;
        items[i].subscriber.topic = 7;
        items[i].subscriber.id = id + i;
        items[i].subscriber.origin = op->origin;
    }
    op->items = fake_store_give(&op->op, items, count * sizeof *items);
    op->count = count;
    op->after_topic = 7;
    op->after = id + count - 1;
    op->end = end;
    op->empty = count == 0 && end;
    fake_store_finish(&op->op, STORE_OK);
}

// One that was taken from this lane has been answered.
static void answer(uint32_t origin, unsigned status, bool probe)
{
    struct delivery delivery = {
        .origin = origin_of(origin),
        .topic = 7,
        .probe = probe,
        .exchange = { .url = "https://reader.example/x",
                      .started_ms = loop_now().mono },
    };
    lanes_rig_end(rig.lanes, &delivery, status);
}

static size_t wanted(void)
{
    struct store_claim_lane *op = fake_store_take(STORE_CLAIM_LANE);
    size_t max = op->max;
    op->end = true;
    fake_store_finish(&op->op, STORE_OK);
    return max;
}

static void kept(bool there)
{
    step();
    struct store_keep_lane *op = fake_store_take(STORE_KEEP_LANE);
    op->kept = there;
    fake_store_finish(&op->op, STORE_OK);
}

static void M4_from_a_broken_one_a_single_one_is_taken(void **state)
{
    (void)state;
    struct store_lane lane = broken(1);
    due(&lane, 1);
    struct store_claim_lane *op = fake_store_take(STORE_CLAIM_LANE);
    assert_int_equal(op->max, 1);
    fake_store_finish(&op->op, STORE_AGAIN);
    kept(true);
    fake_loop_pass(1000);
    due(&lane, 1);
    give(1, 31, false);
    assert_int_equal(taken_count, 1);
    assert_int_equal(probes, 1);
    step();
    assert_int_equal(fake_store_waiting(STORE_CLAIM_LANE), 0);
    // It fails: that is written down, and the next is due later.
    answer(1, 0, true);
    step();
    struct store_keep_lane *keep = fake_store_take(STORE_KEEP_LANE);
    assert_int_equal(keep->token, 70);
    assert_int_equal(keep->lane.step, 3);
    assert_int_equal(keep->lane.failures, 8);
    assert_in_range(keep->lane.due - loop_now().unix, 64000, 96000);
    keep->kept = true;
    fake_store_finish(&keep->op, STORE_OK);
    step();
    assert_int_equal(fake_store_waiting_all(), 0);
}

static void the_next_probe_is_of_the_next_who_waits(void **state)
{
    (void)state;
    struct store_lane lane = broken(1);
    due(&lane, 1);
    give(1, 31, false);
    answer(1, 0, true);
    kept(true);
    fake_loop_pass(3600000);
    due(&lane, 1);
    struct store_claim_lane *op = fake_store_take(STORE_CLAIM_LANE);
    assert_int_equal(op->after_topic, 7);
    assert_int_equal(op->after, 31);
    op->end = op->empty = true;
    fake_store_finish(&op->op, STORE_OK);
    kept(false);
}

static void who_has_not_failed_yet_is_taken_first(void **state)
{
    (void)state;
    struct store_lane lane = broken(1);
    struct store_subscriber healthy_one = { .topic = 9,
                                            .id = 77,
                                            .origin = origin_of(1) };
    due(&lane, 1);
    give(1, 31, false);
    lanes_waits_fresh(rig.lanes, &healthy_one, loop_now());
    answer(1, 0, true);
    kept(true);
    fake_loop_pass(RIG_RETRY_FIRST);
    due(&lane, 1);
    struct store_claim_lane *op = fake_store_take(STORE_CLAIM_LANE);
    assert_int_equal(op->after_topic, 9);
    assert_int_equal(op->after, 76);
    op->end = op->empty = true;
    fake_store_finish(&op->op, STORE_OK);
    kept(false);
    assert_int_equal(lane_of(1)->fresh_count, 0);
}

static void who_is_not_written_down_yet_is_looked_for_again(void **state)
{
    (void)state;
    struct store_lane lane = healthy(1);
    struct store_subscriber fresh = { .topic = 7,
                                      .id = 77,
                                      .origin = origin_of(1) };
    lanes_rig_send(rig.lanes, 1, 1, 200);
    lanes_waits_fresh(rig.lanes, &fresh, loop_now());
    due(&lane, 1);
    for (int i = 0; i < 3; i++) {
        give(1, 90, false); // others, who come after him
        assert_int_equal(lane_of(1)->fresh_count, 1);
        step();
    }
    give(1, 77, false);
    assert_int_equal(lane_of(1)->fresh_count, 0);
    step();
    struct store_claim_lane *op = fake_store_take(STORE_CLAIM_LANE);
    assert_int_equal(op->after, 0);
    op->end = op->empty = true;
    fake_store_finish(&op->op, STORE_OK);
    kept(false);
}

static void one_that_answers_is_given_more_and_more(void **state)
{
    (void)state;
    static const size_t growth[] = { 1, 2, 4, 8, 16, 32 };
    struct store_lane lane = broken(1);
    uint64_t id = 1;
    due(&lane, 1);
    give(1, id, false);
    answer(1, 200, true);
    for (size_t i = 0; i < sizeof growth / sizeof *growth; i++) {
        fake_loop_pass(1);
        step();
        give(growth[i], id, false);
        step();
        for (size_t j = 0; j < growth[i]; j++)
            answer(1, 200, false);
        id += growth[i];
    }
    assert_int_equal(probes, 1);
    assert_int_equal(taken_count, id);
    step();
    give(0, 1, true);
    kept(false);
    assert_false(lane_of(1)->waiting);
}

static void who_comes_while_the_last_leaves_is_looked_for_at_once(void **state)
{
    (void)state;
    struct store_lane lane = healthy(1);
    due(&lane, 1);
    give(0, 1, true);
    step();
    struct store_keep_lane *keep = fake_store_take(STORE_KEEP_LANE);
    assert_int_equal(keep->lane.due, loop_now().unix);
    keep->kept = true; // somebody has come
    fake_store_finish(&keep->op, STORE_OK);
    step();
    give_due(&lane, 1);
    give(0, 1, true);
    kept(false);
}

// Somebody waits, and nobody may be taken: when it is looked at again.
static int64_t in_vain(const struct store_lane *lane)
{
    due(lane, 1);
    struct store_claim_lane *op = fake_store_take(STORE_CLAIM_LANE);
    op->count = 0;
    op->end = true;
    op->empty = false;
    fake_store_finish(&op->op, STORE_OK);
    step();
    struct store_keep_lane *keep = fake_store_take(STORE_KEEP_LANE);
    int64_t ms = keep->lane.due - loop_now().unix;
    keep->kept = true;
    fake_store_finish(&keep->op, STORE_OK);
    step();
    assert_int_equal(fake_store_waiting_all(), 0);
    fake_loop_pass(ms);
    return ms;
}

static void where_only_such_wait_as_may_not_be_sent_to_it_is_left(void **state)
{
    (void)state;
    struct store_lane lane = healthy(1);
    for (int64_t ms = 100; ms < 10000; ms *= 2)
        assert_int_equal(in_vain(&lane), ms);
    assert_int_equal(in_vain(&lane), 10000);
    assert_int_equal(in_vain(&lane), 10000);
    // Somebody else comes to wait: he is looked for at once.
    struct store_key key = origin_of(1);
    lanes_waits(rig.lanes, &key, loop_now());
    step();
    give_due(NULL, 0);
    give(1, 31, false);
    assert_int_equal(taken_count, 1);
    answer(1, 200, false);
    step();
    assert_int_equal(wanted(), 64);
    kept(true);
    assert_int_equal(in_vain(&lane), 200);
}

static void lanes_take_turns(void **state)
{
    (void)state;
    struct store_lane lanes[] = { healthy(1), healthy(2), healthy(3) };
    size_t asked[4] = { 0 };
    uint64_t id = 1;
    room = TAKEN_MAX;
    due(lanes, 3);
    for (int i = 0; i < 6; i++) {
        struct store_claim_lane *op = fake_store_take(STORE_CLAIM_LANE);
        asked[op->origin.bytes[0]]++;
        struct store_claimed item = {
            .subscriber = { .topic = 7, .id = id++, .origin = op->origin }
        };
        op->items = fake_store_give(&op->op, &item, sizeof item);
        op->count = 1;
        fake_store_finish(&op->op, STORE_OK);
        step();
    }
    for (int i = 1; i <= 3; i++)
        assert_int_equal(asked[i], 2);
    while (fake_store_waiting(STORE_CLAIM_LANE) > 0) {
        give(0, 1, true);
        step();
    }
    for (int i = 0; i < 3; i++)
        kept(false);
}

static void each_second_turn_is_the_next_topics(void **state)
{
    (void)state;
    static const struct {
        uint64_t asked_topic, asked_id, topic, id;
    } turns_of[] = {
        { 0, 0, 7, 1 },           // the first topic of all
        { 0, 0, 7, 2 },           // the rotation
        { 7, UINT64_MAX, 9, 50 }, // the next topic
        { 7, 2, 7, 3 },           // the rotation goes on
        { 9, UINT64_MAX, 11, 4 },
    };
    struct store_lane lane = healthy(1);
    due(&lane, 1);
    for (size_t i = 0; i < sizeof turns_of / sizeof *turns_of; i++) {
        struct store_claim_lane *op = fake_store_take(STORE_CLAIM_LANE);
        struct store_claimed item = { .subscriber = { .topic = 7,
                                                      .origin = op->origin } };
        assert_int_equal(op->after_topic, turns_of[i].asked_topic);
        assert_int_equal(op->after, turns_of[i].asked_id);
        op->items = fake_store_give(&op->op, &item, sizeof item);
        op->count = 1;
        op->after_topic = turns_of[i].topic;
        op->after = turns_of[i].id;
        fake_store_finish(&op->op, STORE_OK);
        step();
    }
    wanted(); // the rotation has come to its end
    answer(1, 200, false);
    step();
    struct store_claim_lane *op = fake_store_take(STORE_CLAIM_LANE);
    assert_int_equal(op->after_topic, 11);
    op->end = true; // there is no topic after that: who comes first is next
    fake_store_finish(&op->op, STORE_OK);
    step();
    op = fake_store_take(STORE_CLAIM_LANE);
    assert_int_equal(op->after_topic, 0);
    op->end = op->empty = true;
    fake_store_finish(&op->op, STORE_OK);
    kept(false);
}

static void no_more_are_taken_than_there_are_slots(void **state)
{
    (void)state;
    struct store_lane lanes[] = { healthy(1), healthy(2) };
    room = 10;
    due(lanes, 2);
    give(10, 1, false);
    assert_int_equal(fake_store_waiting(STORE_CLAIM_LANE), 0);
    step();
    assert_int_equal(fake_store_waiting(STORE_CLAIM_LANE), 0);
    assert_int_equal(lane_turns_patience(turns, loop_now()), 50);
    room = 13;
    step();
    assert_int_equal(wanted(), 3);
    lane_turns_close(turns, true);
    step();
    kept(true);
}

static void what_is_crowded_waits_for_room(void **state)
{
    (void)state;
    struct store_lane lane = healthy(1);
    for (uint64_t i = 0; i < RIG_DELIVERIES; i++)
        lanes_rig_begin(rig.lanes, 1, i);
    due(&lane, 1);
    assert_int_equal(fake_store_waiting(STORE_CLAIM_LANE), 0);
    assert_int_equal(lane_turns_patience(turns, loop_now()), 50);
    for (int i = 0; i < 7; i++)
        answer(1, 200, false);
    step();
    struct store_claim_lane *op = fake_store_take(STORE_CLAIM_LANE);
    assert_int_equal(op->max, 7);
    op->end = op->empty = true;
    fake_store_finish(&op->op, STORE_OK);
    kept(false);
    // What was meant for it and not taken has not begun.
    struct lanes_numbers numbers;
    lanes_numbers(rig.lanes, &numbers);
    assert_int_equal(numbers.outstanding, RIG_DELIVERIES - 7);
}

static void a_broken_one_that_is_not_due_is_put_back(void **state)
{
    (void)state;
    lanes_rig_break(rig.lanes, 1);
    // The row is new: nobody has said yet that it is broken.
    struct store_lane lane = healthy(1);
    due(&lane, 1);
    struct store_keep_lane *keep = fake_store_take(STORE_KEEP_LANE);
    assert_int_equal(keep->token, 70);
    assert_in_range(keep->lane.due - loop_now().unix, 8000, 12000);
    assert_int_equal(keep->lane.failures, 5);
    keep->kept = true;
    fake_store_finish(&keep->op, STORE_OK);
    step();
    assert_int_equal(fake_store_waiting_all(), 0);
}

static void one_that_somebody_has_hurried_is_probed(void **state)
{
    (void)state;
    lanes_rig_break(rig.lanes, 1);
    struct store_lane lane = broken(1); // it was written down as broken
    due(&lane, 1);
    give(1, 31, false);
    assert_int_equal(probes, 1);
    answer(1, 200, true);
    step();
    give(0, 1, true);
    kept(false);
}

static void a_paused_one_is_left_alone(void **state)
{
    (void)state;
    struct store_key key = origin_of(1);
    struct store_lane lane = healthy(1);
    due(&lane, 1);
    give(1, 1, false);
    lanes_paused(rig.lanes, &key, true, loop_now());
    step();
    kept(true);
    step();
    assert_int_equal(fake_store_waiting_all(), 0);
    assert_true(lane_turns_patience(turns, loop_now()) > 1000);
}

static void who_has_closed_takes_nobody(void **state)
{
    (void)state;
    struct store_lane lane = healthy(1);
    due(&lane, 1);
    lane_turns_close(turns, true);
    give(1, 1, false);
    step();
    lane_turns_poke(turns);
    step();
    assert_int_equal(fake_store_waiting_all(), 0);
    assert_true(lane_turns_idle(turns));
    lane_turns_close(turns, false);
    step();
    give_due(NULL, 0);
    give(0, 1, true);
    kept(false);
}

#define TURNS(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TURNS(M4_from_a_broken_one_a_single_one_is_taken),
        TURNS(the_next_probe_is_of_the_next_who_waits),
        TURNS(who_has_not_failed_yet_is_taken_first),
        TURNS(who_is_not_written_down_yet_is_looked_for_again),
        TURNS(one_that_answers_is_given_more_and_more),
        TURNS(who_comes_while_the_last_leaves_is_looked_for_at_once),
        TURNS(where_only_such_wait_as_may_not_be_sent_to_it_is_left),
        TURNS(lanes_take_turns),
        TURNS(each_second_turn_is_the_next_topics),
        TURNS(no_more_are_taken_than_there_are_slots),
        TURNS(what_is_crowded_waits_for_room),
        TURNS(a_broken_one_that_is_not_due_is_put_back),
        TURNS(one_that_somebody_has_hurried_is_probed),
        TURNS(a_paused_one_is_left_alone),
        TURNS(who_has_closed_takes_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
