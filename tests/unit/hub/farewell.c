// SPDX-License-Identifier: MIT

#include "hub/farewell.h"

#include "fakes/fake_engine.h"
#include "fakes/fake_loop.h"
#include "fakes/fake_store.h"
#include "hub/allowance.h"
#include "hub/config.h"
#include "hub/log.h"
#include "hub/metrics.h"
#include "hub/services.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

enum { SLOTS = 4, MINUTE = 60000, HOUR = 3600000 };

struct rig {
    struct config config;
    struct metrics metrics;
    struct allowance *allowance;
    struct farewell *farewell;
};

static struct rig rig;

static int setup(void **state)
{
    // Strangers: twice at once, and every five minutes.
    const struct allowance_rates rates = { .strangers = 12,
                                           .strangers_at_once = 100,
                                           .host_at_once = 100 };
    (void)state;
    rig = (struct rig){ .config = { .verify_timeout = 6000 } };
    struct services services = {
        .config = &rig.config,
        .store = fake_store(),
        .engine = fake_engine(),
        .loop = fake_loop(),
        .metrics = &rig.metrics,
    };
    rig.allowance = allowance_new(&rates);
    rig.farewell = farewell_new(&services, rig.allowance, SLOTS);
    return rig.allowance && rig.farewell ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    bool idle = farewell_idle(rig.farewell);
    farewell_free(rig.farewell);
    allowance_free(rig.allowance);
    return idle && fake_store_clean() && fake_engine_waiting() == 0 ? 0 : -1;
}

static struct bytes bytes(const char *text)
{
    return (struct bytes){ text, strlen(text) };
}

static struct store_claimed denial(enum store_denial_reason reason)
{
    return (struct store_claimed){
        .token = 60,
        .denial = { .id = 17,
                    .topic = bytes("https://blog.example/feed"),
                    .callback = bytes("https://reader.example/cb?id=1"),
                    .reason = reason,
                    .verified = true,
                    .made = loop_now().unix },
    };
}

static void claim(const struct store_claimed *items, size_t count)
{
    farewell_poke(rig.farewell);
    farewell_step(rig.farewell, loop_now());
    struct store_claim *op = fake_store_take(STORE_CLAIM);
    assert_int_equal(op->kind, STORE_DUE_DENY);
    assert_true(op->max <= SLOTS);
    op->items = fake_store_give(&op->op, items, count * sizeof *items);
    op->count = count;
    op->next_due = INT64_MAX;
    fake_store_finish(&op->op, STORE_OK);
}

static struct store_tell *told(bool over)
{
    struct store_tell *tell = fake_store_take(STORE_TELL);
    assert_int_equal(tell->denial, 17);
    assert_int_equal(tell->token, 60);
    assert_int_equal(tell->over, over);
    return tell;
}

static void answer(struct exchange *exchange, unsigned status)
{
    fake_engine_answer(exchange, status, NULL);
    assert_true(farewell_answered(rig.farewell, exchange));
}

static int64_t put_off(void)
{
    struct store_release_claim *release = fake_store_take(STORE_RELEASE);
    int64_t wait = release->due - loop_now().unix;
    assert_int_equal(release->kind, STORE_DUE_DENY);
    assert_int_equal(release->id, 17);
    assert_int_equal(release->token, 60);
    fake_store_finish(&release->op, STORE_OK);
    return wait;
}

static void R56_it_is_one_get_and_any_answer_will_do(void **state)
{
    (void)state;
    static const unsigned statuses[] = { 200, 302, 404, 410, 500 };
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        struct store_claimed item = denial(STORE_DENIAL_OPERATOR);
        claim(&item, 1);
        struct exchange *said = fake_engine_take();
        assert_int_equal(said->class, EXCHANGE_VERIFY);
        assert_false(said->post);
        assert_false(said->stranger);
        assert_int_equal(said->redirects_max, 0);
        assert_int_equal(said->timeout_ms, 6000);
        answer(said, statuses[i]);
        fake_store_finish(&told(true)->op, STORE_OK);
    }
    assert_int_equal(rig.metrics.counts[METRIC_DENIALS], 5);
    assert_int_equal(rig.metrics.counts[METRIC_VERIFICATIONS], 0);
}

static void R56_it_names_the_topic_and_a_reason(void **state)
{
    (void)state;
    static const char beginning[] =
        "https://reader.example/cb?id=1&hub.mode=denied&hub.topic="
        "https%3A%2F%2Fblog.example%2Ffeed&hub.reason=";
    for (int reason = STORE_DENIAL_OPERATOR; reason <= STORE_DENIAL_EXPIRED;
         reason++) {
        struct store_claimed item = denial((enum store_denial_reason)reason);
        claim(&item, 1);
        struct exchange *said = fake_engine_take();
        assert_int_equal(strncmp(said->url, beginning, strlen(beginning)), 0);
        assert_true(strlen(said->url) > strlen(beginning) + 10);
        assert_null(strstr(said->url, "hub.challenge"));
        assert_null(strstr(said->url, "hub.lease_seconds"));
        answer(said, 200);
        fake_store_finish(&told(true)->op, STORE_OK);
    }
}

static void R56_without_an_answer_it_is_said_once_more(void **state)
{
    (void)state;
    for (uint32_t tries = 0; tries < 2; tries++) {
        struct store_claimed item = denial(STORE_DENIAL_POLICY);
        item.denial.tries = tries;
        claim(&item, 1);
        struct exchange *said = fake_engine_take();
        fake_engine_fail(said, EXCHANGE_TIMEOUT);
        assert_true(farewell_answered(rig.farewell, said));
        struct store_tell *tell = told(tries == 1);
        if (tries == 0)
            assert_int_equal(tell->due, loop_now().unix + MINUTE);
        fake_store_finish(&tell->op, STORE_OK);
        if (tries == 0)
            assert_int_equal(farewell_patience(rig.farewell, loop_now()),
                             MINUTE);
    }
}

static void what_may_not_be_called_is_not_called_again(void **state)
{
    (void)state;
    struct store_claimed item = denial(STORE_DENIAL_POLICY);
    claim(&item, 1);
    struct exchange *said = fake_engine_take();
    fake_engine_fail(said, EXCHANGE_REFUSED);
    assert_true(farewell_answered(rig.farewell, said));
    fake_store_finish(&told(true)->op, STORE_OK);
    assert_int_equal(rig.metrics.counts[METRIC_DENIALS], 0);
}

static void old_news_and_moot_ones_stay_unsaid(void **state)
{
    (void)state;
    struct store_claimed old = denial(STORE_DENIAL_EXPIRED);
    old.denial.made -= HOUR;
    claim(&old, 1);
    assert_int_equal(fake_engine_waiting(), 0);
    fake_store_finish(&told(true)->op, STORE_OK);

    struct store_claimed moot = denial(STORE_DENIAL_EXPIRED);
    moot.denial.moot = true;
    claim(&moot, 1);
    assert_int_equal(fake_engine_waiting(), 0);
    fake_store_finish(&told(true)->op, STORE_OK);
}

static void S5_a_stranger_is_told_no_oftener_than_he_is_asked(void **state)
{
    (void)state;
    struct store_claimed item = denial(STORE_DENIAL_LIMIT);
    item.denial.verified = false;
    for (int i = 0; i < 2; i++) {
        claim(&item, 1);
        struct exchange *said = fake_engine_take();
        assert_true(said->stranger);
        answer(said, 200);
        fake_store_finish(&told(true)->op, STORE_OK);
    }
    for (int64_t i = 1; i < 12; i++) {
        claim(&item, 1);
        assert_int_equal(put_off(), i * 5 * MINUTE);
    }
    // This one would be too late.
    claim(&item, 1);
    assert_int_equal(fake_engine_waiting(), 0);
    fake_store_finish(&told(true)->op, STORE_OK);
}

static void what_was_not_tried_comes_again(void **state)
{
    (void)state;
    static const enum exchange_result results[] = { EXCHANGE_BUSY,
                                                    EXCHANGE_CANCELLED,
                                                    EXCHANGE_LIMITED };
    static const int64_t waits[] = { 1000, 1000, 30000 };
    for (size_t i = 0; i < 3; i++) {
        struct store_claimed item = denial(STORE_DENIAL_POLICY);
        claim(&item, 1);
        struct exchange *said = fake_engine_take();
        fake_engine_fail(said, results[i]);
        assert_true(farewell_answered(rig.farewell, said));
        assert_int_equal(put_off(), waits[i]);
    }
}

static void the_exchanges_of_others_are_not_taken(void **state)
{
    (void)state;
    struct store_claimed item = denial(STORE_DENIAL_POLICY);
    struct exchange other = { .class = EXCHANGE_VERIFY };
    assert_false(farewell_answered(rig.farewell, &other));
    claim(&item, 1);
    assert_false(farewell_answered(rig.farewell, &other));
    answer(fake_engine_take(), 200);
    fake_store_finish(&told(true)->op, STORE_OK);
}

static void several_come_back_in_any_order(void **state)
{
    (void)state;
    struct store_claimed items[3] = { denial(STORE_DENIAL_POLICY),
                                      denial(STORE_DENIAL_POLICY),
                                      denial(STORE_DENIAL_POLICY) };
    claim(items, 3);
    struct exchange *said[3];
    for (size_t i = 0; i < 3; i++)
        said[i] = fake_engine_take();
    answer(said[1], 200);
    answer(said[0], 200);
    answer(said[2], 200);
    for (size_t i = 0; i < 3; i++)
        fake_store_finish(&told(true)->op, STORE_OK);
}

static void what_the_store_could_not_note_is_noted_later(void **state)
{
    (void)state;
    static const enum store_status statuses[] = { STORE_FULL, STORE_AGAIN,
                                                  STORE_UNKNOWN };
    struct store_claimed item = denial(STORE_DENIAL_POLICY);
    claim(&item, 1);
    answer(fake_engine_take(), 200);
    for (size_t i = 0; i < 3; i++) {
        fake_store_finish(&told(true)->op, statuses[i]);
        assert_false(farewell_idle(rig.farewell));
        assert_int_equal(farewell_patience(rig.farewell, loop_now()), 1000);
        fake_loop_pass(1000);
        farewell_step(rig.farewell, loop_now());
    }
    fake_store_finish(&told(true)->op, STORE_OK);
}

static void draining_begins_nothing(void **state)
{
    (void)state;
    farewell_drain(rig.farewell);
    farewell_poke(rig.farewell);
    farewell_step(rig.farewell, loop_now());
    assert_int_equal(fake_store_waiting_all(), 0);
}

#define SAID(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SAID(R56_it_is_one_get_and_any_answer_will_do),
        SAID(R56_it_names_the_topic_and_a_reason),
        SAID(R56_without_an_answer_it_is_said_once_more),
        SAID(what_may_not_be_called_is_not_called_again),
        SAID(old_news_and_moot_ones_stay_unsaid),
        SAID(S5_a_stranger_is_told_no_oftener_than_he_is_asked),
        SAID(what_was_not_tried_comes_again),
        SAID(the_exchanges_of_others_are_not_taken),
        SAID(several_come_back_in_any_order),
        SAID(what_the_store_could_not_note_is_noted_later),
        SAID(draining_begins_nothing),
    };
    log_setup(LOG_ERROR, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
