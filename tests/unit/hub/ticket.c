// SPDX-License-Identifier: MIT

#include "hub/ticket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t secret[32] = { 1, 2, 3 };

static int set_up(void **state)
{
    *state = ticket_key_new(secret, 5);
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    ticket_key_free(*state);
    return 0;
}

static bool covers(const struct ticket *ticket, const char *url)
{
    return ticket_covers(ticket, url, strlen(url));
}

static void what_was_written_is_read(void **state)
{
    char text[TICKET_TEXT_MAX];
    struct ticket in = { .token = 9, .expires = 1780000000123, .rights = 5 };
    struct ticket out;
    assert_true(ticket_bind(&in, TICKET_URL, "http://a/x", 10));
    assert_true(ticket_bind(&in, TICKET_PREFIX, "http://b/", 9));
    assert_true(ticket_write(*state, &in, text));
    assert_true(ticket_read(*state, text, strlen(text), &out));
    assert_int_equal(out.token, 9);
    assert_int_equal(out.expires, 1780000000123);
    assert_int_equal(out.rights, 5);
    assert_int_equal(out.count, 2);
    assert_true(covers(&out, "http://a/x"));
    assert_false(covers(&out, "http://a/xy"));
    assert_false(covers(&out, "http://a/"));
    assert_true(covers(&out, "http://b/z"));
    assert_false(covers(&out, "http://b/../z"));
    assert_true(ticket_covers_all(&out, "http://b/z/", 11));
    assert_false(ticket_covers_all(&out, "http://a/x", 10));
    assert_false(ticket_covers_all(&out, "", 0));
}

static void a_hundred_topics_fit(void **state)
{
    char text[TICKET_TEXT_MAX], url[32];
    struct ticket in = { .token = 1 }, out;
    for (int i = 0; i < TICKET_ITEMS_MAX; i++) {
        int len = snprintf(url, sizeof url, "http://a/%d", i);
        assert_true(ticket_bind(&in, TICKET_URL, url, (size_t)len));
    }
    assert_false(ticket_bind(&in, TICKET_URL, "http://a/", 9));
    assert_true(ticket_write(*state, &in, text));
    assert_true(strlen(text) < TICKET_TEXT_MAX);
    assert_true(ticket_read(*state, text, strlen(text), &out));
    assert_true(covers(&out, "http://a/0"));
    assert_true(covers(&out, "http://a/99"));
    assert_false(covers(&out, "http://a/100"));
}

static void one_that_names_no_topics_covers_all(void **state)
{
    struct ticket ticket = { .token = 1 };
    assert_true(covers(&ticket, "http://a/"));
    assert_true(ticket_covers_all(&ticket, "", 0));
    (void)state;
}

static void mailboxes_and_topics_are_bound_apart(void **state)
{
    char text[TICKET_TEXT_MAX];
    struct ticket in = { .token = 1 }, out;
    assert_true(ticket_opens(&in, "box", 3));
    assert_true(ticket_opens(&in, NULL, 0));
    assert_true(ticket_bind(&in, TICKET_MAILBOX, "box", 3));
    assert_true(ticket_write(*state, &in, text));
    assert_true(ticket_read(*state, text, strlen(text), &out));
    assert_true(ticket_opens(&out, "box", 3));
    assert_false(ticket_opens(&out, "boxes", 5));
    assert_false(ticket_opens(&out, "bo", 2));
    assert_false(ticket_opens(&out, NULL, 0));
    assert_true(covers(&out, "http://a/"));
    assert_true(ticket_bind(&out, TICKET_URL, "http://a/", 9));
    assert_false(covers(&out, "http://b/"));
    assert_false(ticket_opens(&out, "http://a/", 9));
}

static void no_byte_of_it_can_be_changed(void **state)
{
    char text[TICKET_TEXT_MAX];
    struct ticket in = { .token = 9, .expires = 5 }, out;
    assert_true(ticket_write(*state, &in, text));
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        char was = text[i];
        text[i] = was == 'A' ? 'B' : 'A';
        assert_false(ticket_read(*state, text, len, &out));
        text[i] = was;
    }
    assert_false(ticket_read(*state, text, len - 1, &out));
    assert_false(ticket_read(*state, text, 0, &out));
    assert_false(ticket_read(*state, "!", 1, &out));
    assert_true(ticket_read(*state, text, len, &out));
}

static void two_of_the_same_do_not_look_alike(void **state)
{
    char one[TICKET_TEXT_MAX], other[TICKET_TEXT_MAX];
    struct ticket ticket = { .token = 9, .expires = 5 };
    assert_true(ticket_write(*state, &ticket, one));
    assert_true(ticket_write(*state, &ticket, other));
    assert_string_not_equal(one, other);
}

static void of_another_history_it_is_none(void **state)
{
    char text[TICKET_TEXT_MAX];
    struct ticket in = { .token = 9 }, out;
    struct ticket_key *restored = ticket_key_new(secret, 6);
    assert_non_null(restored);
    assert_true(ticket_write(*state, &in, text));
    assert_false(ticket_read(restored, text, strlen(text), &out));
    ticket_key_free(restored);
}

static void a_text_that_is_too_long_is_none(void **state)
{
    struct ticket out;
    char *text = malloc(100000);
    assert_non_null(text);
    memset(text, 'A', 100000);
    for (size_t len = TICKET_TEXT_MAX - 4; len < TICKET_TEXT_MAX + 8; len++)
        assert_false(ticket_read(*state, text, len, &out));
    assert_false(ticket_read(*state, text, 100000, &out));
    free(text);
}

int main(void)
{
#define TICKET(test_) cmocka_unit_test_setup_teardown(test_, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TICKET(what_was_written_is_read),
        TICKET(a_hundred_topics_fit),
        TICKET(one_that_names_no_topics_covers_all),
        TICKET(mailboxes_and_topics_are_bound_apart),
        TICKET(no_byte_of_it_can_be_changed),
        TICKET(two_of_the_same_do_not_look_alike),
        TICKET(of_another_history_it_is_none),
        TICKET(a_text_that_is_too_long_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
