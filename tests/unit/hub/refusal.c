// SPDX-License-Identifier: MIT

#include "hub/refusal.h"

#include "fakes/fake_request.h"
#include "hub/metrics.h"

static struct metrics metrics;
static struct fake_request fake;

static void refuse(enum store_status status)
{
    metrics = (struct metrics){ .counts = { 0 } };
    fake_request_get(&fake, "/", "");
    refusal_say(&metrics, &fake.request, status);
    assert_int_equal(fake.answers, 1);
}

static void R32_too_many_pending_requests_are_a_429(void **state)
{
    (void)state;
    refuse(STORE_CONFLICT);
    assert_int_equal(fake.status, 429);
    assert_true(fake_request_has(&fake, "Retry-After: 10"));
    assert_int_equal(metrics.counts[METRIC_REQUESTS_LIMITED], 1);
    assert_int_equal(metrics.counts[METRIC_REQUESTS_FAILED], 0);
}

static void a_full_store_is_a_503_and_counted_as_full(void **state)
{
    (void)state;
    refuse(STORE_FULL);
    assert_int_equal(fake.status, 503);
    assert_true(fake_request_has(&fake, "Retry-After: 120"));
    assert_true(fake_request_has(&fake, "Hub-Error: hub.full"));
    assert_int_equal(metrics.counts[METRIC_REQUESTS_FAILED], 1);
    assert_int_equal(metrics.counts[METRIC_STORE_FULL], 1);
}

static void R26_who_is_to_blame_is_told_why(void **state)
{
    (void)state;
    metrics = (struct metrics){ .counts = { 0 } };
    fake_request_get(&fake, "/", "");
    refusal_blame(&metrics, &fake.request, 403, "topic.denied", "no");
    assert_int_equal(fake.status, 403);
    assert_string_equal(fake.body, "no\n");
    assert_true(fake_request_has(&fake, "Hub-Error: topic.denied"));
    assert_int_equal(metrics.counts[METRIC_REQUESTS_REFUSED], 1);
}

static void R32_who_is_limited_is_told_until_when(void **state)
{
    (void)state;
    metrics = (struct metrics){ .counts = { 0 } };
    fake_request_get(&fake, "/", "");
    refusal_limit(&metrics, &fake.request, "client.rate", "too many", 60);
    assert_int_equal(fake.status, 429);
    assert_true(fake_request_has(&fake, "Hub-Error: client.rate"));
    assert_true(fake_request_has(&fake, "Retry-After: 60"));
    assert_int_equal(metrics.counts[METRIC_REQUESTS_LIMITED], 1);
}

static void whatever_else_the_store_says_is_a_503(void **state)
{
    (void)state;
    static const enum store_status statuses[] = {
        STORE_NOT_FOUND, STORE_DUPLICATE, STORE_STALE,  STORE_AGAIN,
        STORE_UNKNOWN,   STORE_CORRUPT,   STORE_INVALID
    };
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        refuse(statuses[i]);
        assert_int_equal(fake.status, 503);
        assert_true(fake_request_has(&fake, "Retry-After: 10"));
        assert_int_equal(metrics.counts[METRIC_REQUESTS_FAILED], 1);
        assert_int_equal(metrics.counts[METRIC_STORE_FULL], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(R32_too_many_pending_requests_are_a_429),
        cmocka_unit_test(a_full_store_is_a_503_and_counted_as_full),
        cmocka_unit_test(R26_who_is_to_blame_is_told_why),
        cmocka_unit_test(R32_who_is_limited_is_told_until_when),
        cmocka_unit_test(whatever_else_the_store_says_is_a_503),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
