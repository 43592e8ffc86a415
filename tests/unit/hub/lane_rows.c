// SPDX-License-Identifier: MIT

#include "hub/lane_rows.h"

#include "fakes/fake_store.h"
#include "lanes_rig.h"

static struct lanes_rig rig;
static struct lane_rows *rows;

static int setup(void **state)
{
    (void)state;
    lanes_rig_open(&rig);
    rows = lane_rows_new(&rig.services, rig.lanes);
    return rows ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    bool idle = lane_rows_idle(rows);
    lane_rows_free(rows);
    lanes_free(rig.lanes);
    return idle && fake_store_clean() ? 0 : -1;
}

static void step(void)
{
    lane_rows_step(rows, loop_now());
}

static void give(const struct store_lane *items, size_t count, bool end)
{
    step();
    struct store_page_lanes *op = fake_store_take(STORE_PAGE_LANES);
    op->items = fake_store_give(&op->op, items, count * sizeof *items);
    op->count = count;
    op->end = end;
    fake_store_finish(&op->op, STORE_OK);
}

static struct store_lane row(uint32_t origin)
{
    return (struct store_lane){ .origin = origin_of(origin),
                                .name = { "https://reader.example", 22 },
                                .due = FAKE_UNIX };
}

static struct store_lane broken(uint32_t origin, int64_t in_ms)
{
    struct store_lane lane = row(origin);
    lane.due = FAKE_UNIX + in_ms;
    lane.step = 3;
    lane.failures = 8;
    lane.failing_since = FAKE_UNIX - 60000;
    lane.last_status = 503;
    return lane;
}

static struct lane *lane_of(uint32_t origin)
{
    struct store_key key = origin_of(origin);
    return lanes_find(rig.lanes, &key);
}

static void at_start_all_rows_are_read_before_anybody_is_known(void **state)
{
    (void)state;
    assert_false(lanes_known(rig.lanes));
    struct store_lane page[] = { row(1), row(2), row(3) };
    page[1].paused = true;
    give(page, 3, false);
    assert_false(lanes_known(rig.lanes));
    assert_int_equal(lane_rows_patience(rows, loop_now()), 0);
    struct store_lane last = broken(4, 5000);
    step();
    struct store_page_lanes *op = fake_store_take(STORE_PAGE_LANES);
    assert_false(op->from_start);
    assert_memory_equal(&op->after, &page[2].origin, sizeof op->after);
    op->items = fake_store_give(&op->op, &last, sizeof last);
    op->count = 1;
    op->end = true;
    fake_store_finish(&op->op, STORE_OK);
    assert_true(lanes_known(rig.lanes));
    assert_null(lane_of(1)); // it is due when it is worth a look
    assert_false(lanes_rig_may(rig.lanes, 2));
    assert_false(lanes_rig_may(rig.lanes, 4));
    fake_loop_pass(5000);
    assert_true(lanes_rig_may(rig.lanes, 4));
    assert_true(lanes_rig_begin(rig.lanes, 4, 1).probe);
}

static void while_they_cannot_be_read_nothing_is_sent(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        step();
        struct store_page_lanes *op = fake_store_take(STORE_PAGE_LANES);
        fake_store_finish(&op->op, STORE_AGAIN);
        step();
        assert_int_equal(fake_store_waiting(STORE_PAGE_LANES), 0);
        assert_int_equal(lane_rows_patience(rows, loop_now()), 1000);
        fake_loop_pass(1000);
    }
    assert_false(lanes_known(rig.lanes));
    give(NULL, 0, true);
    assert_true(lanes_known(rig.lanes));
}

static struct store_keep_lane *kept(void)
{
    step();
    return fake_store_take(STORE_KEEP_LANE);
}

static void how_a_broken_one_stands_is_written_down(void **state)
{
    (void)state;
    give(NULL, 0, true);
    lanes_rig_break(rig.lanes, 1);
    struct store_key key = origin_of(1);
    int64_t due = lanes_waits(rig.lanes, &key, loop_now());
    struct lane *lane = lane_of(1);
    lane->token = 77;
    lanes_change(rig.lanes, lane);
    lanes_change(rig.lanes, lane);
    assert_int_equal(lane_rows_patience(rows, loop_now()), 0);
    struct store_keep_lane *op = kept();
    assert_int_equal(op->token, 77);
    assert_memory_equal(&op->lane.origin, &key, sizeof key);
    assert_string_equal(op->lane.name.at, "https://reader.example:8443");
    assert_int_equal(op->lane.due, due);
    assert_int_equal(op->lane.failures, 5);
    assert_int_equal(op->lane.step, 0);
    assert_int_equal(op->lane.last_status, 503);
    assert_int_equal(op->lane.failing_since, loop_now().unix);
    assert_false(lane_rows_idle(rows));
    op->kept = true;
    fake_store_finish(&op->op, STORE_OK);
    assert_int_equal(lane->token, 0);
    assert_true(lane->waiting);
    assert_int_equal(lane_rows_due(rows), due);
    assert_int_equal(lane_rows_due(rows), INT64_MAX);
}

static void when_nobody_waits_any_more_that_is_known(void **state)
{
    (void)state;
    give(NULL, 0, true);
    lanes_rig_send(rig.lanes, 1, 1, 200);
    struct lane *lane = lane_of(1);
    lane->waiting = true;
    lanes_change(rig.lanes, lane);
    struct store_keep_lane *op = kept();
    assert_int_equal(op->lane.due, loop_now().unix);
    assert_int_equal(op->lane.failing_since, 0);
    op->kept = false;
    fake_store_finish(&op->op, STORE_OK);
    assert_false(lane->waiting);
    assert_int_equal(lane->list, LANE_HEALTHY);
    assert_int_equal(lane_rows_due(rows), INT64_MAX);
}

static void what_changes_while_it_is_written_is_written_after_that(void **state)
{
    (void)state;
    give(NULL, 0, true);
    lanes_rig_break(rig.lanes, 1);
    struct lane *lane = lane_of(1);
    lanes_change(rig.lanes, lane);
    struct store_keep_lane *first = kept();
    lane->token = 78; // it was claimed meanwhile
    lanes_change(rig.lanes, lane);
    step();
    assert_int_equal(fake_store_waiting(STORE_KEEP_LANE), 0);
    first->kept = true;
    fake_store_finish(&first->op, STORE_OK);
    assert_int_equal(lane->token, 78);
    struct store_keep_lane *second = kept();
    assert_int_equal(second->token, 78);
    second->kept = true;
    fake_store_finish(&second->op, STORE_OK);
    assert_int_equal(lane->token, 0);
}

static void what_could_not_be_written_is_written_again(void **state)
{
    (void)state;
    give(NULL, 0, true);
    lanes_rig_break(rig.lanes, 1);
    lanes_change(rig.lanes, lane_of(1));
    struct store_keep_lane *op = kept();
    fake_store_finish(&op->op, STORE_FULL);
    step();
    assert_int_equal(fake_store_waiting(STORE_KEEP_LANE), 0);
    assert_int_equal(lane_rows_patience(rows, loop_now()), 1000);
    fake_loop_pass(1000);
    op = kept();
    fake_store_finish(&op->op, STORE_STALE);
    step();
    assert_int_equal(fake_store_waiting(STORE_KEEP_LANE), 0);
    assert_false(lane_of(1)->writing);
}

static void what_is_written_again_is_how_it_stands_by_then(void **state)
{
    (void)state;
    give(NULL, 0, true);
    lanes_rig_break(rig.lanes, 1);
    struct store_key key = origin_of(1);
    lanes_waits(rig.lanes, &key, loop_now());
    lanes_paused(rig.lanes, &key, true, loop_now());
    lanes_change(rig.lanes, lane_of(1));
    struct store_keep_lane *op = kept();
    assert_true(op->lane.due >= loop_now().unix + 3600000);
    fake_store_finish(&op->op, STORE_AGAIN);
    lanes_paused(rig.lanes, &key, false, loop_now());
    fake_loop_pass(1000);
    op = kept();
    assert_true(op->lane.due <= loop_now().unix);
    op->kept = true;
    fake_store_finish(&op->op, STORE_OK);
}

static void no_more_than_some_are_written_at_a_time(void **state)
{
    (void)state;
    give(NULL, 0, true);
    for (uint32_t i = 0; i < 40; i++) {
        lanes_rig_send(rig.lanes, i, 1, 503);
        lanes_change(rig.lanes, lane_of(i));
    }
    for (size_t done = 0; done < 40;) {
        step();
        size_t at_once = fake_store_waiting(STORE_KEEP_LANE);
        assert_in_range(at_once, 1, 16);
        for (size_t i = 0; i < at_once; i++, done++) {
            struct store_keep_lane *op = fake_store_take(STORE_KEEP_LANE);
            fake_store_finish(&op->op, STORE_OK);
        }
    }
    step();
    assert_int_equal(fake_store_waiting_all(), 0);
}

static void a_row_tells_nothing_of_one_that_is_known_but_its_pause(void **state)
{
    (void)state;
    give(NULL, 0, true);
    lanes_rig_send(rig.lanes, 1, 1, 200);
    struct store_lane old = broken(1, 60000);
    old.paused = true;
    assert_ptr_equal(lane_rows_learn(rig.lanes, &old, loop_now()), lane_of(1));
    assert_true(lane_of(1)->paused);
    old.paused = false;
    lane_rows_learn(rig.lanes, &old, loop_now());
    assert_true(lanes_rig_may(rig.lanes, 1));
}

#define ROWS(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROWS(at_start_all_rows_are_read_before_anybody_is_known),
        ROWS(while_they_cannot_be_read_nothing_is_sent),
        ROWS(how_a_broken_one_stands_is_written_down),
        ROWS(when_nobody_waits_any_more_that_is_known),
        ROWS(what_changes_while_it_is_written_is_written_after_that),
        ROWS(what_could_not_be_written_is_written_again),
        ROWS(what_is_written_again_is_how_it_stands_by_then),
        ROWS(no_more_than_some_are_written_at_a_time),
        ROWS(a_row_tells_nothing_of_one_that_is_known_but_its_pause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
