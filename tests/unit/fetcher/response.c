// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fetcher/response.h"

#include <stdlib.h>
#include <string.h>

struct reading {
    enum response_step step;
    struct exchange exchange;
    struct collect collect;
    struct response response;
    size_t used;
};

// In pieces of that many bytes.
static void feed(struct reading *reading, const char *bytes, size_t piece)
{
    size_t len = strlen(bytes);
    *reading = (struct reading){ .exchange.body_max = 100 };
    collect_begin(&reading->collect, &reading->exchange);
    response_begin(&reading->response, &reading->collect);
    while (reading->used < len && reading->step == RESPONSE_MORE) {
        size_t left = len - reading->used;
        size_t used;
        reading->step = response_feed(&reading->response, bytes + reading->used,
                                      left < piece ? left : piece, &used);
        reading->used += used;
    }
}

static void clear(struct reading *reading)
{
    response_clear(&reading->response);
    collect_clear(&reading->collect);
    exchange_clear(&reading->exchange);
}

static void expect(const char *bytes, enum response_step step, unsigned status,
                   const char *body, bool keeps)
{
    size_t len = strlen(bytes);
    for (size_t piece = 1; piece <= len; piece++) {
        struct reading reading;
        feed(&reading, bytes, piece);
        if (reading.step != step)
            fail_msg("step %d in pieces of %zu: %s", (int)reading.step, piece,
                     bytes);
        assert_true(collect_hand_over(&reading.collect, &reading.exchange));
        assert_int_equal(reading.exchange.status, status);
        if (body)
            assert_string_equal(reading.exchange.response, body);
        else
            assert_null(reading.exchange.response);
        if (step == RESPONSE_DONE)
            assert_int_equal(response_keeps(&reading.response), keeps);
        clear(&reading);
    }
}

static void a_length_tells_where_the_body_ends(void **state)
{
    (void)state;
    expect("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", RESPONSE_DONE,
           200, "hello", true);
    expect("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", RESPONSE_DONE, 200,
           NULL, true);
    expect("HTTP/1.1 200\ncontent-length:2\n\nok", RESPONSE_DONE, 200, "ok",
           true);
    expect("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", RESPONSE_MORE,
           200, "hell", false);
}

static void chunks_are_put_together(void **state)
{
    (void)state;
    expect("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
           "5\r\nhello\r\nA;ext=\"1\"\r\n, world!! \r\n000\r\nX: y\r\n\r\n",
           RESPONSE_DONE, 200, "hello, world!! ", true);
    expect("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           RESPONSE_DONE, 200, NULL, true);
}

static void some_statuses_have_no_body(void **state)
{
    (void)state;
    expect("HTTP/1.1 204 No Content\r\n\r\n", RESPONSE_DONE, 204, NULL, true);
    expect("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
           RESPONSE_DONE, 304, NULL, true);
    expect("HTTP/1.1 101 Switching\r\n\r\n", RESPONSE_DONE, 101, NULL, false);
}

static void interim_answers_are_passed_over(void **state)
{
    (void)state;
    expect("HTTP/1.1 100 Continue\r\nContent-Length: 7\r\n\r\n"
           "HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n"
           "HTTP/1.1 202 Fine\r\nContent-Length: 1\r\n\r\n!",
           RESPONSE_DONE, 202, "!", true);
}

static void without_a_length_the_end_of_the_connection_tells(void **state)
{
    (void)state;
    struct reading reading;
    feed(&reading, "HTTP/1.1 200 OK\r\n\r\nall of it", 1000);
    assert_int_equal(reading.step, RESPONSE_MORE);
    assert_int_equal(response_close(&reading.response), RESPONSE_DONE);
    assert_false(response_keeps(&reading.response));
    clear(&reading);
    feed(&reading, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nall", 1000);
    assert_int_equal(response_close(&reading.response), RESPONSE_BROKEN);
    clear(&reading);
    feed(&reading, "HTTP/1.1 200 OK\r\n", 1000);
    assert_int_equal(response_close(&reading.response), RESPONSE_BROKEN);
    clear(&reading);
}

static void the_connection_is_kept_only_where_both_want_it(void **state)
{
    (void)state;
    expect("HTTP/1.1 200 OK\r\nConnection: close\r\n"
           "Content-Length: 0\r\n\r\n",
           RESPONSE_DONE, 200, NULL, false);
    expect("HTTP/1.1 200 OK\r\nConnection: x, Close\r\n"
           "Content-Length: 0\r\n\r\n",
           RESPONSE_DONE, 200, NULL, false);
    expect("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", RESPONSE_DONE, 200,
           NULL, false);
    expect("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n"
           "Content-Length: 0\r\n\r\n",
           RESPONSE_DONE, 200, NULL, true);
    expect("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"
           "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           RESPONSE_DONE, 200, NULL, false);
}

static void what_comes_after_an_answer_is_left(void **state)
{
    (void)state;
    struct reading reading;
    feed(&reading, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP", 1000);
    assert_int_equal(reading.step, RESPONSE_DONE);
    assert_int_equal(reading.used, 40);
    clear(&reading);
}

static void an_ambiguous_length_is_broken(void **state)
{
    static const char *const fields[] = {
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length:\r\n",
        "Content-Length: 5 5\r\n",
        "Content-Length: 9999999999999999999\r\n",
        "Content-Length: 5\r\n 6\r\n",
        "Content-Length : 5\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "no colon\r\n",
        ": nameless\r\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        char text[256] = "HTTP/1.1 200 OK\r\n";
        memcpy(text + 17, fields[i], strlen(fields[i]) + 1);
        memcpy(text + strlen(text), "\r\nhello", 8);
        struct reading reading;
        feed(&reading, text, 1000);
        if (reading.step != RESPONSE_BROKEN)
            fail_msg("%s", fields[i]);
        clear(&reading);
    }
    expect("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n"
           "ok",
           RESPONSE_DONE, 200, "ok", true);
}

static void a_bad_chunk_is_broken(void **state)
{
    static const char *const chunks[] = { "\r\n", "x\r\n", "-1\r\n",
                                          "1\r\nab\r\n",
                                          "1000000000000000\r\n" };
    (void)state;
    for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
        char text[256] =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        memcpy(text + strlen(text), chunks[i], strlen(chunks[i]) + 1);
        struct reading reading;
        feed(&reading, text, 1000);
        if (reading.step != RESPONSE_BROKEN)
            fail_msg("%s", chunks[i]);
        clear(&reading);
    }
}

static void what_is_not_http_is_broken_at_once(void **state)
{
    static const char *const lines[] = {
        "\r\n",
        "HTTP/2 200 OK\r\n",
        "HTTP/1.1 20 OK\r\n",
        "HTTP/1.1 2000 OK\r\n",
        "HTTP/1.1  200 OK\r\n",
        "HTTP/1.x 200 OK\r\n",
        "HTTP/1.1 099 OK\r\n",
        "http/1.1 200 OK\r\n",
        "220 mail.example ESMTP ready\r\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct reading reading;
        feed(&reading, lines[i], 1000);
        if (reading.step != RESPONSE_BROKEN)
            fail_msg("%s", lines[i]);
        clear(&reading);
    }
}

static void a_line_without_end_is_broken(void **state)
{
    (void)state;
    char *text = malloc(RESPONSE_LINE_MAX + 100);
    assert_non_null(text);
    memset(text, 'x', RESPONSE_LINE_MAX + 99);
    text[RESPONSE_LINE_MAX + 99] = '\0';
    memcpy(text, "HTTP/1.1 200 OK\r\nX: ", 20);
    struct reading reading;
    feed(&reading, text, 1000);
    assert_int_equal(reading.step, RESPONSE_BROKEN);
    clear(&reading);
    free(text);
}

static void the_ceilings_of_the_collect_stop_it(void **state)
{
    (void)state;
    char text[256] = "HTTP/1.1 200 OK\r\nContent-Length: 150\r\n\r\n";
    size_t head = strlen(text);
    memset(text + head, 'x', 150);
    struct reading reading;
    feed(&reading, text, 7);
    assert_int_equal(reading.step, RESPONSE_STOP);
    assert_int_equal(reading.response.verdict, COLLECT_TOO_LARGE);
    clear(&reading);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_length_tells_where_the_body_ends),
        cmocka_unit_test(chunks_are_put_together),
        cmocka_unit_test(some_statuses_have_no_body),
        cmocka_unit_test(interim_answers_are_passed_over),
        cmocka_unit_test(without_a_length_the_end_of_the_connection_tells),
        cmocka_unit_test(the_connection_is_kept_only_where_both_want_it),
        cmocka_unit_test(what_comes_after_an_answer_is_left),
        cmocka_unit_test(an_ambiguous_length_is_broken),
        cmocka_unit_test(a_bad_chunk_is_broken),
        cmocka_unit_test(what_is_not_http_is_broken_at_once),
        cmocka_unit_test(a_line_without_end_is_broken),
        cmocka_unit_test(the_ceilings_of_the_collect_stop_it),
    };
    return cmocka_run_group_tests_name("response", tests, NULL, NULL);
}
