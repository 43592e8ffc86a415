// SPDX-License-Identifier: MIT

#include "hub/observe.h"

#include "fakes/observing.h"

enum { HOUR = 3600000, DAY = 24 * HOUR };

#define TOPIC_URL "https://blog.example/feed"
#define NEW_URL   "https://new.example/feed"

// -------------------------------------------------------- M15: redirects

// A whole answer after a redirect.
static struct store_publish *moved(struct exchange *x, bool for_good,
                                   unsigned status)
{
    fake_engine_answer(x, status, status == 200 ? "hello" : NULL);
    fake_engine_field(x, "etag", "\"v2\"");
    fake_engine_moved(x, NEW_URL);
    x->moved_for_good = for_good;
    end_with(x);
    return fake_store_take(STORE_PUBLISH);
}

static void M15_a_poll_goes_where_the_topic_was_moved_for_good(void **state)
{
    (void)state;
    struct exchange *x = claimed();
    assert_string_equal(x->url, TOPIC_URL);
    settle(moved(x, true, 200));
    x = claimed();
    assert_string_equal(x->url, NEW_URL);
    // Its validators are those of that place (R81).
    assert_string_equal(fake_engine_line(x, "If-"), "If-None-Match: \"v2\"");
    settle(published(x, 304, NULL));
    x = claimed();
    assert_string_equal(x->url, NEW_URL);
    struct store_publish *publish = published(x, 200, "hello again");
    assert_int_equal(publish->verdict, STORE_FETCH_UPDATE);
    assert_string_equal(publish->moved.at, NEW_URL);
    settle(publish);
    x = claimed();
    assert_string_equal(x->url, NEW_URL);
    settle(published(x, 200, "hello"));
}

static void M15_a_pinged_fetch_starts_where_it_was_subscribed(void **state)
{
    (void)state;
    settle(moved(claimed(), true, 200));
    rig.item.topic.dirty++;
    struct exchange *x = claimed();
    assert_string_equal(x->url, TOPIC_URL);
    settle(moved(x, true, 304));
    // Other looks after a silent ping too.
    x = claimed();
    assert_string_equal(x->url, TOPIC_URL);
    settle(moved(x, true, 304));
}

static void M15_it_is_rechecked_daily(void **state)
{
    (void)state;
    settle(moved(claimed(), true, 200));
    fake_loop_pass(DAY);
    struct exchange *x = claimed();
    assert_string_equal(x->url, TOPIC_URL);
    settle(moved(x, true, 304));
    x = claimed();
    assert_string_equal(x->url, NEW_URL);
    settle(published(x, 304, NULL));
    // It moved back.
    fake_loop_pass(DAY);
    settle(published(claimed(), 200, "back"));
    x = claimed();
    assert_string_equal(x->url, TOPIC_URL);
    settle(published(x, 200, "back"));
}

static void M15_other_redirects_are_not_remembered(void **state)
{
    (void)state;
    settle(moved(claimed(), false, 200));
    struct exchange *x = claimed();
    assert_string_equal(x->url, TOPIC_URL);
    // Their validators are.
    assert_non_null(fake_engine_line(x, "If-None-Match"));
    settle(moved(x, false, 304));
    // Nor one that leads from a safe place to an unsafe one.
    x = claimed();
    x->downgraded = true;
    settle(moved(x, true, 304));
    x = claimed();
    assert_string_equal(x->url, TOPIC_URL);
    settle(moved(x, true, 304));
}

static void M15_where_it_is_no_more_the_subscribed_url_is_asked(void **state)
{
    (void)state;
    settle(moved(claimed(), true, 200));
    struct exchange *x = claimed();
    assert_string_equal(x->url, NEW_URL);
    fake_engine_answer(x, 404, NULL);
    end_with(x);
    x = fake_engine_take();
    assert_string_equal(x->url, TOPIC_URL);
    assert_null(fake_engine_line(x, "If-"));
    settle(published(x, 500, NULL));
    // Which failed as well, but the other one is forgotten.
    x = claimed();
    assert_string_equal(x->url, TOPIC_URL);
    settle(published(x, 200, "hello"));
}

static void M15_one_that_is_busy_is_left_alone(void **state)
{
    (void)state;
    settle(moved(claimed(), true, 200));
    struct exchange *x = claimed();
    assert_string_equal(x->url, NEW_URL);
    fake_engine_answer(x, 503, NULL);
    fake_engine_field(x, "retry-after", "7200");
    end_with(x);
    struct store_publish *publish = fake_store_take(STORE_PUBLISH);
    assert_int_equal(publish->verdict, STORE_FETCH_FAILED);
    assert_int_equal(wait_of(publish), 2 * HOUR);
    settle(publish);
}

static void R19_a_remembered_redirect_does_not_get_around_a_rule(void **state)
{
    (void)state;
    settle(moved(claimed(), true, 200));
    fake_rule(STORE_RULE_DENY_TOPIC, "new.example");
    struct exchange *x = claimed();
    assert_string_equal(x->url, TOPIC_URL);
    settle(published(x, 200, "hello"));
}

// ------------------------------------------------------------- the plan

// Two answers of a topic that says so.
static int64_t wait_after(const char *name, const char *value)
{
    struct exchange *x = claimed();
    fake_engine_answer(x, 200, "hello");
    fake_engine_field(x, name, value);
    end_with(x);
    struct store_publish *publish = fake_store_take(STORE_PUBLISH);
    assert_true(publish->new_plan);
    assert_in_range(publish->plan.len, 1, STORE_PLAN_MAX);
    int64_t wait = wait_of(publish);
    settle(publish);
    return wait;
}

static void an_answer_that_is_fresh_is_not_asked_for_again(void **state)
{
    (void)state;
    rig.config.poll_min = 60000;
    assert_true(wait_after("cache-control", "max-age=2400") >= 2400000);
}

static void what_was_learnt_is_kept(void **state)
{
    (void)state;
    // News each time it is looked at: come sooner.
    rig.config.poll_max = 24 * HOUR;
    int64_t wait = 0;
    for (int i = 0; i < 30; i++) {
        char body[20];
        (void)snprintf(body, sizeof body, "version %d", i);
        struct store_publish *publish = published(claimed(), 200, body);
        wait = wait_of(publish);
        settle(publish);
        fake_loop_pass(HOUR / 2);
    }
    assert_true(wait < 2 * HOUR);
}

static void R85_a_failed_poll_waits_as_long_as_it_was_told(void **state)
{
    (void)state;
    static const unsigned statuses[] = { 429, 503, 500 };
    for (size_t i = 0; i < 3; i++) {
        struct exchange *x = claimed();
        fake_engine_answer(x, statuses[i], NULL);
        fake_engine_field(x, "retry-after", "40000");
        end_with(x);
        struct store_publish *publish = fake_store_take(STORE_PUBLISH);
        assert_int_equal(wait_of(publish), 40000000);
        assert_false(publish->new_plan);
        end(publish);
        fake_loop_pass(HOUR);
    }
}

static void R85_an_origin_in_trouble_is_left_alone(void **state)
{
    (void)state;
    struct exchange *x = claimed();
    fake_engine_answer(x, 429, NULL);
    fake_engine_field(x, "retry-after", "600");
    end_with(x);
    end(fake_store_take(STORE_PUBLISH));
    // Its other topics too.
    rig.item.topic.id++;
    observe_poke(rig.observe);
    observe_step(rig.observe, loop_now());
    struct store_claim *claim = fake_store_take(STORE_CLAIM);
    claim->items = fake_store_give(&claim->op, &rig.item, sizeof rig.item);
    claim->count = 1;
    claim->next_due = INT64_MAX;
    fake_store_finish(&claim->op, STORE_OK);
    struct store_release_claim *release = fake_store_take(STORE_RELEASE);
    assert_true(release->due > loop_now().unix + 600000);
    fake_store_finish(&release->op, STORE_OK);
    // But not if its publisher calls.
    rig.item.topic.dirty++;
    end(published(claimed(), 304, NULL));
}

static void R86a_no_cache_may_answer_a_poll(void **state)
{
    (void)state;
    struct exchange *x = claimed();
    assert_non_null(fake_engine_line(x, "Cache-Control: no-cache"));
    assert_non_null(fake_engine_line(x, "Pragma: no-cache"));
    settle(published(x, 304, NULL));
}

static void polls_of_one_origin_do_not_come_all_at_once(void **state)
{
    (void)state;
    int64_t now = loop_now().unix;
    for (int i = 0; i < 80; i++) {
        observe_poke(rig.observe);
        observe_step(rig.observe, loop_now());
        struct store_claim *claim = fake_store_take(STORE_CLAIM);
        claim->items = fake_store_give(&claim->op, &rig.item, sizeof rig.item);
        claim->count = 1;
        claim->next_due = INT64_MAX;
        fake_store_finish(&claim->op, STORE_OK);
        if (i < 60) {
            end(published(fake_engine_take(), 304, NULL));
            continue;
        }
        struct store_release_claim *release = fake_store_take(STORE_RELEASE);
        assert_true(release->due >= now + (i - 59) * 1000);
        fake_store_finish(&release->op, STORE_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OBSERVED(M15_a_poll_goes_where_the_topic_was_moved_for_good),
        OBSERVED(M15_a_pinged_fetch_starts_where_it_was_subscribed),
        OBSERVED(M15_it_is_rechecked_daily),
        OBSERVED(M15_other_redirects_are_not_remembered),
        OBSERVED(M15_where_it_is_no_more_the_subscribed_url_is_asked),
        OBSERVED(M15_one_that_is_busy_is_left_alone),
        OBSERVED(R19_a_remembered_redirect_does_not_get_around_a_rule),
        OBSERVED(an_answer_that_is_fresh_is_not_asked_for_again),
        OBSERVED(what_was_learnt_is_kept),
        OBSERVED(R85_a_failed_poll_waits_as_long_as_it_was_told),
        OBSERVED(R85_an_origin_in_trouble_is_left_alone),
        OBSERVED(R86a_no_cache_may_answer_a_poll),
        OBSERVED(polls_of_one_origin_do_not_come_all_at_once),
    };
    document_setup();
    log_setup(LOG_ERROR, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
