// SPDX-License-Identifier: MIT

#include "hub/reading.h"

#include "fakes/fake_loop.h"
#include "fakes/fake_request.h"
#include "fakes/fake_store.h"
#include "hub/config.h"
#include "hub/metrics.h"
#include "hub/pull.h"

#include <stdlib.h>

#define QUERY "topic=https://blog.example/feed"

enum { TOPIC = 7, HEAD = 100, MIB = 1024 * 1024, PULLS_MAX = 64 };

struct rig {
    struct config config;
    struct metrics metrics;
    struct pull *pull;
    struct fake_request pulls[PULLS_MAX];
    bool long_ones; // the answers are not to be looked at
};

static struct rig rig;

static int setup(void **state)
{
    (void)state;
    memset(&rig, 0, sizeof rig);
    rig.config.body_max = 10 * MIB;
    struct services services = {
        .config = &rig.config,
        .store = fake_store(),
        .loop = fake_loop(),
        .metrics = &rig.metrics,
        .hub_url = "https://hub.example/",
    };
    rig.pull = pull_new(&services, NULL, NULL);
    return rig.pull ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    bool idle = pull_idle(rig.pull);
    pull_free(rig.pull);
    return idle && fake_store_clean() ? 0 : -1;
}

static void follow(void)
{
    struct store_follow *op = fake_store_take(STORE_FOLLOW);
    op->topic = TOPIC;
    fake_store_finish(&op->op, STORE_OK);
}

static void answer(struct request *request, const struct reply *reply)
{
    struct fake_request *fake = (struct fake_request *)request;
    fake->answers++;
    fake->status = reply->status;
}

static void get(size_t n, const char *query, const atomic_bool *sated)
{
    fake_request_get(&rig.pulls[n], "/events", query);
    rig.pulls[n].request.sated = sated;
    if (rig.long_ones)
        rig.pulls[n].request.answer = answer;
    pull_handle(rig.pull, &rig.pulls[n].request, loop_now());
    follow();
}

static void get_many(size_t count, const char *query)
{
    for (size_t i = 0; i < count; i++)
        get(i, query, NULL);
}

// The next reading brings a document of so many bytes: one that is long is
// written as a job.
static void bring(size_t len)
{
    static const char zeros[MIB];
    struct store_events *op = fake_store_take(STORE_EVENTS);
    struct store_event event = {
        .number = 40, .topic = TOPIC, .body = { zeros, len }, .size = len
    };
    op->items = fake_store_give(&op->op, &event, sizeof event);
    op->event_count = 1;
    op->head = HEAD;
    fake_store_finish(&op->op, STORE_OK);
}

static void turn(void)
{
    while (pull_step(rig.pull, loop_now()))
        ;
}

// Ends all of them, in whatever portions.
static size_t end_all(void)
{
    size_t most = 0;
    for (size_t now; (now = fake_store_waiting(STORE_EVENTS)) > 0; turn()) {
        most = now > most ? now : most;
        for (size_t i = 0; i < now; i++)
            bring(5);
    }
    return most;
}

static void what_may_be_large_is_read_64_MiB_at_a_time(void **state)
{
    (void)state;
    get_many(20, QUERY);
    assert_int_equal(fake_store_waiting(STORE_EVENTS), 6);
    assert_int_equal(end_all(), 6);
    for (size_t i = 0; i < 20; i++)
        assert_int_equal(rig.pulls[i].status, 200);
}

static void so_many_are_read_at_a_time_however_small(void **state)
{
    (void)state;
    get_many(40, QUERY "&body=none");
    assert_int_equal(fake_store_waiting(STORE_EVENTS), 32);
    end_all();
    rig.config.body_max = 100000;
    get_many(40, QUERY "&max_bytes=1000");
    assert_int_equal(fake_store_waiting(STORE_EVENTS), 32);
    end_all();
    get_many(40, QUERY "&max_bytes=4194304");
    assert_int_equal(fake_store_waiting(STORE_EVENTS), 16);
    end_all();
}

static void one_is_read_whatever_its_size(void **state)
{
    (void)state;
    rig.config.body_max = 256 * (int64_t)MIB;
    get_many(3, QUERY);
    assert_int_equal(fake_store_waiting(STORE_EVENTS), 1);
    assert_int_equal(end_all(), 1);
    assert_int_equal(rig.pulls[2].status, 200);
}

static void what_was_brought_counts_until_it_is_written(void **state)
{
    static const size_t len = 100000;
    (void)state;
    // Each brings much less than it might, so more are read; what they
    // brought is counted until it has been said.
    rig.config.body_max = 64 * (int64_t)MIB - (int64_t)len;
    rig.long_ones = true;
    get_many(3, QUERY);
    assert_int_equal(fake_store_waiting(STORE_EVENTS), 1);
    bring(len);
    turn();
    assert_int_equal(fake_store_waiting(STORE_EVENTS), 1);
    bring(len);
    turn();
    assert_int_equal(fake_store_waiting(STORE_EVENTS), 0);
    assert_int_equal(rig.pulls[0].answers, 0);
    assert_int_equal(fake_loop_work(), 2);
    turn();
    assert_int_equal(rig.pulls[1].status, 200);
    assert_int_equal(fake_store_waiting(STORE_EVENTS), 1);
    end_all();
}

static void for_who_has_enough_on_its_way_nothing_is_read(void **state)
{
    atomic_bool sated = true;
    (void)state;
    get(0, QUERY, &sated);
    assert_int_equal(fake_store_waiting(STORE_EVENTS), 0);
    assert_int_equal(rig.pulls[0].answers, 1);
    assert_int_equal(rig.pulls[0].status, 503);
    assert_true(fake_request_has(&rig.pulls[0], "Retry-After: 10"));
    assert_non_null(strstr(rig.pulls[0].body, "\"type\":\"busy\""));
    // What has no documents in it is not large.
    get(1, QUERY "&body=none", &sated);
    end_all();
    assert_int_equal(rig.pulls[1].status, 200);
    atomic_store(&sated, false);
    get(2, QUERY, &sated);
    end_all();
    assert_int_equal(rig.pulls[2].status, 200);
}

static void who_has_enough_when_he_is_woken_is_told_so(void **state)
{
    atomic_bool sated = false;
    (void)state;
    get(0, QUERY "&wait=30", &sated);
    struct store_events *op = fake_store_take(STORE_EVENTS);
    op->items = fake_store_give(&op->op, "", 0);
    op->head = HEAD;
    fake_store_finish(&op->op, STORE_OK);
    assert_int_equal(pull_held(rig.pull), 1);
    atomic_store(&sated, true);
    pull_updated(rig.pull, TOPIC, HEAD + 1);
    turn();
    assert_int_equal(rig.pulls[0].status, 503);
    assert_int_equal(pull_held(rig.pull), 0);
}

#define READ(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        READ(what_may_be_large_is_read_64_MiB_at_a_time),
        READ(so_many_are_read_at_a_time_however_small),
        READ(one_is_read_whatever_its_size),
        READ(what_was_brought_counts_until_it_is_written),
        READ(for_who_has_enough_on_its_way_nothing_is_read),
        READ(who_has_enough_when_he_is_woken_is_told_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
