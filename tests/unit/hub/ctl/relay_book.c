// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/ctl/relay_book.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char nothing[] = "";

// Terms of a topic and a callback that are numbered.
struct one {
    struct relay_terms terms;
    char topic[64], callback[64], secret[64];
};

static void make(struct one *one, int topic, int callback, const char *secret)
{
    *one = (struct one){ .terms = { .method = STORE_SHA384,
                                    .content = STORE_CONTENT_ENTRIES,
                                    .verify_token = nothing } };
    snprintf(one->topic, sizeof one->topic, "http://t.example/%d", topic);
    snprintf(one->callback, sizeof one->callback, "http://10.0.0.1/%d",
             callback);
    snprintf(one->secret, sizeof one->secret, "%s", secret);
    one->terms.topic = one->topic;
    one->terms.callback = one->callback;
    one->terms.secret = one->secret;
    assert_true(relay_terms_key(&one->terms));
}

static void a_seat_is_found_by_any_spelling(void **state)
{
    struct relay_book book = { .hub = "" };
    struct one one, other;
    (void)state;
    make(&one, 1, 1, "");
    assert_non_null(relay_book_sit(&book, &one.terms, "relay-1"));
    snprintf(one.topic, sizeof one.topic, "HTTP://T.example:80/%%31");
    assert_true(relay_terms_key(&one.terms));
    assert_non_null(relay_book_seat(&book, &one.terms));
    make(&other, 1, 2, "");
    assert_null(relay_book_seat(&book, &other.terms));
    make(&other, 2, 1, "");
    assert_null(relay_book_seat(&book, &other.terms));
    relay_book_clear(&book);
}

static void fill(struct relay_book *book)
{
    struct one one;
    snprintf(book->hub, sizeof book->hub, "https://hub.example/");
    make(&one, 1, 1, "s\"ecret\xc3\xa4");
    struct relay_seat *seat = relay_book_sit(book, &one.terms, "relay-1");
    seat->lease_end = 1700000000123;
    seat->lease = 864000000;
    seat->seen = 1690000000456;
    make(&one, 2, 1, "");
    struct relay_wish *wish = relay_book_wish(book, &one.terms);
    snprintf(wish->mailbox, sizeof wish->mailbox, "relay-2");
    wish->unsubscribe = true;
    wish->lease_s = -1;
    wish->accepted = 77;
    assert_true(relay_book_leave(book, "relay-3"));
}

static void what_is_written_is_read(void **state)
{
    struct relay_book book = { .hub = "" }, again = { .hub = "" };
    struct one one;
    (void)state;
    fill(&book);
    char *text = relay_book_write(&book);
    assert_non_null(text);
    assert_true(relay_book_read(&again, text, strlen(text)));
    assert_false(again.changed);
    assert_string_equal(again.hub, "https://hub.example/");
    make(&one, 1, 1, "s\"ecret\xc3\xa4");
    const struct relay_seat *seat = relay_book_seat(&again, &one.terms);
    assert_non_null(seat);
    assert_true(relay_terms_equal(&seat->terms, &one.terms));
    assert_string_equal(seat->mailbox, "relay-1");
    assert_int_equal(seat->lease_end, 1700000000123);
    assert_int_equal(seat->lease, 864000000);
    assert_int_equal(seat->seen, 1690000000456);
    assert_int_equal(again.wish_count, 1);
    assert_true(again.wishes->unsubscribe);
    assert_int_equal(again.wishes->lease_s, -1);
    assert_int_equal(again.wishes->accepted, 77);
    assert_string_equal(again.wishes->mailbox, "relay-2");
    assert_int_equal(again.left_count, 1);
    assert_string_equal(again.left[0], "relay-3");
    free(text);
    relay_book_clear(&book);
    relay_book_clear(&again);
}

static void a_damaged_book_is_none(void **state)
{
    static const char *const damaged[] = {
        "",
        "{}",
        "[]",
        "{\"version\":2}",
        "{\"version\":1,\"hub\":\"h\",\"subscriptions\":[{}],"
        "\"requests\":[],\"left\":[]}",
        "{\"version\":1,\"hub\":\"h\",\"subscriptions\":[],"
        "\"requests\":[1],\"left\":[]}",
        "{\"version\":1,\"hub\":\"h\",\"subscriptions\":[],"
        "\"requests\":[],\"left\":[\"0123456789012345678901234567890123456789"
        "0123456789\"]}",
    };
    struct relay_book whole = { .hub = "" };
    (void)state;
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        struct relay_book book = { .hub = "" };
        assert_false(relay_book_read(&book, damaged[i], strlen(damaged[i])));
        assert_int_equal(book.seat_count, 0);
    }
    fill(&whole);
    char *text = relay_book_write(&whole);
    for (size_t len = 0; len < strlen(text); len++) {
        struct relay_book book = { .hub = "" };
        assert_false(relay_book_read(&book, text, len));
    }
    free(text);
    relay_book_clear(&whole);
}

static void a_mailbox_is_needed_by_seats_and_wishes(void **state)
{
    struct relay_book book = { .hub = "" };
    struct one one;
    (void)state;
    fill(&book);
    assert_true(relay_book_needs(&book, "relay-1"));
    assert_true(relay_book_needs(&book, "relay-2"));
    assert_false(relay_book_needs(&book, "relay-3"));
    make(&one, 1, 1, "");
    relay_book_rise(&book, relay_book_seat(&book, &one.terms));
    relay_book_forget(&book, book.wishes);
    assert_false(relay_book_needs(&book, "relay-1"));
    assert_false(relay_book_needs(&book, "relay-2"));
    relay_book_left(&book, 0);
    assert_int_equal(book.left_count, 0);
    relay_book_clear(&book);
}

static void there_are_so_many_seats(void **state)
{
    struct relay_book book = { .hub = "" };
    struct one one;
    (void)state;
    for (int i = 0; i < RELAY_SEATS_MAX; i++) {
        make(&one, i, 1, "");
        assert_non_null(relay_book_sit(&book, &one.terms, "relay-1"));
    }
    make(&one, RELAY_SEATS_MAX, 1, "");
    assert_null(relay_book_sit(&book, &one.terms, "relay-1"));
    relay_book_clear(&book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seat_is_found_by_any_spelling),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(a_damaged_book_is_none),
        cmocka_unit_test(a_mailbox_is_needed_by_seats_and_wishes),
        cmocka_unit_test(there_are_so_many_seats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
