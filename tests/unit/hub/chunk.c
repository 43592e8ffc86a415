// SPDX-License-Identifier: MIT

#include "hub/chunk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct result {
    enum chunk_state state;
    size_t taken;
    char content[64];
};

// Fed in pieces of `step` bytes.
static struct result feed(const char *text, size_t step)
{
    struct chunk chunk = { 0 };
    struct result result = { 0 };
    size_t len = strlen(text);
    size_t kept = 0;

    while (result.taken < len && chunk.state < CHUNK_DONE) {
        size_t left = len - result.taken;
        size_t content;
        size_t taken = chunk_feed(&chunk, text + result.taken,
                                  left < step ? left : step, &content);
        assert_true(taken > 0);
        assert_true(content <= taken);
        result.taken += taken;
        memcpy(result.content + kept, text + result.taken - content, content);
        kept += content;
    }
    result.state = chunk.state;
    return result;
}

static void assert_done(const char *text, const char *content, size_t taken)
{
    for (size_t step = 1; step <= strlen(text); step++) {
        struct result result = feed(text, step);
        assert_int_equal(result.state, CHUNK_DONE);
        assert_string_equal(result.content, content);
        assert_int_equal(result.taken, taken);
    }
}

static void assert_broken(const char *text)
{
    assert_int_equal(feed(text, 1).state, CHUNK_BROKEN);
    assert_int_equal(feed(text, strlen(text)).state, CHUNK_BROKEN);
}

static void chunks_are_put_together_from_any_pieces(void **state)
{
    (void)state;
    assert_done("0\r\n\r\n", "", 5);
    assert_done("3\r\nabc\r\n00A\r\n0123456789\r\n0\r\n\r\n", "abc0123456789",
                30);
}

static void extensions_and_trailers_are_read_over(void **state)
{
    static const char text[] = "3 ; a=\"b\"\r\nabc\r\n0;x\r\nA: b\r\nC: d\r\n"
                               "\r\n";
    (void)state;
    assert_done(text, "abc", sizeof text - 1);
}

static void what_follows_the_end_is_not_taken(void **state)
{
    (void)state;
    assert_done("1\r\nx\r\n0\r\n\r\nGET / HTTP/1.1\r\n", "x", 11);
}

static void broken_chunks_are_found(void **state)
{
    (void)state;
    assert_broken("\r\n");
    assert_broken("-1\r\n");
    assert_broken("0x1\r\n");
    assert_broken("g\r\n");
    assert_broken(" 1\r\n");
    assert_broken("1\nx\r\n");
    assert_broken("1\rx");
    assert_broken("1\r\nxy");
    assert_broken("1\r\nx\n0\r\n\r\n");
    assert_broken("1;a\nb\r\n");
    assert_broken("0\r\nA: b\n");
    assert_broken("0\r\n\n");
    assert_broken("1000000000000000\r\n");
}

static void waste_has_an_end(void **state)
{
    struct chunk chunk = { 0 };
    size_t content;
    (void)state;

    chunk_feed(&chunk, "1;", 2, &content);
    for (unsigned i = 0; i < 10000 && chunk.state != CHUNK_BROKEN; i++)
        chunk_feed(&chunk, "a", 1, &content);
    assert_int_equal(chunk.state, CHUNK_BROKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_are_put_together_from_any_pieces),
        cmocka_unit_test(extensions_and_trailers_are_read_over),
        cmocka_unit_test(what_follows_the_end_is_not_taken),
        cmocka_unit_test(broken_chunks_are_found),
        cmocka_unit_test(waste_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
