// SPDX-License-Identifier: MIT

#include "hub/observation.h"

#include "fakes/history.h"

// ------------------------------------------------------------------- bodies

static void a_body_over_one_chunk_is_put_in_chunks(void **state)
{
    (void)state;
    static char body[STORE_CHUNK + 2];
    memset(body, 'x', STORE_CHUNK);
    const struct store_publish *publish = fetch(body, "text/plain");
    assert_int_equal(publish->whole.chunked, 0);
    assert_int_equal(publish->whole.inlined.len, STORE_CHUNK);
    settle(publish);
    body[STORE_CHUNK] = 'x';
    publish = fetch(body, "text/plain");
    assert_int_equal(publish->whole.chunked, STORE_CHUNK + 1);
    assert_int_equal(publish->whole.inlined.len, 0);
}

static void R92_the_content_type_is_the_origins(void **state)
{
    (void)state;
    const struct store_publish *publish =
        fetch("hello", "text/x-poem; charset=\"utf-8\"");
    assert_int_equal(publish->content_type.len, 28);
    assert_memory_equal(publish->content_type.at,
                        "text/x-poem; charset=\"utf-8\"", 28);
    fake_engine_answer(begin(true), 200, "hello");
    publish = judge();
    assert_memory_equal(publish->content_type.at, "application/octet-stream",
                        24);
}

// ---------------------------------------------------------------- validators

static void an_etag_is_asked_with_byte_for_byte(void **state)
{
    (void)state;
    history.item.topic.etag = bytes("W/\"a b\"");
    history.item.topic.modified = bytes("Sat, 28 Nov 2026 07:00:00 GMT");
    const struct exchange *x = begin(true);
    assert_string_equal(fake_engine_line(x, "If-None-Match"),
                        "If-None-Match: W/\"a b\"");
    assert_null(fake_engine_line(x, "If-Modified-Since"));
    assert_true(history.now->conditional);
    x = begin(false);
    assert_null(fake_engine_line(x, "If-"));
    assert_false(history.now->conditional);
    // R86a: past the caches on the way.
    assert_non_null(fake_engine_line(x, "Cache-Control: no-cache"));
}

static void R86b_a_date_of_the_same_second_proves_nothing(void **state)
{
    (void)state;
    const int64_t seven = INT64_C(1795849200000); // 2026-11-28 07:00 UTC
    history.item.topic.modified = bytes("Sat, 28 Nov 2026 07:00:00 GMT");
    history.item.topic.modified_seen = seven + 1000;
    assert_null(fake_engine_line(begin(true), "If-"));
    assert_false(history.now->conditional);
    history.item.topic.modified_seen = seven + 60000;
    assert_string_equal(fake_engine_line(begin(true), "If-"),
                        "If-Modified-Since: Sat, 28 Nov 2026 07:00:00 GMT");
    assert_true(history.now->conditional);
}

static void the_validators_of_a_200_are_remembered(void **state)
{
    (void)state;
    struct exchange *x = begin(true);
    fake_engine_answer(x, 200, "hello");
    fake_engine_field(x, "etag", "\"v1\"");
    fake_engine_field(x, "last-modified", "Sat, 28 Nov 2026 07:00:00 GMT");
    fake_engine_field(x, "date", "Sat, 28 Nov 2026 08:00:00 GMT");
    const struct store_publish *publish = judge();
    assert_true(publish->new_validators);
    assert_memory_equal(publish->etag.at, "\"v1\"", 5);
    assert_int_equal(publish->modified.len, 29);
    assert_int_equal(publish->modified_seen, INT64_C(1795852800000));
    assert_int_equal(publish->moved.len, 0);
}

static void M5_a_failure_leaves_the_validators_alone(void **state)
{
    (void)state;
    history.item.topic.dirty = 2;
    history.item.topic.head = 9;
    fake_engine_fail(begin(true), EXCHANGE_TIMEOUT);
    observation_settle(history.now, STORE_FETCH_FAILED);
    const struct store_publish *publish = &history.now->publish;
    assert_int_equal(publish->verdict, STORE_FETCH_FAILED);
    assert_false(publish->new_validators);
    assert_int_equal(publish->status, -(int)EXCHANGE_TIMEOUT);
    assert_int_equal(publish->generation, 2);
    assert_int_equal(publish->expected_head, 9);
    assert_int_equal(publish->token, 40);
}

static void M15_where_it_was_redirected_to_is_remembered(void **state)
{
    (void)state;
    struct exchange *x = begin(true);
    fake_engine_answer(x, 200, "hello");
    fake_engine_moved(x, "https://elsewhere.example/feed");
    fake_engine_field(x, "link", "</h>; rel=hub");
    const struct store_publish *publish = judge();
    assert_memory_equal(publish->moved.at, "https://elsewhere.example/feed",
                        31);
    // Links are relative to where the document came from.
    assert_true(contains(publish->hubs, "https://elsewhere.example/h"));
}

static void R81_a_304_of_another_resource_misleads(void **state)
{
    (void)state;
    history.item.topic.etag = bytes("\"v1\"");
    begin(true);
    assert_false(observation_misled(history.now));
    fake_engine_moved(&history.now->exchange, "https://elsewhere.example/");
    assert_true(observation_misled(history.now));
    history.item.topic.moved = bytes("https://elsewhere.example/");
    begin(true);
    assert_true(observation_misled(history.now));
    fake_engine_moved(&history.now->exchange, "https://elsewhere.example/");
    assert_false(observation_misled(history.now));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OBSERVED(a_body_over_one_chunk_is_put_in_chunks),
        OBSERVED(R92_the_content_type_is_the_origins),
        OBSERVED(an_etag_is_asked_with_byte_for_byte),
        OBSERVED(R86b_a_date_of_the_same_second_proves_nothing),
        OBSERVED(the_validators_of_a_200_are_remembered),
        OBSERVED(M5_a_failure_leaves_the_validators_alone),
        OBSERVED(M15_where_it_was_redirected_to_is_remembered),
        OBSERVED(R81_a_304_of_another_resource_misleads),
    };
    document_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
