// SPDX-License-Identifier: MIT

#include "hub/pace.h"

#include "storage/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { MINUTE = 60000, HOUR = 60 * MINUTE, POLL_MIN = 5 * MINUTE };
#define UNIX INT64_C(1780000000000)

static const struct moment now = { .mono = 5000000, .unix = UNIX };

static struct store_topic topic_of(uint64_t id, int64_t last_fetch)
{
    static const char url[] = "https://blog.example/feed";
    return (struct store_topic){
        .id = id,
        .url_normal = { url, sizeof url - 1 },
        .last_fetch = last_fetch,
    };
}

// How many are let through, of so many topics one after the other, each ended
// before the next.
static int fetched_at(struct pace *pace, struct store_topic topic, int topics,
                      enum pace_reason reason, enum pace_end end,
                      struct moment at)
{
    int count = 0;
    for (int i = 0; i<2000; i++, topic.id += topics> 1) {
        unsigned counts;
        if (topics > 1 && i == topics)
            break;
        if (pace_begin(pace, &topic, reason, at, &counts) > 0)
            continue;
        pace_end(pace, &topic, counts, NULL, end, at);
        count++;
    }
    return count;
}

static int fetched(struct pace *pace, struct store_topic topic, int topics,
                   enum pace_reason reason, enum pace_end end)
{
    return fetched_at(pace, topic, topics, reason, end, now);
}

static void S7_idle_pings_and_looks_after_them_share_a_budget(void **state)
{
    (void)state;
    struct pace *pace = pace_new(60, POLL_MIN);
    struct store_topic topic = topic_of(1, UNIX - MINUTE);
    assert_int_equal(fetched(pace, topic, 500, PACE_PING, PACE_NOTHING), 10);
    assert_int_equal(fetched(pace, topic, 500, PACE_ECHO, PACE_NOTHING), 0);
    assert_int_equal(fetched(pace, topic, 500, PACE_PING, PACE_NEWS), 0);
    pace_free(pace);
}

static void S7_what_always_changes_has_ten_times_as_many(void **state)
{
    (void)state;
    struct pace *pace = pace_new(60, POLL_MIN);
    struct store_topic topic = topic_of(1, UNIX - MINUTE);
    struct moment later = { now.mono + 60000, now.unix + 60000 };
    assert_int_equal(fetched(pace, topic, 500, PACE_PING, PACE_NEWS), 100);
    // Six hundred an hour.
    topic.id = 1000;
    assert_int_equal(fetched_at(pace, topic, 500, PACE_PING, PACE_NEWS, later),
                     10);
    pace_free(pace);
}

static void polls_wait_for_courtesy_alone(void **state)
{
    (void)state;
    // Of two thousand, whatever happens to those that were pinged.
    struct pace *pace = pace_new(1, POLL_MIN);
    struct store_topic topic = topic_of(1, UNIX - POLL_MIN + 9);
    fetched(pace, topic_of(1, UNIX - MINUTE), 1, PACE_PING, PACE_NOTHING);
    assert_int_equal(fetched(pace, topic, 1, PACE_DUE, PACE_NOTHING), 60);
    pace_free(pace);
    // Nor do further tries of what fails: those have their own delays.
    pace = pace_new(1, POLL_MIN);
    topic.last_fetch = UNIX - MINUTE;
    topic.failures = 3;
    assert_int_equal(fetched(pace, topic, 1, PACE_DUE, PACE_NOTHING), 60);
    pace_free(pace);
    // And where pings do not wait at all.
    pace = pace_new(0, POLL_MIN);
    assert_int_equal(fetched(pace, topic, 1, PACE_DUE, PACE_NOTHING), 60);
    pace_free(pace);
}

static void S7_first_fetches_have_the_larger_budget(void **state)
{
    (void)state;
    struct pace *pace = pace_new(60, POLL_MIN);
    // Whatever they bring, and whether they were pinged.
    assert_int_equal(fetched(pace, topic_of(1, 0), 60, PACE_DUE, PACE_NEWS),
                     60);
    assert_int_equal(fetched(pace, topic_of(100, 0), 500, PACE_PING, PACE_NEWS),
                     40);
    // What is followed again comes too soon for a poll.
    struct store_topic again = topic_of(1000, UNIX - POLL_MIN / 2 + 1);
    assert_int_equal(fetched(pace, again, 500, PACE_DUE, PACE_NEWS), 0);
    pace_free(pace);
}

static void what_was_not_fetched_after_all_costs_nothing(void **state)
{
    (void)state;
    struct pace *pace = pace_new(6, POLL_MIN);
    struct store_topic topic = topic_of(1, UNIX - MINUTE);
    assert_int_equal(fetched(pace, topic, 500, PACE_PING, PACE_NOT_FETCHED),
                     500);
    pace_free(pace);
}

static void S7_what_never_was_there_is_idle(void **state)
{
    (void)state;
    struct pace *pace = pace_new(60, POLL_MIN);
    struct store_topic topic = topic_of(1, 0);
    topic.failures = 1;
    assert_int_equal(fetched(pace, topic, 500, PACE_PING, PACE_NOTHING), 10);
    assert_int_equal(fetched(pace, topic, 500, PACE_DUE, PACE_NOTHING), 0);
    pace_free(pace);
}

static void what_waited_an_hour_trickles_through_unless_it_fails(void **state)
{
    (void)state;
    struct pace *pace = pace_new(60, POLL_MIN);
    struct store_topic topic = topic_of(1, UNIX - MINUTE);
    struct moment later = { now.mono + 30000, now.unix + 30000 };
    assert_int_equal(fetched(pace, topic, 500, PACE_PING, PACE_NOTHING), 10);
    struct store_topic old = topic_of(1000, UNIX - HOUR);
    assert_int_equal(fetched(pace, old, 500, PACE_PING, PACE_NOTHING), 10);
    old.id = 2000;
    old.failures = 1;
    assert_int_equal(fetched_at(pace, old, 500, PACE_PING, PACE_NEWS, later),
                     0);
    old.failures = 0;
    assert_int_equal(fetched_at(pace, old, 500, PACE_PING, PACE_NEWS, later),
                     5);
    pace_free(pace);
}

static void S7_one_topic_is_fetched_six_times_a_minute_in_the_long_run(
    void **state)
{
    (void)state;
    struct pace *pace = pace_new(360, POLL_MIN);
    struct store_topic topic = topic_of(1, UNIX - MINUTE);
    struct moment later = { now.mono + 60000, now.unix + 60000 };
    unsigned counts;
    assert_int_equal(fetched(pace, topic, 1, PACE_PING, PACE_NEWS), 10);
    assert_int_equal(pace_begin(pace, &topic, PACE_PING, now, &counts), 2000);
    assert_int_equal(counts, PACE_FREE);
    // The others of its origin do not notice.
    topic.id = 2;
    assert_int_equal(fetched(pace, topic, 1, PACE_PING, PACE_NEWS), 10);
    topic.id = 1;
    assert_int_equal(fetched_at(pace, topic, 1, PACE_PING, PACE_NEWS, later),
                     6);
    pace_free(pace);
}

static void without_a_ceiling_nothing_waits(void **state)
{
    (void)state;
    struct pace *pace = pace_new(0, POLL_MIN);
    struct store_topic topic = topic_of(1, 0);
    assert_int_equal(fetched(pace, topic, 1, PACE_PING, PACE_NOTHING), 2000);
    topic.last_fetch = UNIX - MINUTE;
    assert_int_equal(fetched(pace, topic, 1, PACE_PING, PACE_NOTHING), 2000);
    pace_free(pace);
}

static void S7_what_is_hardly_worth_it_is_counted_by_address_too(void **state)
{
    (void)state;
    struct store_topic topic = topic_of(1, UNIX - 2 * MINUTE);
    topic.last_update = topic.last_fetch;
    assert_false(pace_is_stranger(&topic, PACE_IDLE, UNIX));
    topic.last_update--; // the last fetch brought nothing
    assert_true(pace_is_stranger(&topic, PACE_IDLE, UNIX));
    assert_false(pace_is_stranger(&topic, PACE_FREE, UNIX));
    topic.last_update = topic.last_fetch = UNIX - MINUTE + 1;
    assert_true(pace_is_stranger(&topic, PACE_ASKED, UNIX));
    topic = topic_of(1, 0);
    assert_true(pace_is_stranger(&topic, PACE_ASKED, UNIX));
    topic.failures = 1;
    topic.last_update = topic.last_fetch = UNIX - HOUR;
    assert_true(pace_is_stranger(&topic, PACE_IDLE, UNIX));
}

static void another_rate_counts_from_then_on(void **state)
{
    (void)state;
    struct pace *pace = pace_new(0, POLL_MIN);
    struct store_topic topic = topic_of(1, UNIX - MINUTE);
    assert_int_equal(fetched(pace, topic, 500, PACE_PING, PACE_NOTHING), 500);
    pace_set(pace, 60, POLL_MIN);
    assert_int_equal(fetched(pace, topic, 500, PACE_PING, PACE_NOTHING), 10);
    pace_set(pace, 0, POLL_MIN);
    assert_int_equal(fetched(pace, topic, 500, PACE_PING, PACE_NOTHING), 500);
    pace_free(pace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(S7_idle_pings_and_looks_after_them_share_a_budget),
        cmocka_unit_test(S7_what_always_changes_has_ten_times_as_many),
        cmocka_unit_test(polls_wait_for_courtesy_alone),
        cmocka_unit_test(S7_first_fetches_have_the_larger_budget),
        cmocka_unit_test(what_was_not_fetched_after_all_costs_nothing),
        cmocka_unit_test(S7_what_never_was_there_is_idle),
        cmocka_unit_test(what_waited_an_hour_trickles_through_unless_it_fails),
        cmocka_unit_test(
            S7_one_topic_is_fetched_six_times_a_minute_in_the_long_run),
        cmocka_unit_test(without_a_ceiling_nothing_waits),
        cmocka_unit_test(S7_what_is_hardly_worth_it_is_counted_by_address_too),
        cmocka_unit_test(another_rate_counts_from_then_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
