// SPDX-License-Identifier: MIT

#include "hub/delivery_end.h"

#include "fakes/fake_engine.h"
#include "fakes/fake_loop.h"
#include "fakes/fake_store.h"
#include "hub/config.h"
#include "hub/delivery.h"
#include "hub/endings.h"
#include "hub/ledger.h"
#include "hub/log.h"
#include "hub/metrics.h"
#include "hub/services.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static const struct moment now = { 9000, INT64_C(1780000000000) };

static struct config config;
static struct metrics metrics;
static struct content content;
static size_t dropped;

// Nothing else of content.c is needed here.
void content_drop(struct contents *contents, struct content *one)
{
    assert_null(contents);
    assert_ptr_equal(one, &content);
    dropped++;
}

static struct bytes bytes(const char *text)
{
    return (struct bytes){ text, strlen(text) };
}

static struct store_subscriber subscriber(void)
{
    return (struct store_subscriber){
        .topic = 7,
        .id = 31,
        .rev = 4,
        .start = 10,
        .callback = bytes("https://reader.example/cb?id=1"),
    };
}

static int setup(void **state)
{
    static char line[] = "Content-Type: application/atom+xml";
    (void)state;
    dropped = 0;
    metrics = (struct metrics){ .counts = { 0 } };
    config = (struct config){
        .retry_first = 10000,
        .retry_max = 3600000,
        .retry_attempts = 3,
        .delivery_timeout = 8000,
    };
    content = (struct content){
        .upto = 12,
        .body = "<feed/>",
        .body_len = 7,
        .type_line = line,
        .link_line = line,
    };
    return 0;
}

static struct delivery *deliver(const struct store_subscriber *to,
                                uint64_t cursor, enum exchange_class class)
{
    struct delivery *delivery =
        delivery_new(to, &content, cursor, class, &config);
    assert_non_null(delivery);
    return delivery;
}

static void end(struct delivery *delivery)
{
    delivery_free(delivery, NULL);
    assert_int_equal(dropped, 1);
}

// ----------------------------------------------------------------- outcomes

static struct store_outcome outcome_of(const struct delivery *delivery)
{
    return delivery_outcome(delivery, &config, now);
}

static void R97_a_2xx_moves_the_cursor_to_what_was_carried(void **state)
{
    (void)state;
    struct store_subscriber to = subscriber();
    struct delivery *delivery = deliver(&to, 11, EXCHANGE_DELIVER);
    delivery->token = 77;
    fake_engine_answer(&delivery->exchange, 202, "thanks");
    struct store_outcome outcome = outcome_of(delivery);
    assert_int_equal(outcome.kind, STORE_DELIVERED);
    assert_int_equal(outcome.subscription, 31);
    assert_int_equal(outcome.topic, 7);
    assert_int_equal(outcome.rev, 4);
    assert_int_equal(outcome.token, 77);
    assert_int_equal(outcome.upto, 12);
    assert_int_equal(outcome.status, 202);
    end(delivery);
}

static void R97_a_status_is_an_answer_whatever_became_of_its_body(void **state)
{
    (void)state;
    static const enum exchange_result results[] = { EXCHANGE_CUT,
                                                    EXCHANGE_TIMEOUT,
                                                    EXCHANGE_TOO_LARGE };
    struct store_subscriber to = subscriber();
    struct delivery *delivery = deliver(&to, 11, EXCHANGE_DELIVER);
    for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
        delivery->exchange.result = results[i];
        delivery->exchange.status = 200;
        assert_int_equal(outcome_of(delivery).kind, STORE_DELIVERED);
    }
    end(delivery);
}

static void R98_a_410_says_what_applies_if_it_was_renewed_meanwhile(
    void **state)
{
    (void)state;
    struct store_subscriber to = subscriber();
    struct delivery *delivery = deliver(&to, 11, EXCHANGE_DELIVER);
    fake_engine_answer(&delivery->exchange, 410, NULL);
    struct store_outcome outcome = outcome_of(delivery);
    assert_int_equal(outcome.kind, STORE_GONE);
    assert_int_equal(outcome.rev, 4);
    assert_int_equal(outcome.next, 12);
    assert_int_equal(outcome.attempts, 1);
    assert_true(outcome.due > now.unix);
    end(delivery);
}

static void R99_everything_else_is_owed_from_his_cursor_on(void **state)
{
    (void)state;
    static const unsigned statuses[] = { 301, 400, 404, 429, 500, 503 };
    struct store_subscriber to = subscriber();
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        struct delivery *delivery = deliver(&to, 11, EXCHANGE_DELIVER);
        fake_engine_answer(&delivery->exchange, statuses[i], NULL);
        struct store_outcome outcome = outcome_of(delivery);
        assert_int_equal(outcome.kind, STORE_OWED);
        assert_int_equal(outcome.next, 12);
        assert_int_equal(outcome.attempts, 1);
        assert_int_equal(outcome.step, 1);
        assert_int_equal(outcome.status, statuses[i]);
        // The first delay, give or take a fifth.
        assert_in_range(outcome.due - now.unix, 8000, 12000);
        delivery_free(delivery, NULL);
    }
}

static void no_answer_is_a_failure_with_a_reason(void **state)
{
    (void)state;
    struct store_subscriber to = subscriber();
    struct delivery *delivery = deliver(&to, 11, EXCHANGE_DELIVER);
    fake_engine_fail(&delivery->exchange, EXCHANGE_TIMEOUT);
    struct store_outcome outcome = outcome_of(delivery);
    assert_int_equal(outcome.kind, STORE_OWED);
    assert_int_equal(outcome.status, -(int)EXCHANGE_TIMEOUT);
    assert_int_equal(outcome.attempts, 1);
    end(delivery);
}

static void what_was_not_tried_is_no_attempt(void **state)
{
    (void)state;
    static const enum exchange_result results[] = { EXCHANGE_BUSY,
                                                    EXCHANGE_CANCELLED,
                                                    EXCHANGE_LIMITED };
    struct store_subscriber to = subscriber();
    to.lagging = true;
    to.attempts = 2; // one more would be the last
    to.step = 5;
    struct delivery *delivery = deliver(&to, 11, EXCHANGE_RETRY);
    for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
        fake_engine_fail(&delivery->exchange, results[i]);
        struct store_outcome outcome = outcome_of(delivery);
        assert_int_equal(outcome.kind, STORE_OWED);
        assert_false(outcome.tried);
        assert_int_equal(outcome.attempts, 2);
        assert_int_equal(outcome.step, 5);
        assert_int_equal(outcome.due, now.unix + 1000);
    }
    end(delivery);
}

static void M4_after_the_last_attempt_it_stops(void **state)
{
    (void)state;
    struct store_subscriber to = subscriber();
    to.lagging = true;
    to.attempts = 2;
    to.step = 5;
    struct delivery *delivery = deliver(&to, 11, EXCHANGE_RETRY);
    fake_engine_answer(&delivery->exchange, 500, NULL);
    fake_engine_field(&delivery->exchange, "retry-after", "60");
    struct store_outcome outcome = outcome_of(delivery);
    assert_int_equal(outcome.attempts, 3);
    assert_int_equal(outcome.due, 0);
    end(delivery);
}

static void delays_double_with_each_step(void **state)
{
    (void)state;
    struct store_subscriber to = subscriber();
    to.lagging = true;
    to.step = 3;
    struct delivery *delivery = deliver(&to, 11, EXCHANGE_RETRY);
    fake_engine_answer(&delivery->exchange, 500, NULL);
    struct store_outcome outcome = outcome_of(delivery);
    assert_in_range(outcome.due - now.unix, 64000, 96000);
    assert_int_equal(outcome.step, 4);
    end(delivery);
}

static int64_t due_when_asked_for(const char *retry_after)
{
    struct store_subscriber to = subscriber();
    struct delivery *delivery = deliver(&to, 11, EXCHANGE_DELIVER);
    fake_engine_answer(&delivery->exchange, 503, NULL);
    fake_engine_field(&delivery->exchange, "retry-after", retry_after);
    int64_t due = outcome_of(delivery).due;
    delivery_free(delivery, NULL);
    return due - now.unix;
}

static void retry_after_only_ever_makes_it_later(void **state)
{
    (void)state;
    assert_int_equal(due_when_asked_for("600"), 600000);
    assert_in_range(due_when_asked_for("0"), 8000, 12000);
    assert_in_range(due_when_asked_for("1"), 8000, 12000);
    assert_in_range(due_when_asked_for("soon"), 8000, 12000);
    // But within a day.
    assert_int_equal(due_when_asked_for("999999999"), 24 * 60 * 60 * 1000);
}

static void R100_retry_after_is_heeded_with_any_failure(void **state)
{
    (void)state;
    static const unsigned statuses[] = { 301, 404, 410, 413, 429, 500, 503 };
    struct store_subscriber to = subscriber();
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        struct delivery *delivery = deliver(&to, 11, EXCHANGE_DELIVER);
        fake_engine_answer(&delivery->exchange, statuses[i], NULL);
        fake_engine_field(&delivery->exchange, "retry-after", "120");
        assert_int_equal(outcome_of(delivery).due - now.unix, 120000);
        delivery_free(delivery, NULL);
    }
}

static void R100_retry_after_may_be_a_date(void **state)
{
    (void)state;
    // 1,780,000,000 s is Thu, 28 May 2026 20:26:40 GMT.
    assert_int_equal(due_when_asked_for("Thu, 28 May 2026 20:36:40 GMT"),
                     600000);
    assert_in_range(due_when_asked_for("Thu, 28 May 2026 20:16:40 GMT"), 8000,
                    12000);
}

static void an_attempt_tells_how_long_it_took(void **state)
{
    (void)state;
    struct store_subscriber to = subscriber();
    struct delivery *delivery = deliver(&to, 11, EXCHANGE_DELIVER);
    fake_engine_answer(&delivery->exchange, 500, NULL);
    delivery->exchange.started_ms = 5000;
    delivery->exchange.ended_ms = 5321;
    struct store_outcome outcome = outcome_of(delivery);
    assert_true(outcome.tried);
    assert_int_equal(outcome.took_ms, 321);
    end(delivery);
}

// ------------------------------------------------------------------- telling

static struct ledger *ledger;

static void recorded(void *context)
{
    (void)context;
}

static struct services services(void)
{
    return (struct services){
        .config = &config,
        .store = fake_store(),
        .metrics = &metrics,
    };
}

static int setup_telling(void **state)
{
    struct services means = services();
    setup(state);
    fake_loop();
    ledger = ledger_new(&means, recorded, NULL);
    return ledger ? 0 : -1;
}

static int teardown_telling(void **state)
{
    (void)state;
    ledger_free(ledger);
    return 0;
}

// One ends with this status, after so many attempts.
static void note(uint32_t before, unsigned status)
{
    struct services means = services();
    struct store_subscriber to = subscriber();
    to.lagging = before > 0;
    to.attempts = before;
    struct delivery *delivery =
        deliver(&to, 11, before > 0 ? EXCHANGE_RETRY : EXCHANGE_DELIVER);
    if (status > 0)
        fake_engine_answer(&delivery->exchange, status, NULL);
    else
        fake_engine_fail(&delivery->exchange, EXCHANGE_CANCELLED);
    struct store_outcome outcome = outcome_of(delivery);
    delivery_note(delivery, &outcome, &means, ledger,
                  (struct moment){ 1000, 1000 });
    delivery_free(delivery, NULL);
}

static void each_is_counted_by_what_became_of_it(void **state)
{
    (void)state;
    note(0, 200);
    assert_int_equal(metrics.counts[METRIC_DELIVERIES], 1);
    assert_int_equal(metrics.counts[METRIC_DELIVERED], 1);
    // Of what was never begun there is nothing to count.
    note(0, 0);
    assert_int_equal(metrics.counts[METRIC_DELIVERIES], 1);
    note(2, 500);
    assert_int_equal(metrics.counts[METRIC_RETRIES], 1);
    assert_int_equal(metrics.counts[METRIC_DELIVERY_FAILED], 1);
    assert_int_equal(metrics.counts[METRIC_DELIVERY_STOPPED], 1);
}

static void R98_that_it_is_gone_is_the_stores_to_say(void **state)
{
    (void)state;
    note(0, 410);
    assert_int_equal(metrics.counts[METRIC_DELIVERY_FAILED], 1);
    assert_int_equal(metrics.counts[METRIC_GONE], 0);
    assert_int_equal(ledger_endings(ledger)->count, 1);
    const struct store_outcome outcome = { .kind = STORE_GONE,
                                           .topic = 7,
                                           .subscription = 31 };
    bool ended = true;
    ledger_settled(ledger, &outcome, &ended, 1);
    assert_int_equal(metrics.counts[METRIC_GONE], 1);
    assert_int_equal(ledger_endings(ledger)->count, 0);
}

static void R98_whoever_renewed_meanwhile_has_not_ended(void **state)
{
    (void)state;
    note(0, 410);
    const struct store_outcome outcome = { .kind = STORE_GONE,
                                           .topic = 7,
                                           .subscription = 31 };
    bool ended = false;
    ledger_settled(ledger, &outcome, &ended, 1);
    assert_int_equal(metrics.counts[METRIC_GONE], 0);
    assert_int_equal(ledger_endings(ledger)->count, 0);
}

static void it_is_warned_three_times_before_attempts_run_out(void **state)
{
    (void)state;
    config.retry_attempts = 12;
    for (uint32_t before = 0; before < 12; before++)
        note(before, 500);
    assert_int_equal(metrics.counts[METRIC_DELIVERY_WARNED], 3);
    assert_int_equal(metrics.counts[METRIC_DELIVERY_STOPPED], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(R97_a_2xx_moves_the_cursor_to_what_was_carried,
                               setup),
        cmocka_unit_test_setup(
            R97_a_status_is_an_answer_whatever_became_of_its_body, setup),
        cmocka_unit_test_setup(
            R98_a_410_says_what_applies_if_it_was_renewed_meanwhile, setup),
        cmocka_unit_test_setup(R99_everything_else_is_owed_from_his_cursor_on,
                               setup),
        cmocka_unit_test_setup(no_answer_is_a_failure_with_a_reason, setup),
        cmocka_unit_test_setup(what_was_not_tried_is_no_attempt, setup),
        cmocka_unit_test_setup(M4_after_the_last_attempt_it_stops, setup),
        cmocka_unit_test_setup(delays_double_with_each_step, setup),
        cmocka_unit_test_setup(retry_after_only_ever_makes_it_later, setup),
        cmocka_unit_test_setup(R100_retry_after_is_heeded_with_any_failure,
                               setup),
        cmocka_unit_test_setup(R100_retry_after_may_be_a_date, setup),
        cmocka_unit_test_setup(an_attempt_tells_how_long_it_took, setup),
        cmocka_unit_test_setup_teardown(each_is_counted_by_what_became_of_it,
                                        setup_telling, teardown_telling),
        cmocka_unit_test_setup_teardown(
            R98_that_it_is_gone_is_the_stores_to_say, setup_telling,
            teardown_telling),
        cmocka_unit_test_setup_teardown(
            R98_whoever_renewed_meanwhile_has_not_ended, setup_telling,
            teardown_telling),
        cmocka_unit_test_setup_teardown(
            it_is_warned_three_times_before_attempts_run_out, setup_telling,
            teardown_telling),
    };
    log_setup(LOG_ERROR, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
