// SPDX-License-Identifier: MIT

#include "hub/courtesy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { NOW = 5000000 };

static struct courtesy *courtesy;

static int setup(void **state)
{
    (void)state;
    courtesy = courtesy_new();
    return courtesy ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    courtesy_free(courtesy);
    return 0;
}

static int64_t wait_of(const char *origin, int topic, int64_t now)
{
    char url[100];
    (void)snprintf(url, sizeof url, "%s/%d", origin, topic);
    return courtesy_wait(courtesy, url, now);
}

static int let_through(const char *origin, int topics, int64_t now)
{
    int count = 0;
    for (int i = 0; i < topics; i++)
        count += wait_of(origin, i, now) == 0;
    return count;
}

static void sixty_of_an_origin_are_polled_at_once(void **state)
{
    (void)state;
    assert_int_equal(let_through("https://a.example", 10000, NOW), 60);
    // Which is nobody else's business.
    assert_int_equal(let_through("https://b.example", 50, NOW), 50);
    assert_int_equal(let_through("https://a.example:8443", 50, NOW), 50);
}

static void then_one_a_second(void **state)
{
    (void)state;
    assert_int_equal(let_through("https://a.example", 60, NOW), 60);
    assert_true(wait_of("https://a.example", 60, NOW) > 0);
    assert_int_equal(let_through("https://a.example", 5, NOW + 1000), 1);
    assert_int_equal(let_through("https://a.example", 50, NOW + 11000), 10);
    // And all of them again when it was left alone for a minute.
    assert_int_equal(let_through("https://a.example", 99, NOW + 90000), 60);
}

static void who_waits_has_a_moment_of_his_own(void **state)
{
    (void)state;
    let_through("https://a.example", 60, NOW);
    for (int i = 1; i <= 10000; i++)
        assert_int_equal(wait_of("https://a.example", i, NOW), i * 1000);
}

// Each comes back when it was told to, and all are served in time.
static void ten_thousand_come_back_one_by_one(void **state)
{
    (void)state;
    enum { TOPICS = 10000 };
    int64_t *due = calloc(TOPICS, sizeof *due);
    assert_non_null(due);
    int served = 0, refused = 0;
    for (int second = 0; served < TOPICS && second < 2 * TOPICS; second++) {
        int64_t now = NOW + second * 1000;
        int at_once = 0;
        for (int i = 0; i < TOPICS; i++) {
            if (due[i] < 0 || due[i] > now)
                continue;
            int64_t wait = wait_of("https://a.example", i, now);
            due[i] = wait > 0 ? now + wait : -1;
            at_once += wait == 0;
            refused += wait > 0;
        }
        served += at_once;
        assert_true(at_once <= (second == 0 ? 60 : 1));
    }
    free(due);
    assert_int_equal(served, TOPICS);
    // Hardly any had to be told twice.
    assert_in_range(refused, TOPICS - 60, TOPICS + TOPICS / 10);
}

static void many_origins_have_places(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++) {
        char origin[40];
        (void)snprintf(origin, sizeof origin, "https://%d.example", i);
        assert_int_equal(let_through(origin, 60, NOW), 60);
    }
    int refused = 0;
    for (int i = 0; i < 1000; i++) {
        char origin[40];
        (void)snprintf(origin, sizeof origin, "https://%d.example", i);
        refused += wait_of(origin, 0, NOW) > 0;
    }
    // The others were pushed out: that is no reason to wait.
    assert_true(refused > 900);
}

static void who_asks_to_be_left_alone_is(void **state)
{
    (void)state;
    static const char origin[] = "https://a.example";
    courtesy_pause(courtesy, "https://a.example/one", 120000, NOW);
    assert_int_equal(wait_of(origin, 1, NOW), 121000);
    assert_int_equal(wait_of(origin, 2, NOW + 119999), 2001);
    assert_int_equal(wait_of("https://b.example", 1, NOW), 0);
    // Not sooner by a later word, and not for ever.
    courtesy_pause(courtesy, "https://a.example/two", 1000, NOW);
    assert_true(wait_of(origin, 3, NOW + 100000) > 20000);
    assert_int_equal(wait_of(origin, 1, NOW + 121000), 0);
    courtesy_pause(courtesy, "https://a.example/", INT64_C(1) << 40, NOW);
    assert_true(wait_of(origin, 1, NOW + 3599000) > 0);
    assert_int_equal(wait_of(origin, 1, NOW + 3600000), 0);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sixty_of_an_origin_are_polled_at_once),
        TEST(then_one_a_second),
        TEST(who_waits_has_a_moment_of_his_own),
        TEST(ten_thousand_come_back_one_by_one),
        TEST(many_origins_have_places),
        TEST(who_asks_to_be_left_alone_is),
    };
    return cmocka_run_group_tests_name("courtesy", tests, NULL, NULL);
}
