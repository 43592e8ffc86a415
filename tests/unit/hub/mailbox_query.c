// SPDX-License-Identifier: MIT

#include "hub/mailbox_query.h"

#include "hub/pull_query.h"
#include "hub/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct request_field fields[4];

static struct request asks(const char *query, const char *name,
                           const char *value)
{
    fields[0] = (struct request_field){ name, value };
    return (struct request){ .query = query,
                             .fields = fields,
                             .field_count = name ? 1 : 0 };
}

static struct mailbox_query good(const char *query, const char *name,
                                 const char *value)
{
    struct request request = asks(query, name, value);
    struct mailbox_query out;
    if (!mailbox_query_read(&request, MAILBOX_MESSAGES, &out))
        fail_msg("%s: %s", query, out.problem);
    return out;
}

static void nothing_asked_is_the_default(void **state)
{
    struct mailbox_query query = good("", NULL, NULL);
    (void)state;
    assert_int_equal(query.wish.voice, VOICE_JSON);
    assert_int_equal(query.wish.wait_ms, 0);
    assert_int_equal(query.limit, PULL_LIMIT);
    assert_int_equal(query.max_bytes, PULL_BYTES);
    assert_int_equal(query.wish.heartbeat_ms, 15000);
    assert_int_equal(query.wish.life_ms, 1800000);
    assert_true(query.bodies);
    assert_false(query.limited);
    assert_string_equal(query.ack, "");
}

static void every_parameter_is_taken(void **state)
{
    struct mailbox_query query =
        good("ack=abc&wait=30&limit=5&max_bytes=1024&body=none&heartbeat=5"
             "&life=60&pad=2048&other=1",
             NULL, NULL);
    (void)state;
    assert_string_equal(query.ack, "abc");
    assert_int_equal(query.wish.wait_ms, 30000);
    assert_int_equal(query.limit, 5);
    assert_true(query.limited);
    assert_int_equal(query.max_bytes, 1024);
    assert_false(query.bodies);
    assert_int_equal(query.wish.heartbeat_ms, 5000);
    assert_int_equal(query.wish.life_ms, 60000);
    assert_int_equal(query.wish.pad, 2048);
    assert_int_equal(good("timeout=9999", NULL, NULL).wish.wait_ms, 270000);
}

static void the_pages_of_a_stream_are_never_large(void **state)
{
    struct request request = asks("max_bytes=4194304", NULL, NULL);
    struct mailbox_query out;
    (void)state;
    assert_int_equal(good("max_bytes=4194304", NULL, NULL).max_bytes, 4194304);
    assert_true(mailbox_query_read(&request, MAILBOX_SSE, &out));
    assert_int_equal(out.max_bytes, PULL_BYTES);
    assert_true(mailbox_query_read(&request, MAILBOX_WS, &out));
    assert_int_equal(out.max_bytes, PULL_BYTES);
}

static void what_an_EventSource_comes_back_with_acknowledges(void **state)
{
    (void)state;
    assert_string_equal(good("ack=old", "Last-Event-ID", "new").ack, "new");
    assert_string_equal(good("lastEventId=x", NULL, NULL).ack, "x");
}

static void a_wait_may_be_a_preference(void **state)
{
    struct mailbox_query query = good("", "Prefer", "respond-async, wait=20");
    (void)state;
    assert_int_equal(query.wish.wait_ms, 20000);
    assert_int_equal(query.wish.preferred_s, 20);
    assert_int_equal(good("", "Prefer", "wait=x").wish.preferred_s, 0);
}

static void the_path_or_Accept_says_how(void **state)
{
    static const struct {
        enum mailbox_part part;
        const char *accept;
        enum pull_voice voice;
    } cases[] = {
        { MAILBOX_SSE, "*/*", VOICE_EVENTS },
        { MAILBOX_STREAM, "*/*", VOICE_LINES },
        { MAILBOX_WS, "*/*", VOICE_SOCKET },
        { MAILBOX_MESSAGES, "text/event-stream", VOICE_EVENTS },
        { MAILBOX_MESSAGES, "application/x-ndjson", VOICE_LINES },
        { MAILBOX_MESSAGES, "application/json", VOICE_JSON },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct request request = asks("", "Accept", cases[i].accept);
        struct mailbox_query out;
        assert_true(mailbox_query_read(&request, cases[i].part, &out));
        assert_int_equal(out.wish.voice, cases[i].voice);
    }
}

static void who_is_wrong_is_told_where(void **state)
{
    static const char *const queries[] = {
        "wait=x",
        "wait=-1",
        "wait=",
        "limit=0",
        "limit=1001",
        "max_bytes=0",
        "body=some",
        "heartbeat=4",
        "heartbeat=271",
        "life=59",
        "life=3601",
        "pad=8193",
        "limit=99999999999999999999",
        "max_bytes=4194305",
    };
    (void)state;
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        struct request request = asks(queries[i], NULL, NULL);
        struct mailbox_query out;
        if (mailbox_query_read(&request, MAILBOX_MESSAGES, &out))
            fail_msg("%s is taken", queries[i]);
        size_t name = strcspn(queries[i], "=");
        assert_memory_equal(out.problem, queries[i], name);
    }
    struct request request = asks("a=%zz", NULL, NULL);
    struct mailbox_query out;
    assert_false(mailbox_query_read(&request, MAILBOX_MESSAGES, &out));
    assert_true(out.problem[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_asked_is_the_default),
        cmocka_unit_test(every_parameter_is_taken),
        cmocka_unit_test(the_pages_of_a_stream_are_never_large),
        cmocka_unit_test(what_an_EventSource_comes_back_with_acknowledges),
        cmocka_unit_test(a_wait_may_be_a_preference),
        cmocka_unit_test(the_path_or_Accept_says_how),
        cmocka_unit_test(who_is_wrong_is_told_where),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
