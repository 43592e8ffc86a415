// SPDX-License-Identifier: MIT

#include "hub/delivery.h"

#include "fakes/fake_engine.h"
#include "fakes/fake_loop.h"
#include "hub/config.h"
#include "hub/log.h"
#include "hub/services.h"
#include "hub/signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
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
    (void)snprintf(content.previous_line, sizeof content.previous_line,
                   "Hub-Previous: 0000000000000abc.%d", (int)cursor);
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
    assert_true(delivery->exchange.prepare(&delivery->exchange, line));
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

// ------------------------------------------------------------- large bodies

static char large[SIGNING_FROM + 1];

static struct services with_a_large_body(void)
{
    memset(large, 'x', sizeof large);
    content.body = large;
    content.body_len = sizeof large;
    return (struct services){ .engine = fake_engine(), .loop = fake_loop() };
}

static struct delivery *signed_one(void)
{
    struct store_subscriber to = subscriber();
    to.profile.secret = bytes("a secret");
    to.profile.method = STORE_SHA256;
    return deliver(&to, 11, EXCHANGE_DELIVER);
}

static void a_large_body_is_signed_before_it_goes_out(void **state)
{
    (void)state;
    struct services services = with_a_large_body();
    struct delivery *delivery = signed_one();
    delivery_submit(&services, delivery);
    assert_int_equal(fake_engine_waiting(), 0);
    while (fake_loop_work() > 0)
        ;
    assert_ptr_equal(fake_engine_take(), &delivery->exchange);
    char line[EXCHANGE_LINE_MAX], wanted[SIGNATURE_LINE_MAX];
    assert_true(signature_line(SIGNATURE_SHA256, "a secret", 8, large,
                               sizeof large, wanted));
    // So there is nothing left to do for the network thread but to copy it.
    memset(large, 'y', sizeof large);
    delivery->exchange.prepare(&delivery->exchange, line);
    assert_string_equal(line, wanted);
    signing_free(content.signing);
    end(delivery);
}

static void one_that_is_cancelled_while_it_is_signed_is_so_afterwards(
    void **state)
{
    (void)state;
    struct services services = with_a_large_body();
    struct delivery *delivery = signed_one();
    delivery_submit(&services, delivery);
    delivery_cancel(&services, delivery);
    assert_int_equal(fake_engine_cancelled(&delivery->exchange), 0);
    while (fake_loop_work() > 0)
        ;
    assert_ptr_equal(fake_engine_take(), &delivery->exchange);
    assert_int_equal(fake_engine_cancelled(&delivery->exchange), 1);
    signing_free(content.signing);
    end(delivery);
}

static void what_is_not_signed_or_not_large_goes_out_at_once(void **state)
{
    (void)state;
    struct services services = with_a_large_body();
    struct store_subscriber to = subscriber();
    struct delivery *plain = deliver(&to, 11, EXCHANGE_DELIVER);
    delivery_submit(&services, plain);
    assert_ptr_equal(fake_engine_take(), &plain->exchange);
    end(plain);
    dropped = 0;
    content.body_len = SIGNING_FROM;
    struct delivery *small = signed_one();
    delivery_submit(&services, small);
    assert_ptr_equal(fake_engine_take(), &small->exchange);
    assert_int_equal(fake_loop_work(), 0);
    end(small);
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
        cmocka_unit_test_setup(a_large_body_is_signed_before_it_goes_out,
                               setup),
        cmocka_unit_test_setup(
            one_that_is_cancelled_while_it_is_signed_is_so_afterwards, setup),
        cmocka_unit_test_setup(what_is_not_signed_or_not_large_goes_out_at_once,
                               setup),
    };
    log_setup(LOG_ERROR, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
