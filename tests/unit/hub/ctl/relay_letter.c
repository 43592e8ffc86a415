// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/ctl/relay_book.h"
#include "hub/ctl/relay_letter.h"

#include <stdio.h>
#include <string.h>

static char topic[] = "http://feeds.example/atom";
static char callback[] = "http://127.0.0.1:8080/cb";
static char nothing[] = "";
static char secret[] = "s3cret";

static const struct relay_terms terms = {
    .topic = topic,
    .callback = callback,
    .secret = nothing,
    .verify_token = nothing,
    .method = STORE_SHA256,
};

#define EVENT(more)                                                            \
    "{\"cursor\":\"c-7\",\"more\":true,\"gap\":null,\"events\":[{"             \
    "\"seq\":7,\"previous\":5,\"incarnation\":\"00ff\","                       \
    "\"content_type\":\"application/atom+xml\","                               \
    "\"links\":{\"hub\":\"https://h.example/\",\"self\":\"http://s/\"}," more  \
    "}]}"

static bool read_as(const char *text, const struct relay_terms *whose,
                    struct relay_page *page)
{
    return relay_page_read(text, strlen(text), whose, page);
}

static void has_lines(const struct relay_page *page, const char *const *lines,
                      size_t count)
{
    assert_int_equal(page->letter->line_count, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(page->letter->lines[i], lines[i]);
}

static void an_event_becomes_the_request_that_a_webhook_gets(void **state)
{
    static const char *const lines[] = {
        "Content-Type: application/atom+xml",
        "Link: <https://h.example/>; rel=\"hub\", <http://s/>; rel=\"self\"",
        "X-Hub-Signature: sha256=abc",
        "Hub-Sequence: 00ff.7",
        "Hub-Previous: 00ff.5",
    };
    struct relay_page page;
    (void)state;
    assert_true(read_as(EVENT("\"encoding\":\"utf8\",\"body\":\"<feed/>\","
                              "\"signature\":\"sha256=abc\""),
                        &terms, &page));
    assert_string_equal(page.cursor, "c-7");
    assert_true(page.more);
    has_lines(&page, lines, 5);
    assert_int_equal(page.letter->len, 7);
    assert_memory_equal(page.letter->body, "<feed/>", 7);
    relay_page_clear(&page);
}

static void bytes_come_out_as_they_went_in(void **state)
{
    struct relay_page page;
    (void)state;
    assert_true(read_as(EVENT("\"encoding\":\"base64\",\"body\":\"AP8K/g==\""),
                        &terms, &page));
    assert_int_equal(page.letter->len, 4);
    assert_memory_equal(page.letter->body, "\x00\xff\x0a\xfe", 4);
    relay_page_clear(&page);
    assert_true(
        read_as(EVENT("\"encoding\":\"base64\",\"body\":\"\""), &terms, &page));
    assert_int_equal(page.letter->len, 0);
    relay_page_clear(&page);
    assert_true(
        read_as(EVENT("\"encoding\":\"utf8\",\"body\":\"a\\u0000b\\r\\n\""),
                &terms, &page));
    assert_int_equal(page.letter->len, 5);
    assert_memory_equal(page.letter->body, "a\0b\r\n", 5);
    relay_page_clear(&page);
}

static void what_is_broken_is_no_page(void **state)
{
    static const char *const broken[] = {
        "",
        "[]",
        "{}",
        "{\"cursor\":\"c\"}",
        "{\"cursor\":\"a&b\",\"events\":[]}",
        "{\"cursor\":\"c\",\"events\":[1,2]}",
        "{\"cursor\":\"c\",\"events\":[{}]}",
        EVENT("\"encoding\":\"base64\",\"body\":\"A\""),
        EVENT("\"encoding\":\"base64\",\"body\":\"!!!!\""),
        EVENT("\"encoding\":\"utf8\""),
    };
    struct relay_page page;
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        assert_false(read_as(broken[i], &terms, &page));
}

static void no_value_can_begin_another_line(void **state)
{
    struct relay_page page;
    (void)state;
    assert_false(read_as(EVENT("\"encoding\":\"utf8\",\"body\":\"x\","
                               "\"signature\":\"a\\r\\nX-Evil: 1\""),
                         &terms, &page));
}

static void an_empty_page_has_a_cursor_and_no_letter(void **state)
{
    struct relay_page page;
    (void)state;
    assert_true(read_as("{\"cursor\":\"c-9\",\"events\":[]}", &terms, &page));
    assert_null(page.letter);
    assert_false(page.more);
    relay_page_clear(&page);
}

static void a_gap_is_a_line_of_the_letter_behind_it(void **state)
{
    struct relay_page page;
    (void)state;
    assert_true(read_as(
        "{\"cursor\":\"c-9\",\"gap\":{\"reason\":\"overflow\",\"topics\":["
        "{\"topic\":\"t\",\"lost\":2,\"from_seq\":3,\"to_seq\":4}]},"
        "\"events\":[{\"seq\":5,\"previous\":2,\"incarnation\":\"0a\","
        "\"encoding\":\"utf8\",\"body\":\"x\"}]}",
        &terms, &page));
    assert_string_equal(page.letter->lines[page.letter->line_count - 1],
                        "Hub-Gap: 0a.3-4; reason=overflow");
    relay_page_clear(&page);
}

static void without_a_self_it_is_the_topic_as_subscribed(void **state)
{
    struct relay_page page;
    (void)state;
    assert_true(read_as("{\"cursor\":\"c\",\"events\":[{\"seq\":5,"
                        "\"incarnation\":\"0a\",\"links\":{\"hub\":[\"http://a"
                        "/\",\"http://b/\"]},\"body\":\"x\"}]}",
                        &terms, &page));
    assert_string_equal(page.letter->lines[0],
                        "Link: <http://a/>; rel=\"hub\", <http://b/>; "
                        "rel=\"hub\", <http://feeds.example/atom>; "
                        "rel=\"self\"");
    relay_page_clear(&page);
}

static void what_came_unsigned_is_signed_here(void **state)
{
    struct relay_terms signed_terms = terms;
    struct relay_page page;
    (void)state;
    signed_terms.secret = secret;
    signed_terms.method = STORE_SHA1;
    assert_true(read_as(EVENT("\"body\":\"x\""), &signed_terms, &page));
    // printf x | openssl dgst -sha1 -hmac s3cret
    assert_string_equal(
        page.letter->lines[2],
        "X-Hub-Signature: sha1=d03c169add0b605f4187621de525067c33baa64f");
    relay_page_clear(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_becomes_the_request_that_a_webhook_gets),
        cmocka_unit_test(bytes_come_out_as_they_went_in),
        cmocka_unit_test(what_is_broken_is_no_page),
        cmocka_unit_test(no_value_can_begin_another_line),
        cmocka_unit_test(an_empty_page_has_a_cursor_and_no_letter),
        cmocka_unit_test(a_gap_is_a_line_of_the_letter_behind_it),
        cmocka_unit_test(without_a_self_it_is_the_topic_as_subscribed),
        cmocka_unit_test(what_came_unsigned_is_signed_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
