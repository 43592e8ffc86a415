// SPDX-License-Identifier: MIT

#include "hub/framing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { FIELDS_MAX = 4 };

struct row {
    struct request_field fields[FIELDS_MAX];
    const char *problem; // a word of it; NULL: none
};

static size_t count_fields(const struct request_field *fields)
{
    size_t count = 0;
    while (count < FIELDS_MAX && fields[count].name)
        count++;
    return count;
}

static void assert_rows(const struct row *rows, size_t count, bool http10)
{
    for (size_t i = 0; i < count; i++) {
        struct framing framing;
        const char *problem = framing_check(
            rows[i].fields, count_fields(rows[i].fields), http10, &framing);
        if (!rows[i].problem && problem)
            fail_msg("row %zu: %s", i, problem);
        if (rows[i].problem && (!problem || !strstr(problem, rows[i].problem)))
            fail_msg("row %zu: %s", i, problem ? problem : "fine");
    }
}

#define HOST                                                                   \
    {                                                                          \
        "Host", "h"                                                            \
    }

static void what_could_be_read_in_two_ways_is_refused(void **state)
{
    static const struct row rows[] = {
        { { HOST }, NULL },
        { { { "Host", "" } }, NULL },
        { { { "hOST", "h" } }, NULL },
        { { { "X", "y" } }, "Host is missing" },
        { { HOST, HOST }, "Host is given twice" },
        { { { "Host", "[::1]:80" } }, NULL },
        { { { "Host", "a b" } }, "not a host" },
        { { { "Host", "a,b" } }, "not a host" },
        { { { "Host", "user@a" } }, "not a host" },
        { { { "Host", "a/b" } }, "not a host" },
        { { HOST, { "Content-Type", "a/b" }, { "content-type", "a/b" } },
          "Content-Type is given twice" },
        { { HOST, { "Content-Length", "3" }, { "content-length", "3" } },
          "given twice" },
        { { HOST, { "Content-Length", "3" }, { "Content-Length", "4" } },
          "given twice" },
        { { HOST, { "Content-Length", "3, 3" } }, "not a number" },
        { { HOST, { "Content-Length", "+3" } }, "not a number" },
        { { HOST, { "Content-Length", "-3" } }, "not a number" },
        { { HOST, { "Content-Length", "0x3" } }, "not a number" },
        { { HOST, { "Content-Length", "" } }, "not a number" },
        { { HOST, { "Content-Length", "18446744073709551616" } },
          "not a number" },
        { { HOST, { "Content-Length ", "3" } }, "name is malformed" },
        { { HOST, { "Content-Length3", "" } }, "name is malformed" },
        { { HOST, { "Transfer-Encodingchunked", "" } }, "name is malformed" },
        { { HOST, { "", "x" } }, "name is malformed" },
        { { HOST, { "a b", "x" } }, "name is malformed" },
        { { HOST, { "x", "a\nb" } }, "control character" },
        { { HOST, { "x", "a\tb\xC3\xA4" } }, NULL },
        { { HOST, { "Transfer-Encoding", "Chunked" } }, NULL },
        { { HOST, { "Transfer-Encoding", "gzip, chunked" } }, "not chunked" },
        { { HOST, { "Transfer-Encoding", "identity" } }, "not chunked" },
        { { HOST,
            { "Transfer-Encoding", "chunked" },
            { "Transfer-Encoding", "chunked" } },
          "given twice" },
        { { HOST,
            { "Transfer-Encoding", "chunked" },
            { "Content-Length", "0" } },
          "exclude each other" },
    };
    (void)state;
    assert_rows(rows, sizeof rows / sizeof *rows, false);
}

static void http_1_0_has_its_own_rules(void **state)
{
    static const struct row rows[] = {
        { { { "X", "y" } }, NULL },
        { { HOST, HOST }, "twice" },
        { { { "Transfer-Encoding", "chunked" } }, "HTTP/1.0" },
    };
    (void)state;
    assert_rows(rows, sizeof rows / sizeof *rows, true);
}

static struct framing framing_of(const char *name, const char *value,
                                 bool http10)
{
    struct framing framing;
    const struct request_field fields[] = { HOST,
                                            { "Content-Length", "12" },
                                            { name, value } };
    assert_null(framing_check(fields, 3, http10, &framing));
    return framing;
}

static void a_body_is_announced(void **state)
{
    struct framing framing = framing_of("Expect", "100-Continue", false);
    (void)state;

    assert_int_equal(framing.body, FRAMING_LENGTH);
    assert_int_equal(framing.length, 12);
    assert_true(framing.expects_continue);
    assert_false(framing_of("Expect", "100-continue", true).expects_continue);

    const struct request_field none[] = { HOST,
                                          { "Content-Length", "0" },
                                          { "Expect", "100-continue" } };
    assert_null(framing_check(none, 3, false, &framing));
    assert_int_equal(framing.body, FRAMING_NONE);
    assert_false(framing.expects_continue);
}

static void a_connection_goes_on_unless_somebody_wants_an_end(void **state)
{
    (void)state;
    assert_true(framing_of("X", "y", false).keep_alive);
    assert_true(framing_of("Connection", "upgrade", false).keep_alive);
    assert_true(framing_of("Connection", "closed", false).keep_alive);
    assert_false(framing_of("Connection", "close", false).keep_alive);
    assert_false(framing_of("connection", "TE, CLOSE", false).keep_alive);
    assert_false(framing_of("X", "y", true).keep_alive);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_could_be_read_in_two_ways_is_refused),
        cmocka_unit_test(http_1_0_has_its_own_rules),
        cmocka_unit_test(a_body_is_announced),
        cmocka_unit_test(a_connection_goes_on_unless_somebody_wants_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
