// SPDX-License-Identifier: MIT

#include "hub/delivery.h"

#include "fakes/fake_engine.h"
#include "hub/config.h"
#include "hub/log.h"
#include "hub/metrics.h"
#include "hub/signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static const struct moment now = { 9000, INT64_C(1780000000000) };

static struct config config;
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
    static char type_line[] = "Content-Type: application/atom+xml";
    static char link_line[] = "Link: <https://hub.example/>; rel=\"hub\"";
    (void)state;
    dropped = 0;
    config = (struct config){
        .retry_first = 10000,
        .retry_max = 3600000,
        .retry_attempts = 3,
        .delivery_timeout = 8000,
    };
    content = (struct content){
        .upto = 12,
        .incarnation = 0xabc,
        .body = "<feed/>",
        .body_len = 7,
        .type_line = type_line,
        .link_line = link_line,
        .sequence_line = "Hub-Sequence: 0000000000000abc.12",
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

// ------------------------------------------------------------------ wishes

static void M3_the_first_delivery_is_the_whole_document(void **state)
{
    (void)state;
    struct store_subscriber to = subscriber();
    assert_int_equal(delivery_wish(&to, 10), CONTENT_FIRST);
    assert_int_equal(delivery_wish(&to, 11), CONTENT_USUAL);
}

static void M3_clients_of_the_old_profile_only_ever_get_what_is_new(
    void **state)
{
    (void)state;
    struct store_subscriber to = subscriber();
    to.profile.old_client = true;
    assert_int_equal(delivery_wish(&to, 10), CONTENT_USUAL);
    to.profile.old_client = false;
    to.profile.content = STORE_CONTENT_ENTRIES;
    assert_int_equal(delivery_wish(&to, 10), CONTENT_NEWS);
}

static void M3_who_wants_it_full_gets_it_full_each_time(void **state)
{
    (void)state;
    struct store_subscriber to = subscriber();
    to.profile.content = STORE_CONTENT_FULL;
    to.profile.old_client = true;
    assert_int_equal(delivery_wish(&to, 10), CONTENT_WHOLE);
    assert_int_equal(delivery_wish(&to, 11), CONTENT_WHOLE);
}

// ----------------------------------------------------------------- requests

static void R90_it_is_one_post_of_exactly_the_content(void **state)
{
    (void)state;
    struct store_subscriber to = subscriber();
    struct delivery *delivery = deliver(&to, 11, EXCHANGE_DELIVER);
    const struct exchange *x = &delivery->exchange;
    assert_true(x->post);
    assert_string_equal(x->url, "https://reader.example/cb?id=1");
    assert_ptr_equal(x->body, content.body);
    assert_int_equal(x->body_len, 7);
    assert_int_equal(x->redirects_max, 0);
    assert_int_equal(x->class, EXCHANGE_DELIVER);
    assert_int_equal(x->timeout_ms, 8000);
    assert_true(x->truncate);
    assert_true(x->body_max <= 1024);
    assert_ptr_equal(x->owner, delivery);
    end(delivery);
}

static void R60_it_is_not_begun_after_the_lease(void **state)
{
    (void)state;
    struct store_subscriber to = subscriber();
    to.lease_end = now.unix + 700;
    struct delivery *first = deliver(&to, 10, EXCHANGE_DELIVER);
    assert_int_equal(first->exchange.not_after, now.unix + 700);
    end(first);
    dropped = 0;
    struct delivery *again = deliver(&to, 10, EXCHANGE_RETRY);
    assert_int_equal(again->exchange.not_after, now.unix + 700);
    end(again);
}

static void M8_its_header_lines_are_these_and_no_others(void **state)
{
    (void)state;
    struct store_subscriber to = subscriber();
    struct delivery *delivery = deliver(&to, 11, EXCHANGE_DELIVER);
    const struct exchange *x = &delivery->exchange;
    assert_int_equal(x->header_count, 4);
    assert_string_equal(x->headers[0], "Content-Type: application/atom+xml");
    assert_string_equal(x->headers[1],
                        "Link: <https://hub.example/>; rel=\"hub\"");
    assert_string_equal(x->headers[2], "Hub-Sequence: 0000000000000abc.12");
    assert_string_equal(x->headers[3], "Hub-Previous: 0000000000000abc.11");
    end(delivery);
}

static void M2_who_spelt_the_topic_otherwise_is_told_his_own(void **state)
{
    (void)state;
    static const char mine[] = "https://blog.example/%7Eme";
    struct store_subscriber to = subscriber();
    content.topic_url = bytes("https://blog.example/~me");
    char line[] = "Link: <https://hub.example/>; rel=\"hub\", "
                  "<https://blog.example/~me>; rel=\"self\"";
    content.link_line = line;
    to.topic_url = content.topic_url;
    struct delivery *same = deliver(&to, 10, EXCHANGE_DELIVER);
    assert_string_equal(fake_engine_line(&same->exchange, "Link"), line);
    end(same);

    dropped = 0;
    to.topic_url = (struct bytes){ mine, sizeof mine - 1 };
    struct delivery *other = deliver(&to, 10, EXCHANGE_DELIVER);
    assert_string_equal(fake_engine_line(&other->exchange, "Link"),
                        "Link: <https://hub.example/>; rel=\"hub\", "
                        "<https://blog.example/%7Eme>; rel=\"self\"");
    end(other);

    // What the publisher says counts for all.
    dropped = 0;
    content.topic_url = (struct bytes){ NULL, 0 };
    struct delivery *told = deliver(&to, 10, EXCHANGE_DELIVER);
    assert_string_equal(fake_engine_line(&told->exchange, "Link"), line);
    end(told);
}

static void M10_a_gap_is_told_in_a_line_of_its_own(void **state)
{
    (void)state;
    static const char gap[] = "Hub-Gap: 0000000000000abc.6-12; reason=expired";
    struct store_subscriber to = subscriber();
    memcpy(content.gap_line, gap, sizeof gap);
    struct delivery *delivery = deliver(&to, 5, EXCHANGE_DELIVER);
    assert_int_equal(delivery->exchange.header_count, 5);
    assert_string_equal(delivery->exchange.headers[4], gap);
    end(delivery);
}

static void R114_what_goes_out_is_signed_with_the_subscriptions_secret(
    void **state)
{
    (void)state;
    struct store_subscriber to = subscriber();
    to.profile.secret = bytes("s3cret");
    to.profile.method = STORE_SHA384;
    struct delivery *delivery = deliver(&to, 11, EXCHANGE_DELIVER);
    char line[EXCHANGE_LINE_MAX], wanted[SIGNATURE_LINE_MAX];
    assert_non_null(delivery->exchange.prepare);
    delivery->exchange.prepare(&delivery->exchange, line);
    assert_true(
        signature_line(SIGNATURE_SHA384, "s3cret", 6, "<feed/>", 7, wanted));
    assert_string_equal(line, wanted);
    end(delivery);
}

static void R110_without_a_secret_nothing_is_signed(void **state)
{
    (void)state;
    struct store_subscriber to = subscriber();
    struct delivery *delivery = deliver(&to, 11, EXCHANGE_DELIVER);
    assert_null(delivery->exchange.prepare);
    end(delivery);
}

static void what_the_store_lends_is_copied(void **state)
{
    (void)state;
    char callback[] = "https://reader.example/cb", secret[] = "s3cret";
    struct store_subscriber to = subscriber();
    to.callback = bytes(callback);
    to.profile.secret = bytes(secret);
    struct delivery *delivery = deliver(&to, 11, EXCHANGE_DELIVER);
    memset(callback, 'x', strlen(callback));
    memset(secret, 'x', strlen(secret));
    assert_string_equal(delivery->exchange.url, "https://reader.example/cb");
    assert_memory_equal(delivery->secret, "s3cret", 6);
    end(delivery);
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
                                                    EXCHANGE_CANCELLED };
    struct store_subscriber to = subscriber();
    to.lagging = true;
    to.attempts = 2; // one more would be the last
    to.step = 5;
    struct delivery *delivery = deliver(&to, 11, EXCHANGE_RETRY);
    for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
        fake_engine_fail(&delivery->exchange, results[i]);
        struct store_outcome outcome = outcome_of(delivery);
        assert_int_equal(outcome.kind, STORE_OWED);
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

// ------------------------------------------------------------------ counting

static void each_is_counted_by_what_became_of_it(void **state)
{
    (void)state;
    struct metrics metrics = { .counts = { 0 } };
    struct store_subscriber to = subscriber();
    struct delivery *first = deliver(&to, 11, EXCHANGE_DELIVER);
    fake_engine_answer(&first->exchange, 200, NULL);
    struct store_outcome outcome = outcome_of(first);
    delivery_note(first, &outcome, &metrics);
    assert_int_equal(metrics.counts[METRIC_DELIVERIES], 1);
    assert_int_equal(metrics.counts[METRIC_DELIVERED], 1);
    first->exchange.status = 410;
    outcome = outcome_of(first);
    delivery_note(first, &outcome, &metrics);
    assert_int_equal(metrics.counts[METRIC_GONE], 1);
    assert_int_equal(metrics.counts[METRIC_DELIVERY_FAILED], 1);
    // Of what was never begun there is nothing to count.
    fake_engine_fail(&first->exchange, EXCHANGE_CANCELLED);
    outcome = outcome_of(first);
    delivery_note(first, &outcome, &metrics);
    assert_int_equal(metrics.counts[METRIC_DELIVERIES], 2);
    delivery_free(first, NULL);

    to.lagging = true;
    to.attempts = 2;
    struct delivery *last = deliver(&to, 11, EXCHANGE_RETRY);
    fake_engine_answer(&last->exchange, 500, NULL);
    outcome = outcome_of(last);
    delivery_note(last, &outcome, &metrics);
    assert_int_equal(metrics.counts[METRIC_RETRIES], 1);
    assert_int_equal(metrics.counts[METRIC_DELIVERY_FAILED], 2);
    assert_int_equal(metrics.counts[METRIC_DELIVERY_STOPPED], 1);
    delivery_free(last, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(M3_the_first_delivery_is_the_whole_document,
                               setup),
        cmocka_unit_test_setup(
            M3_clients_of_the_old_profile_only_ever_get_what_is_new, setup),
        cmocka_unit_test_setup(M3_who_wants_it_full_gets_it_full_each_time,
                               setup),
        cmocka_unit_test_setup(R90_it_is_one_post_of_exactly_the_content,
                               setup),
        cmocka_unit_test_setup(R60_it_is_not_begun_after_the_lease, setup),
        cmocka_unit_test_setup(M8_its_header_lines_are_these_and_no_others,
                               setup),
        cmocka_unit_test_setup(M2_who_spelt_the_topic_otherwise_is_told_his_own,
                               setup),
        cmocka_unit_test_setup(M10_a_gap_is_told_in_a_line_of_its_own, setup),
        cmocka_unit_test_setup(
            R114_what_goes_out_is_signed_with_the_subscriptions_secret, setup),
        cmocka_unit_test_setup(R110_without_a_secret_nothing_is_signed, setup),
        cmocka_unit_test_setup(what_the_store_lends_is_copied, setup),
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
        cmocka_unit_test_setup(each_is_counted_by_what_became_of_it, setup),
    };
    log_setup(LOG_ERROR, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
