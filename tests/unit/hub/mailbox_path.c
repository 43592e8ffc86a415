// SPDX-License-Identifier: MIT

#include "hub/mailbox_path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct mailbox_path good(const char *path)
{
    struct mailbox_path out;
    if (!mailbox_path_read(path, &out))
        fail_msg("%s", path);
    return out;
}

static void each_part_has_a_path(void **state)
{
    static const struct {
        const char *path;
        enum mailbox_part part;
    } cases[] = {
        { "/mailboxes", MAILBOX_ALL },
        { "/mailboxes/", MAILBOX_ALL },
        { "/hub/mailboxes", MAILBOX_ALL },
        { "/mailboxes/reader-7", MAILBOX_ITSELF },
        { "/hub/mailboxes/reader-7", MAILBOX_ITSELF },
        { "/mailboxes/reader-7/messages", MAILBOX_MESSAGES },
        { "/mailboxes/reader-7/sse", MAILBOX_SSE },
        { "/mailboxes/reader-7/stream", MAILBOX_STREAM },
        { "/mailboxes/reader-7/ws", MAILBOX_WS },
        { "/mailboxes/reader-7/acks", MAILBOX_ACKS },
        { "/mailboxes/reader-7/seek", MAILBOX_SEEK },
        { "/mailboxes/reader-7/touch", MAILBOX_TOUCH },
        { "/mailboxes/reader-7/subscriptions", MAILBOX_SUBSCRIPTIONS },
        { "/mailboxes/reader-7/subscriptions/12", MAILBOX_SUBSCRIPTION },
        { "/mailboxes/reader-7/messages/abc", MAILBOX_MESSAGE },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mailbox_path path = good(cases[i].path);
        assert_int_equal(path.part, cases[i].part);
        if (path.part != MAILBOX_ALL)
            assert_string_equal(path.name, "reader-7");
        assert_false(path.dead);
    }
    assert_int_equal(good("/mailboxes/a/subscriptions/12").sid, 12);
    assert_string_equal(good("/mailboxes/a/messages/abc").item, "abc");
}

static void dead_letters_have_a_name_of_their_own(void **state)
{
    struct mailbox_path path = good("/mailboxes/reader-7.dead/messages");
    (void)state;
    assert_true(path.dead);
    assert_string_equal(path.name, "reader-7");
    assert_false(mailbox_path_is_name("reader-7.dead"));
    assert_true(mailbox_path_is_name("reader-7"));
    assert_false(mailbox_path_is_name(""));
    assert_false(mailbox_path_is_name("a/b"));
    assert_false(mailbox_path_is_name("a%41"));
    assert_false(mailbox_path_is_name(".."));
}

static void an_escaped_name_is_the_same_name(void **state)
{
    (void)state;
    assert_string_equal(good("/mailboxes/a%7Eb%2d").name, "a~b-");
}

static void nothing_else_is_there(void **state)
{
    static const char *const paths[] = {
        "/mailbox",
        "/mailboxesx",
        "/mailboxes//messages",
        "/mailboxes/a b",
        "/mailboxes/a%2Fb",
        "/mailboxes/a%0",
        "/mailboxes/a%",
        "/mailboxes/%00",
        "/mailboxes/%C3%A4",
        "/mailboxes/.",
        "/mailboxes/../messages",
        "/mailboxes/a/other",
        "/mailboxes/a/messages/",
        "/mailboxes/a/messages/x/y",
        "/mailboxes/a/messages/0123456789012345678901234567890123456789",
        "/mailboxes/a/subscriptions/",
        "/mailboxes/a/subscriptions/0",
        "/mailboxes/a/subscriptions/-1",
        "/mailboxes/a/subscriptions/1x",
        "/mailboxes/a/subscriptions/9999999999999999999",
        "/mailboxes/a/",
    };
    struct mailbox_path out;
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (mailbox_path_read(paths[i], &out))
            fail_msg("%s", paths[i]);
}

static void a_name_has_a_greatest_length(void **state)
{
    char path[256];
    struct mailbox_path out;
    (void)state;
    int len = snprintf(path, sizeof path, "/mailboxes/");
    memset(path + len, 'a', STORE_NAME_MAX);
    path[len + STORE_NAME_MAX] = '\0';
    assert_true(mailbox_path_read(path, &out));
    path[len + STORE_NAME_MAX] = 'a';
    path[len + STORE_NAME_MAX + 1] = '\0';
    assert_false(mailbox_path_read(path, &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_part_has_a_path),
        cmocka_unit_test(dead_letters_have_a_name_of_their_own),
        cmocka_unit_test(an_escaped_name_is_the_same_name),
        cmocka_unit_test(nothing_else_is_there),
        cmocka_unit_test(a_name_has_a_greatest_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
