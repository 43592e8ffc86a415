// SPDX-License-Identifier: MIT

#include "hub/head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct parsed {
    char text[4096];
    struct head head;
    unsigned status;
    const char *problem;
};

static void parse_len(struct parsed *parsed, const char *text, size_t len)
{
    assert_true(len < sizeof parsed->text);
    memcpy(parsed->text, text, len);
    parsed->problem = "";
    parsed->status =
        head_read(parsed->text, len, &parsed->head, &parsed->problem);
}

static struct head *parse(struct parsed *parsed, const char *text)
{
    parse_len(parsed, text, strlen(text));
    if (parsed->status != 0)
        fail_msg("'%s' is refused: %s", text, parsed->problem);
    return &parsed->head;
}

static void assert_refused(const char *text, unsigned status, const char *word)
{
    struct parsed parsed;
    parse_len(&parsed, text, strlen(text));
    if (parsed.status != status || !strstr(parsed.problem, word))
        fail_msg("'%s': %u %s", text, parsed.status, parsed.problem);
}

static void a_head_is_cut_into_its_parts(void **state)
{
    struct parsed parsed;
    struct head *head = parse(&parsed, "POST /a/b?c=d?e HTTP/1.1\r\n"
                                       "Host:h\r\n"
                                       "X-Empty:\r\n"
                                       "X-Blank: \t a b\t \r\n\r\n");
    (void)state;

    assert_int_equal(head->method, REQUEST_POST);
    assert_string_equal(head->path, "/a/b");
    assert_string_equal(head->query, "c=d?e");
    assert_false(head->http10);
    assert_int_equal(head->field_count, 3);
    assert_string_equal(head->fields[0].name, "Host");
    assert_string_equal(head->fields[0].value, "h");
    assert_string_equal(head->fields[1].value, "");
    assert_string_equal(head->fields[2].value, "a b");
    assert_int_equal(head->framing.body, FRAMING_NONE);
    assert_true(head->framing.keep_alive);
}

static void methods_are_known_in_capitals_only(void **state)
{
    static const struct {
        const char *name;
        enum request_method method;
    } rows[] = {
        { "GET", REQUEST_GET },       { "HEAD", REQUEST_HEAD },
        { "POST", REQUEST_POST },     { "PUT", REQUEST_PUT },
        { "DELETE", REQUEST_DELETE }, { "OPTIONS", REQUEST_OPTIONS },
        { "PATCH", REQUEST_PATCH },   { "M-SEARCH", REQUEST_OTHER },
    };
    char text[64];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct parsed parsed;
        snprintf(text, sizeof text, "%s / HTTP/1.1\r\nHost: h\r\n\r\n",
                 rows[i].name);
        assert_int_equal(parse(&parsed, text)->method, rows[i].method);
    }
    assert_refused("get / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "method");
    assert_refused("G\x01T / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "method");
}

static void other_forms_of_targets_are_cut_too(void **state)
{
    static const struct {
        const char *target, *path, *query;
    } rows[] = {
        { "http://h/x?y", "/x", "y" }, { "HTTP://h:80", "/", "" },
        { "https://h?y", "/", "y" },   { "*", "/", "" },
        { "//h/x", "//h/x", "" },      { "/?", "/", "" },
        { "/%00%2F", "/%00%2F", "" },
    };
    char text[64];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct parsed parsed;
        snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n",
                 rows[i].target);
        struct head *head = parse(&parsed, text);
        assert_string_equal(head->path, rows[i].path);
        assert_string_equal(head->query, rows[i].query);
    }
}

static void a_malformed_first_line_is_refused(void **state)
{
    (void)state;
    assert_refused("\r\n\r\n", 400, "request line");
    assert_refused("GET /\r\n\r\n", 400, "request line");
    assert_refused("GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "request line");
    assert_refused(" GET / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "request line");
    assert_refused("GET / HTTP/1.1 \r\nHost: h\r\n\r\n", 400, "version");
    assert_refused("GET / HTTP/1.10\r\nHost: h\r\n\r\n", 400, "version");
    assert_refused("GET / http/1.1\r\nHost: h\r\n\r\n", 400, "request line");
    assert_refused("GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505, "HTTP/1.1");
    assert_refused("GET x HTTP/1.1\r\nHost: h\r\n\r\n", 400, "target");
    assert_refused("GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n", 400, "target");
    assert_refused("GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n", 400, "target");
    assert_refused("GET /a\tb HTTP/1.1\r\nHost: h\r\n\r\n", 400, "target");
    assert_refused("CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n", 400, "target");
}

static void malformed_lines_are_refused(void **state)
{
    (void)state;
    assert_refused("GET / HTTP/1.1\nHost: h\r\n\r\n", 400, "CRLF");
    assert_refused("GET / HTTP/1.1\r\nHost: h\n\r\n", 400, "CRLF");
    assert_refused("GET / HTTP/1.1\r\nHost: h\r\n\n", 400, "CRLF");
    assert_refused("GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n", 400,
                   "blank");
    assert_refused("GET / HTTP/1.1\r\n Host: h\r\n\r\n", 400, "blank");
    assert_refused("GET / HTTP/1.1\r\nHost: h\r\nX\r\n\r\n", 400, "colon");
    assert_refused("GET / HTTP/1.1\r\nHost: h\r\n: x\r\n\r\n", 400, "name");
    assert_refused("GET / HTTP/1.1\r\nHost: h\r\nX\xC3: y\r\n\r\n", 400,
                   "name");
    assert_refused("GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n", 400,
                   "control");
    assert_refused("GET / HTTP/1.1\r\nHost: h\r\nX: a\x7F\r\n\r\n", 400,
                   "control");
}

static void a_nul_is_refused(void **state)
{
    static const char text[] = "GET / HTTP/1.1\r\nHost: h\r\nA: b\0c\r\n\r\n";
    struct parsed parsed;
    (void)state;

    parse_len(&parsed, text, sizeof text - 1);
    assert_int_equal(parsed.status, 400);
    assert_string_equal(parsed.problem, "the head has a NUL byte");
}

static void there_may_be_so_many_fields_and_no_more(void **state)
{
    char text[4000];
    struct parsed parsed;
    size_t len =
        (size_t)snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: h\r\n");
    (void)state;
    for (unsigned i = 1; i < REQUEST_FIELDS_MAX; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "A: %u\r\n", i);
    snprintf(text + len, sizeof text - len, "\r\n");
    assert_int_equal(parse(&parsed, text)->field_count, REQUEST_FIELDS_MAX);
    snprintf(text + len, sizeof text - len, "A: 1\r\n\r\n");
    assert_refused(text, 431, "too many");
}

static void a_head_ends_at_its_empty_line(void **state)
{
    (void)state;
    assert_int_equal(head_length("", 0), 0);
    assert_int_equal(head_length("a\r\n\r", 4), 0);
    assert_int_equal(head_length("a\r\n\r\nb", 6), 5);
    assert_int_equal(head_length("a\n\nb", 4), 3);
    assert_int_equal(head_length("a\n\r\nb", 5), 4);
    assert_int_equal(head_length("a\r\n\n", 4), 4);
    assert_int_equal(head_length("a\r\nb\r\n", 6), 0);
}

static void blank_lines_before_it_are_counted(void **state)
{
    (void)state;
    assert_int_equal(head_blank("GET", 3), 0);
    assert_int_equal(head_blank("\r\n\r\nGET", 7), 4);
    assert_int_equal(head_blank("\r", 1), 0);
    assert_int_equal(head_blank("\n\n", 2), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_is_cut_into_its_parts),
        cmocka_unit_test(methods_are_known_in_capitals_only),
        cmocka_unit_test(other_forms_of_targets_are_cut_too),
        cmocka_unit_test(a_malformed_first_line_is_refused),
        cmocka_unit_test(malformed_lines_are_refused),
        cmocka_unit_test(a_nul_is_refused),
        cmocka_unit_test(there_may_be_so_many_fields_and_no_more),
        cmocka_unit_test(a_head_ends_at_its_empty_line),
        cmocka_unit_test(blank_lines_before_it_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
