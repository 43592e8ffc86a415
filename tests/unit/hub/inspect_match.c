// SPDX-License-Identifier: MIT

#include "hub/inspect_match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct bytes bytes(const char *text)
{
    return (struct bytes){ text, strlen(text) };
}

static struct store_find subscribed(const char *secret)
{
    struct store_find find = { .subscribed = true };
    find.subscriber.profile.secret = bytes(secret);
    return find;
}

static void wait_for(struct store_find *find, const char *secret)
{
    struct store_request *request = &find->pending[find->pending_count++];
    request->id = find->pending_count;
    request->profile.secret = bytes(secret);
}

static enum inspect_view view(const struct store_find *find, const char *secret)
{
    struct inspect_match match;
    inspect_match(find, bytes(secret), &match);
    return match.view;
}

static void M18_the_secret_opens_the_subscription(void **state)
{
    (void)state;
    struct store_find find = subscribed("hush");
    assert_int_equal(view(&find, "hush"), INSPECT_SUBSCRIPTION);
}

static void M18_another_secret_opens_nothing(void **state)
{
    (void)state;
    struct store_find find = subscribed("hush");
    static const char *const wrong[] = { "hus", "hush ", "HUSH", "hushh", "x" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(view(&find, wrong[i]), INSPECT_NOTHING);
}

static void M18_an_empty_secret_opens_nothing(void **state)
{
    (void)state;
    struct store_find find = subscribed("");
    wait_for(&find, "");
    assert_int_equal(view(&find, ""), INSPECT_NOTHING);
    find = (struct store_find){ .subscribed = false };
    assert_int_equal(view(&find, ""), INSPECT_NOTHING);
    // What an empty secret's block looks like is no secret either.
    struct inspect_match match;
    inspect_match(&find, (struct bytes){ "\0", 1 }, &match);
    assert_int_equal(match.view, INSPECT_NOTHING);
}

static void the_longest_secret_is_compared_to_its_end(void **state)
{
    (void)state;
    char secret[STORE_SECRET_MAX + 2];
    memset(secret, 'a', sizeof secret);
    secret[STORE_SECRET_MAX] = '\0';
    struct store_find find = subscribed(secret);
    assert_int_equal(view(&find, secret), INSPECT_SUBSCRIPTION);
    char other[STORE_SECRET_MAX + 1];
    memcpy(other, secret, sizeof other);
    other[STORE_SECRET_MAX - 1] = 'b';
    assert_int_equal(view(&find, other), INSPECT_NOTHING);
    // One byte more than a secret can have.
    secret[STORE_SECRET_MAX] = 'a';
    struct inspect_match match;
    inspect_match(&find, (struct bytes){ secret, STORE_SECRET_MAX + 1 },
                  &match);
    assert_int_equal(match.view, INSPECT_NOTHING);
}

static void M18_a_strangers_request_shows_nothing_but_itself(void **state)
{
    (void)state;
    struct store_find find = subscribed("hush");
    wait_for(&find, "stranger");
    struct inspect_match match;
    inspect_match(&find, bytes("stranger"), &match);
    assert_int_equal(match.view, INSPECT_PENDING);
    assert_ptr_equal(match.pending, &find.pending[0]);
    // And the subscriber does not see the stranger's.
    inspect_match(&find, bytes("hush"), &match);
    assert_int_equal(match.view, INSPECT_SUBSCRIPTION);
    assert_null(match.pending);
}

static void the_newest_of_the_own_requests_is_shown(void **state)
{
    (void)state;
    struct store_find find = subscribed("hush");
    wait_for(&find, "hush");
    wait_for(&find, "other");
    wait_for(&find, "hush");
    struct inspect_match match;
    inspect_match(&find, bytes("hush"), &match);
    assert_int_equal(match.view, INSPECT_SUBSCRIPTION);
    assert_int_equal(match.pending->id, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(M18_the_secret_opens_the_subscription),
        cmocka_unit_test(M18_another_secret_opens_nothing),
        cmocka_unit_test(M18_an_empty_secret_opens_nothing),
        cmocka_unit_test(the_longest_secret_is_compared_to_its_end),
        cmocka_unit_test(M18_a_strangers_request_shows_nothing_but_itself),
        cmocka_unit_test(the_newest_of_the_own_requests_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
