// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rig.h"
#include "stub.h"

enum { GZIP_LEN = 28 }; // of what the stub calls /coded

struct place {
    struct rig rig;
    struct stub *stub;
    char url[512];
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    place->stub = stub_open("127.0.0.1");
    rig_init(&place->rig);
    rig_open(&place->rig);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    rig_close(&place->rig);
    stub_close(place->stub);
    free(place);
    return 0;
}

static const char *at(struct place *place, const char *path)
{
    snprintf(place->url, sizeof place->url, "http://127.0.0.1:%u%s",
             place->stub->port, path);
    return place->url;
}

static void expect(struct place *place, struct exchange *exchange,
                   enum exchange_result result, unsigned status)
{
    rig_run(&place->rig, exchange);
    if (exchange->result != result)
        print_error("%s\n", exchange_result_name(exchange->result));
    assert_int_equal(exchange->result, result);
    assert_int_equal(exchange->status, status);
}

static void a_get_brings_status_fields_and_body(void **state)
{
    struct place *place = *state;
    struct exchange get = rig_get(at(place, "/"));
    expect(place, &get, EXCHANGE_ANSWERED, 200);
    assert_string_equal(get.response, "ok");
    assert_int_equal(get.response_len, 2);
    const struct exchange_field *field =
        exchange_field(&get, "content-length", NULL);
    assert_non_null(field);
    assert_string_equal(field->value, "2");
    assert_null(exchange_field(&get, "content-length", field));
    assert_null(get.final_url);
    assert_true(get.started_ms > 0 && get.ended_ms >= get.started_ms);
    exchange_clear(&get);
    assert_null(get.response);
}

static void a_request_has_exactly_the_bytes_that_were_asked_for(void **state)
{
    struct place *place = *state;
    struct exchange post =
        rig_post(at(place, "/a/../b/./c%7e?x=1&&y=%7e?\xc3\xa9#gone"));
    post.headers[post.header_count++] = "Content-Type: text/html;Charset=\"x\"";
    post.headers[post.header_count++] = "Link: <http://h/>; rel=\"hub\"";
    expect(place, &post, EXCHANGE_ANSWERED, 200);
    char wanted[1024];
    snprintf(wanted, sizeof wanted,
             "POST /a/../b/./c%%7e?x=1&&y=%%7e?%%C3%%A9 HTTP/1.1\r\n"
             "Host: 127.0.0.1:%u\r\n"
             "User-Agent: websubd-test/1\r\n"
             "Content-Type: text/html;Charset=\"x\"\r\n"
             "Link: <http://h/>; rel=\"hub\"\r\n"
             "Content-Length: 5\r\n\r\n",
             place->stub->port);
    assert_string_equal(place->stub->last, wanted);
    exchange_clear(&post);
}

static void an_empty_query_or_path_is_kept_as_it_is(void **state)
{
    struct place *place = *state;
    struct exchange post = rig_post(at(place, "/cb?"));
    expect(place, &post, EXCHANGE_ANSWERED, 200);
    assert_memory_equal(place->stub->last, "POST /cb? HTTP/1.1\r\n", 20);
    exchange_clear(&post);
    post.url = at(place, "?q");
    expect(place, &post, EXCHANGE_ANSWERED, 200);
    assert_memory_equal(place->stub->last, "POST /?q HTTP/1.1\r\n", 19);
    exchange_clear(&post);
    post.url = at(place, "");
    expect(place, &post, EXCHANGE_ANSWERED, 200);
    assert_memory_equal(place->stub->last, "POST / HTTP/1.1\r\n", 17);
    exchange_clear(&post);
}

static void a_fetch_accepts_anything_and_compression_when_asked_to(void **state)
{
    struct place *place = *state;
    struct exchange get = rig_get(at(place, "/"));
    expect(place, &get, EXCHANGE_ANSWERED, 200);
    assert_non_null(strstr(place->stub->last, "\r\nAccept: */*\r\n"));
    assert_non_null(strstr(place->stub->last,
                           "\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n"));
    exchange_clear(&get);
    get.decode = false;
    expect(place, &get, EXCHANGE_ANSWERED, 200);
    assert_null(strstr(place->stub->last, "Accept-Encoding"));
    exchange_clear(&get);
}

static void a_large_body_is_sent_without_expect(void **state)
{
    struct place *place = *state;
    struct exchange post = rig_post(at(place, "/"));
    char *body = calloc(1, 2 << 20);
    assert_non_null(body);
    post.body = body;
    post.body_len = 2 << 20;
    expect(place, &post, EXCHANGE_ANSWERED, 200);
    assert_null(strcasestr(place->stub->last, "expect"));
    assert_int_equal(place->stub->last_body, 2 << 20);
    exchange_clear(&post);
    free(body);
}

static void an_empty_body_is_sent_as_one(void **state)
{
    struct place *place = *state;
    struct exchange post = rig_post(at(place, "/"));
    post.body = NULL;
    post.body_len = 0;
    expect(place, &post, EXCHANGE_ANSWERED, 200);
    assert_non_null(strstr(place->stub->last, "\r\nContent-Length: 0\r\n"));
    exchange_clear(&post);
}

static bool sign(const struct exchange *exchange, char line[EXCHANGE_LINE_MAX])
{
    if (exchange->owner)
        snprintf(line, EXCHANGE_LINE_MAX, "X-Hub-Signature: %s",
                 (const char *)exchange->owner);
    return true;
}

static bool fail_to_sign(const struct exchange *exchange,
                         char line[EXCHANGE_LINE_MAX])
{
    (void)exchange;
    (void)line;
    return false;
}

static void what_cannot_be_prepared_is_not_sent(void **state)
{
    struct place *place = *state;
    struct exchange post = rig_post(at(place, "/"));
    post.prepare = fail_to_sign;
    expect(place, &post, EXCHANGE_CANCELLED, 0);
    assert_int_equal(place->stub->requests, 0);
    exchange_clear(&post);
    // Nor by curl, which carries what is fetched.
    struct exchange get = rig_post(at(place, "/"));
    get.class = EXCHANGE_FETCH;
    get.post = false;
    get.prepare = fail_to_sign;
    expect(place, &get, EXCHANGE_CANCELLED, 0);
    assert_int_equal(place->stub->requests, 0);
    exchange_clear(&get);
}

static void the_prepared_line_is_sent_once_or_not_at_all(void **state)
{
    struct place *place = *state;
    char key[] = "sha256=1234";
    struct exchange post = rig_post(at(place, "/"));
    post.prepare = sign;
    post.owner = key;
    expect(place, &post, EXCHANGE_ANSWERED, 200);
    const char *line =
        strstr(place->stub->last, "\r\nX-Hub-Signature: sha256=1234\r\n");
    assert_non_null(line);
    assert_null(strstr(line + 4, "X-Hub-Signature"));
    exchange_clear(&post);
    post.owner = NULL;
    expect(place, &post, EXCHANGE_ANSWERED, 200);
    assert_null(strstr(place->stub->last, "X-Hub-Signature"));
    exchange_clear(&post);
}

static void a_header_with_a_line_end_is_not_sent(void **state)
{
    struct place *place = *state;
    struct exchange post = rig_post(at(place, "/"));
    post.headers[post.header_count++] = "X-Evil: a\r\nX-Smuggled: b";
    expect(place, &post, EXCHANGE_ANSWERED, 200);
    assert_null(strstr(place->stub->last, "X-Smuggled"));
    exchange_clear(&post);
}

static void a_redirect_is_an_answer_where_none_is_followed(void **state)
{
    struct place *place = *state;
    struct exchange post = rig_post(at(place, "/to/302/elsewhere"));
    expect(place, &post, EXCHANGE_ANSWERED, 302);
    assert_string_equal(exchange_field(&post, "location", NULL)->value,
                        "elsewhere");
    assert_int_equal(place->stub->requests, 1);
    exchange_clear(&post);
}

static void redirects_are_followed_and_the_end_is_told(void **state)
{
    struct place *place = *state;
    struct exchange get = rig_get(at(place, "/to/301//to/308//ok"));
    char wanted[128];
    expect(place, &get, EXCHANGE_ANSWERED, 200);
    snprintf(wanted, sizeof wanted, "http://127.0.0.1:%u/ok",
             place->stub->port);
    assert_string_equal(get.final_url, wanted);
    assert_true(get.moved_for_good);
    assert_null(exchange_field(&get, "x-hop", NULL));
    assert_string_equal(get.response, "ok");
    exchange_clear(&get);
}

static void one_temporary_redirect_makes_the_move_temporary(void **state)
{
    static const char *const statuses[] = { "302", "303", "307" };
    struct place *place = *state;
    for (size_t i = 0; i < 3; i++) {
        char path[64];
        snprintf(path, sizeof path, "/to/301//to/%s//ok", statuses[i]);
        struct exchange get = rig_get(at(place, path));
        get.url = place->url;
        expect(place, &get, EXCHANGE_ANSWERED, 200);
        assert_non_null(get.final_url);
        exchange_clear(&get);
    }
    struct exchange get = rig_get(at(place, "/to/302//ok"));
    expect(place, &get, EXCHANGE_ANSWERED, 200);
    assert_false(get.moved_for_good);
    exchange_clear(&get);
}

static void too_many_redirects_and_one_to_nowhere_fail(void **state)
{
    struct place *place = *state;
    struct exchange get = rig_get(at(place, "/to/302/x"));
    expect(place, &get, EXCHANGE_REDIRECTS, 302);
    assert_int_equal(place->stub->requests, 6);
    exchange_clear(&get);
    get.redirects_max = 0;
    expect(place, &get, EXCHANGE_ANSWERED, 302);
    exchange_clear(&get);
    static const char *const nowhere[] = { "/to/302/file:///etc/passwd",
                                           "/to/302/ftp://127.0.0.1/",
                                           "/to/302/http://127.0.0.1:25/",
                                           "/to/302/http://u:p@127.0.0.1/" };
    for (size_t i = 0; i < 4; i++) {
        get = rig_get(at(place, nowhere[i]));
        expect(place, &get, EXCHANGE_REDIRECTS, 302);
        exchange_clear(&get);
    }
}

static void interim_answers_leave_nothing_behind(void **state)
{
    struct place *place = *state;
    struct exchange get = rig_get(at(place, "/interim"));
    expect(place, &get, EXCHANGE_ANSWERED, 200);
    assert_null(exchange_field(&get, "x-early", NULL));
    assert_string_equal(exchange_field(&get, "x-late", NULL)->value, "three");
    exchange_clear(&get);
    struct exchange post = rig_post(at(place, "/interim"));
    expect(place, &post, EXCHANGE_ANSWERED, 200);
    assert_null(exchange_field(&post, "x-early", NULL));
    assert_non_null(exchange_field(&post, "x-late", NULL));
    exchange_clear(&post);
}

static void a_chunked_body_comes_whole_and_without_trailers(void **state)
{
    struct place *place = *state;
    struct exchange get = rig_get(at(place, "/chunked"));
    expect(place, &get, EXCHANGE_ANSWERED, 200);
    assert_string_equal(get.response, "hello world");
    assert_null(exchange_field(&get, "x-trailer", NULL));
    exchange_clear(&get);
    struct exchange post = rig_post(at(place, "/chunked"));
    expect(place, &post, EXCHANGE_ANSWERED, 200);
    assert_string_equal(post.response, "hello world");
    assert_null(exchange_field(&post, "x-trailer", NULL));
    exchange_clear(&post);
}

static void a_body_may_end_with_the_connection(void **state)
{
    struct place *place = *state;
    struct exchange get = rig_get(at(place, "/close"));
    expect(place, &get, EXCHANGE_ANSWERED, 200);
    assert_string_equal(get.response, "all there is");
    exchange_clear(&get);
    struct exchange post = rig_post(at(place, "/close"));
    expect(place, &post, EXCHANGE_ANSWERED, 200);
    assert_string_equal(post.response, "all there is");
    exchange_clear(&post);
}

static void a_body_that_breaks_off_is_cut(void **state)
{
    static const char *const paths[] = { "/cut", "/cut-chunk" };
    struct place *place = *state;
    for (size_t i = 0; i < 2; i++) {
        struct exchange get = rig_get(at(place, paths[i]));
        expect(place, &get, EXCHANGE_CUT, 200);
        exchange_clear(&get);
        struct exchange post = rig_post(at(place, paths[i]));
        expect(place, &post, EXCHANGE_CUT, 200);
        exchange_clear(&post);
    }
}

static void a_body_over_its_limit_is_too_large(void **state)
{
    struct place *place = *state;
    struct exchange get = rig_get(at(place, "/big/1001"));
    get.body_max = 1000;
    expect(place, &get, EXCHANGE_TOO_LARGE, 200);
    exchange_clear(&get);
    get.body_max = 1001;
    expect(place, &get, EXCHANGE_ANSWERED, 200);
    assert_int_equal(get.response_len, 1001);
    exchange_clear(&get);
}

static void a_truncated_answer_keeps_what_fits_and_ends(void **state)
{
    static const char *const paths[] = { "/big/1001", "/endless" };
    struct place *place = *state;
    for (size_t i = 0; i < 2; i++) {
        struct exchange post = rig_post(at(place, paths[i]));
        post.body_max = 1000;
        expect(place, &post, EXCHANGE_ANSWERED, 200);
        assert_int_equal(post.response_len, 1000);
        exchange_clear(&post);
    }
    struct exchange post = rig_post(at(place, "/"));
    post.body_max = 0;
    expect(place, &post, EXCHANGE_ANSWERED, 200);
    assert_null(post.response);
    exchange_clear(&post);
}

static void a_compression_bomb_stops_at_the_limit(void **state)
{
    struct place *place = *state;
    struct exchange get = rig_get(at(place, "/bomb"));
    get.body_max = 50000;
    expect(place, &get, EXCHANGE_TOO_LARGE, 200);
    exchange_clear(&get);
    get.truncate = true;
    expect(place, &get, EXCHANGE_ANSWERED, 200);
    assert_int_equal(get.response_len, 50000);
    exchange_clear(&get);
}

static void a_coding_that_was_asked_for_is_undone(void **state)
{
    static const char *const whole[] = { "gzip", "GZIP", "x-gzip" };
    struct place *place = *state;
    char path[64];
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        snprintf(path, sizeof path, "/coded/%d/200/%s", GZIP_LEN, whole[i]);
        struct exchange get = rig_get(at(place, path));
        expect(place, &get, EXCHANGE_ANSWERED, 200);
        assert_string_equal(get.response, "hello hello hello");
        exchange_clear(&get);
    }
    // RFC 3229: what is new alone is a document, too.
    snprintf(path, sizeof path, "/coded/%d/226/gzip", GZIP_LEN);
    struct exchange part = rig_get(at(place, path));
    expect(place, &part, EXCHANGE_ANSWERED, 226);
    assert_string_equal(part.response, "hello hello hello");
    exchange_clear(&part);
    snprintf(path, sizeof path, "/coded/%d/200/identity", GZIP_LEN);
    struct exchange get = rig_get(at(place, path));
    expect(place, &get, EXCHANGE_ANSWERED, 200);
    assert_int_equal(get.response_len, GZIP_LEN);
    exchange_clear(&get);
}

static void a_coding_that_breaks_off_is_cut(void **state)
{
    struct place *place = *state;
    char path[64];
    // Whole as far as HTTP can tell.
    for (int len = 0; len < GZIP_LEN; len++) {
        snprintf(path, sizeof path, "/coded/%d/200/gzip", len);
        struct exchange get = rig_get(at(place, path));
        expect(place, &get, EXCHANGE_CUT, 200);
        exchange_clear(&get);
    }
}

static void a_coding_that_cannot_be_undone_is_broken(void **state)
{
    static const char *const codings[] = { "br", "compress", "deflate",
                                           "gzip, gzip", "gzip,br,gzip" };
    struct place *place = *state;
    char path[64];
    for (size_t i = 0; i < sizeof codings / sizeof *codings; i++) {
        char url[512];
        snprintf(path, sizeof path, "/coded/%d/200/", GZIP_LEN);
        snprintf(url, sizeof url, "%s%s", at(place, path), codings[i]);
        char *blank = strchr(url, ' ');
        if (blank)
            memmove(blank, blank + 1, strlen(blank));
        struct exchange get = rig_get(url);
        expect(place, &get, EXCHANGE_BROKEN, 200);
        exchange_clear(&get);
    }
    // Nobody reads what comes with other statuses, or did not ask.
    struct exchange get = rig_get(at(place, "/coded/9/404/br"));
    expect(place, &get, EXCHANGE_ANSWERED, 404);
    exchange_clear(&get);
    get = rig_get(at(place, "/coded/9/200/gzip"));
    get.decode = false;
    expect(place, &get, EXCHANGE_ANSWERED, 200);
    assert_int_equal(get.response_len, 9);
    exchange_clear(&get);
}

static void a_body_that_says_it_is_too_large_is_not_read(void **state)
{
    struct place *place = *state;
    // It says 100 bytes and never sends them.
    struct exchange get = rig_get(at(place, "/cut"));
    get.body_max = 99;
    expect(place, &get, EXCHANGE_TOO_LARGE, 200);
    exchange_clear(&get);
    get.body_max = 100;
    expect(place, &get, EXCHANGE_CUT, 200);
    exchange_clear(&get);
}

static void heads_have_a_limit(void **state)
{
    struct place *place = *state;
    struct exchange get = rig_get(at(place, "/headers/120"));
    expect(place, &get, EXCHANGE_ANSWERED, 200);
    assert_int_equal(get.field_count, 100);
    exchange_clear(&get);
    get.url = at(place, "/headers/100000");
    rig_run(&place->rig, &get);
    assert_int_equal(get.result, EXCHANGE_BROKEN);
    exchange_clear(&get);
    struct exchange post = rig_post(at(place, "/headers/100000"));
    rig_run(&place->rig, &post);
    assert_int_equal(post.result, EXCHANGE_BROKEN);
    exchange_clear(&post);
}

static void what_is_not_http_is_broken(void **state)
{
    static const char *const paths[] = { "/garbage", "/hang-up" };
    struct place *place = *state;
    for (size_t i = 0; i < 2; i++) {
        struct exchange get = rig_get(at(place, paths[i]));
        expect(place, &get, EXCHANGE_BROKEN, 0);
        exchange_clear(&get);
        struct exchange post = rig_post(at(place, paths[i]));
        expect(place, &post, EXCHANGE_BROKEN, 0);
        exchange_clear(&post);
    }
}

static void what_is_no_url_comes_back_untried(void **state)
{
    static const char *const urls[] = { "",
                                        "ftp://127.0.0.1/",
                                        "http://",
                                        "http:///x",
                                        "http://h:0/",
                                        "http://u@127.0.0.1/",
                                        "http://127.0.0.1/a b",
                                        "http://127.0.0.1:99999/",
                                        "http://256.1.1.1/",
                                        "http://[::1/" };
    struct place *place = *state;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct exchange get = rig_get(urls[i]);
        expect(place, &get, EXCHANGE_BAD_URL, 0);
        assert_int_equal(get.started_ms, 0);
        exchange_clear(&get);
    }
}

static void a_proxy_of_the_environment_is_ignored(void **state)
{
    struct place *place = *state;
    struct exchange get = rig_get(at(place, "/"));
    expect(place, &get, EXCHANGE_ANSWERED, 200);
    exchange_clear(&get);
    assert_memory_equal(place->stub->last, "GET / HTTP/1.1\r\n", 16);
}

static void numbers_tell_what_happened(void **state)
{
    struct place *place = *state;
    struct exchange get = rig_get(at(place, "/"));
    expect(place, &get, EXCHANGE_ANSWERED, 200);
    exchange_clear(&get);
    struct engine_numbers numbers;
    engine_numbers(place->rig.engine, &numbers);
    assert_int_equal(numbers.started[EXCHANGE_FETCH], 1);
    assert_int_equal(numbers.ended[EXCHANGE_FETCH], 1);
    assert_int_equal(numbers.in_flight[EXCHANGE_FETCH], 0);
    assert_int_equal(numbers.queued[EXCHANGE_FETCH], 0);
    assert_int_equal(numbers.connections, 1);
}

static void a_fetch_tells_how_many_people_it_is_for(void **state)
{
    static const struct {
        uint64_t subscribers;
        const char *agent;
    } cases[] = {
        { 0, "\r\nUser-Agent: hub/1 (+http://hub/)\r\n" },
        { 1, "\r\nUser-Agent: hub/1 (+http://hub/; 1 subscriber)\r\n" },
        { 12, "\r\nUser-Agent: hub/1 (+http://hub/; 12 subscribers)\r\n" },
        { 0, "\r\nUser-Agent: hub/1 (+http://hub/)\r\n" },
    };
    struct place *place = *state;
    rig_close(&place->rig);
    place->rig.options.user_agent = "hub/1 (+http://hub/)";
    rig_open(&place->rig);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct exchange get = rig_get(at(place, "/"));
        get.subscribers = cases[i].subscribers;
        expect(place, &get, EXCHANGE_ANSWERED, 200);
        if (!strstr(place->stub->last, cases[i].agent))
            fail_msg("%s", place->stub->last);
        exchange_clear(&get);
    }
}

static void a_plain_agent_gets_parentheses(void **state)
{
    struct place *place = *state;
    struct exchange get = rig_get(at(place, "/"));
    get.subscribers = 2;
    expect(place, &get, EXCHANGE_ANSWERED, 200);
    assert_non_null(
        strstr(place->stub->last,
               "\r\nUser-Agent: websubd-test/1 (2 subscribers)\r\n"));
    exchange_clear(&get);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    setenv("http_proxy", "http://127.0.0.1:9/", 1);
    setenv("all_proxy", "http://127.0.0.1:9/", 1);
    const struct CMUnitTest tests[] = {
        TEST(a_get_brings_status_fields_and_body),
        TEST(a_request_has_exactly_the_bytes_that_were_asked_for),
        TEST(an_empty_query_or_path_is_kept_as_it_is),
        TEST(a_fetch_accepts_anything_and_compression_when_asked_to),
        TEST(a_large_body_is_sent_without_expect),
        TEST(an_empty_body_is_sent_as_one),
        TEST(the_prepared_line_is_sent_once_or_not_at_all),
        TEST(what_cannot_be_prepared_is_not_sent),
        TEST(a_header_with_a_line_end_is_not_sent),
        TEST(a_redirect_is_an_answer_where_none_is_followed),
        TEST(redirects_are_followed_and_the_end_is_told),
        TEST(one_temporary_redirect_makes_the_move_temporary),
        TEST(too_many_redirects_and_one_to_nowhere_fail),
        TEST(interim_answers_leave_nothing_behind),
        TEST(a_chunked_body_comes_whole_and_without_trailers),
        TEST(a_body_may_end_with_the_connection),
        TEST(a_body_that_breaks_off_is_cut),
        TEST(a_body_over_its_limit_is_too_large),
        TEST(a_truncated_answer_keeps_what_fits_and_ends),
        TEST(a_compression_bomb_stops_at_the_limit),
        TEST(a_coding_that_was_asked_for_is_undone),
        TEST(a_coding_that_breaks_off_is_cut),
        TEST(a_coding_that_cannot_be_undone_is_broken),
        TEST(a_body_that_says_it_is_too_large_is_not_read),
        TEST(heads_have_a_limit),
        TEST(what_is_not_http_is_broken),
        TEST(what_is_no_url_comes_back_untried),
        TEST(a_proxy_of_the_environment_is_ignored),
        TEST(numbers_tell_what_happened),
        TEST(a_fetch_tells_how_many_people_it_is_for),
        TEST(a_plain_agent_gets_parentheses),
    };
    return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
