// SPDX-License-Identifier: MIT

#include "hub/pull_control.h"
#include "hub/parcel.h"
#include "hub/pull_problem.h"
#include "hub/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

// The parcel as text, and no more of it.
static const char *text_of(struct parcel *parcel)
{
    static char text[16384];
    assert_non_null(parcel);
    size_t len = parcel_length(parcel);
    assert_true(len < sizeof text);
    memcpy(text, parcel_bytes(parcel), len);
    text[len] = '\0';
    parcel_free(parcel);
    return text;
}

static struct request get(const struct request_field fields[], size_t count)
{
    return (struct request){ .method = REQUEST_GET,
                             .path = "/events/ws",
                             .query = "",
                             .fields = fields,
                             .field_count = count,
                             .body = "" };
}

// Without the line of the date, which must be there.
static void assert_head(const char *text, const char *before, const char *after)
{
    assert_memory_equal(text, before, strlen(before));
    const char *date = text + strlen(before);
    assert_memory_equal(date, "Date: ", 6);
    assert_memory_equal(strchr(date, '\n') - 5, " GMT\r", 5);
    assert_string_equal(strchr(date, '\n') + 1, after);
}

static const char events_head[] = "HTTP/1.1 200 OK\r\n"
                                  "Content-Type: text/event-stream\r\n"
                                  "Cache-Control: no-store\r\n"
                                  "X-Accel-Buffering: no\r\n"
                                  "X-Content-Type-Options: nosniff\r\n"
                                  "Connection: close\r\n";

static void events_begin_with_when_to_come_again(void **state)
{
    (void)state;
    const struct request request = get(NULL, 0);
    assert_head(text_of(pull_head(VOICE_EVENTS, &request, 3417, 0, NULL)),
                events_head, "\r\nretry: 3417\n\n");
}

static void a_page_of_another_origin_may_read(void **state)
{
    (void)state;
    const struct request request = get(NULL, 0);
    assert_head(
        text_of(pull_head(VOICE_EVENTS, &request, 0, 0,
                          "Access-Control-Allow-Origin: https://x")),
        events_head,
        "Access-Control-Allow-Origin: https://x\r\nVary: Origin\r\n\r\n");
}

static void padding_says_nothing(void **state)
{
    (void)state;
    const struct request request = get(NULL, 0);
    char wanted[128];
    snprintf(wanted, sizeof wanted, "\r\nretry: 9\n\n:%40s\n\n", "");
    assert_head(text_of(pull_head(VOICE_EVENTS, &request, 9, 40, NULL)),
                events_head, wanted);
    const char *lines =
        text_of(pull_head(VOICE_LINES, &request, 9, 8192, NULL));
    assert_non_null(strstr(lines, "Content-Type: application/x-ndjson\r\n"));
    const char *body = strstr(lines, "\r\n\r\n") + 4;
    assert_int_equal(strlen(body), 8193);
    assert_int_equal(strspn(body, " "), 8192);
    assert_int_equal(body[8192], '\n');
}

static const struct request_field handshake[] = {
    { "Connection", "keep-alive, Upgrade" },
    { "Upgrade", "websocket" },
    { "Sec-WebSocket-Version", "13" },
    { "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==" },
    { "Sec-WebSocket-Protocol", "chat, hub.pull.v1" },
};

// The key of RFC 6455, 1.3.
static void a_socket_is_switched_to(void **state)
{
    (void)state;
    static const char head[] =
        "HTTP/1.1 101 Switching Protocols\r\n"
        "Upgrade: websocket\r\n"
        "Connection: Upgrade\r\n"
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
    const struct request request = get(handshake, 4);
    assert_head(text_of(pull_head(VOICE_SOCKET, &request, 9, 9, NULL)), head,
                "\r\n");
}

static void a_subprotocol_is_chosen_where_it_is_offered(void **state)
{
    (void)state;
    const struct request request = get(handshake, 5);
    assert_non_null(
        strstr(text_of(pull_head(VOICE_SOCKET, &request, 0, 0, NULL)),
               "\r\nSec-WebSocket-Protocol: hub.pull.v1\r\n"));
    struct request_field other = { "Sec-WebSocket-Protocol",
                                   "chat,hub.pull.v12, xhub.pull.v1" };
    struct request_field fields[5];
    memcpy(fields, handshake, sizeof fields);
    fields[4] = other;
    const struct request another = get(fields, 5);
    assert_null(strstr(text_of(pull_head(VOICE_SOCKET, &another, 0, 0, NULL)),
                       "Sec-WebSocket-Protocol"));
}

static void an_end_says_why(void **state)
{
    (void)state;
    const struct pull_problem problem = { .status = 401,
                                          .type = "token-expired",
                                          .detail = "the \"token\" is over",
                                          .retryable = true,
                                          .cursor = "abc" };
    assert_string_equal(
        text_of(pull_abort(VOICE_EVENTS, &problem)),
        "id: abc\nevent: abort\ndata: {\"reason\":\"token-expired\","
        "\"status\":401,\"detail\":\"the \\\"token\\\" is over\","
        "\"retryable\":true,\"cursor\":\"abc\"}\n\n");
    assert_string_equal(
        text_of(pull_abort(VOICE_LINES, &problem)),
        "{\"type\":\"abort\",\"reason\":\"token-expired\",\"status\":401,"
        "\"detail\":\"the \\\"token\\\" is over\",\"retryable\":true,"
        "\"cursor\":\"abc\"}\n");
}

static void an_end_without_a_place_does_not_change_where_to_resume(void **state)
{
    (void)state;
    const struct pull_problem problem = { .status = 429,
                                          .type = "too-many",
                                          .detail = "x",
                                          .retryable = true,
                                          .after_ms = 1500 };
    assert_string_equal(
        text_of(pull_abort(VOICE_EVENTS, &problem)),
        "event: abort\ndata: {\"reason\":\"too-many\",\"status\":429,"
        "\"detail\":\"x\",\"retryable\":true,\"retry_after_ms\":1500}\n\n");
}

static void an_overload_says_when_to_come_again(void **state)
{
    (void)state;
    assert_string_equal(
        text_of(pull_overload(VOICE_EVENTS, 12345, NULL)),
        "retry: 12345\n\nevent: overload\ndata: {\"reason\":\"overload\","
        "\"status\":503,\"detail\":\"the hub holds as many as it can: come "
        "again later\",\"retryable\":true,\"retry_after_ms\":12345}\n\n");
    const char *frame = text_of(pull_overload(VOICE_SOCKET, 12345, "placed"));
    assert_int_equal((unsigned char)frame[0], 0x81);
    assert_non_null(strstr(frame + 4, "{\"type\":\"overload\","));
}

static void who_is_to_come_again_is_told_when(void **state)
{
    (void)state;
    assert_string_equal(text_of(pull_retry(VOICE_EVENTS, 4000)),
                        "retry: 4000\n\n");
    assert_null(pull_retry(VOICE_LINES, 4000));
    assert_null(pull_retry(VOICE_SOCKET, 4000));
}

static void a_close_code_follows_from_the_status(void **state)
{
    (void)state;
    assert_int_equal(pull_close_code(400), 1008);
    assert_int_equal(pull_close_code(401), 4401);
    assert_int_equal(pull_close_code(403), 4403);
    assert_int_equal(pull_close_code(404), 4404);
    assert_int_equal(pull_close_code(409), 4409);
    assert_int_equal(pull_close_code(410), 4410);
    assert_int_equal(pull_close_code(413), 1009);
    assert_int_equal(pull_close_code(429), 4429);
    assert_int_equal(pull_close_code(500), 1011);
    assert_int_equal(pull_close_code(503), 1013);
}

static void a_message_is_framed_by_voice(void **state)
{
    (void)state;
    assert_string_equal(text_of(pull_say(VOICE_LINES, "{}", 2)), "{}\n");
    assert_string_equal(text_of(pull_say(VOICE_EVENTS, "data: 1\n\n", 9)),
                        "data: 1\n\n");
    assert_string_equal(text_of(pull_say(VOICE_SOCKET, "{}", 2)), "\x81\x02{}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_begin_with_when_to_come_again),
        cmocka_unit_test(a_page_of_another_origin_may_read),
        cmocka_unit_test(padding_says_nothing),
        cmocka_unit_test(a_socket_is_switched_to),
        cmocka_unit_test(a_subprotocol_is_chosen_where_it_is_offered),
        cmocka_unit_test(an_end_says_why),
        cmocka_unit_test(
            an_end_without_a_place_does_not_change_where_to_resume),
        cmocka_unit_test(an_overload_says_when_to_come_again),
        cmocka_unit_test(who_is_to_come_again_is_told_when),
        cmocka_unit_test(a_close_code_follows_from_the_status),
        cmocka_unit_test(a_message_is_framed_by_voice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
