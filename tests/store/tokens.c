// SPDX-License-Identifier: MIT
//
// Tokens: put, found by what their holders show, paged, removed.

#include "postbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct store_put_token asks(const char *name, uint8_t hash)
{
    struct store_put_token put = {
        .op.verb = STORE_PUT_TOKEN,
        .token = {
            .name = scene_bytes(name),
            .owner = scene_bytes("owner"),
            .rights = STORE_RIGHT_PULL | STORE_RIGHT_MAILBOX,
            .scope = scene_bytes("https://example.org/*\n*"),
            .expires = 12345,
        },
    };
    memset(put.token.hash, hash, sizeof put.token.hash);
    return put;
}

static enum store_status find(struct session *s, uint8_t hash, uint64_t id)
{
    struct store_find_token find = { .op.verb = STORE_FIND_TOKEN, .id = id };
    memset(find.hash, hash, sizeof find.hash);
    enum store_status status = session_run(s, &find.op);
    if (status == STORE_OK) {
        assert_true(scene_same(find.token.owner, "owner"));
        assert_true(scene_same(find.token.scope, "https://example.org/*\n*"));
        assert_int_equal(find.token.rights,
                         STORE_RIGHT_PULL | STORE_RIGHT_MAILBOX);
        assert_int_equal(find.token.expires, 12345);
    }
    store_release(&find.op);
    return status;
}

static void a_token_is_found_by_what_is_shown(void **state)
{
    struct session *s = *state;
    struct store_put_token put = asks("laptop", 1);
    session_must(s, &put.op);
    assert_true(put.token.id != 0);
    assert_true(put.token.made == put.op.at);
    session_reopen(s);
    assert_int_equal(find(s, 1, 0), STORE_OK);
    assert_int_equal(find(s, 0, put.token.id), STORE_OK);
    assert_int_equal(find(s, 2, 0), STORE_NOT_FOUND);
    assert_int_equal(find(s, 0, put.token.id + 1), STORE_NOT_FOUND);
    assert_int_equal(scene_stats(s).tokens, 1);
}

static void a_name_is_given_once(void **state)
{
    struct session *s = *state;
    struct store_put_token put = asks("laptop", 1);
    session_must(s, &put.op);
    uint64_t id = put.token.id;
    put = asks("laptop", 2);
    assert_int_equal(session_run(s, &put.op), STORE_CONFLICT);
    put = asks("phone", 1);
    assert_int_equal(session_run(s, &put.op), STORE_CONFLICT);
    // The answer to it got lost.
    put = asks("laptop", 1);
    assert_int_equal(session_run(s, &put.op), STORE_DUPLICATE);
    assert_true(put.token.id == id);
}

static void what_is_removed_opens_nothing(void **state)
{
    struct session *s = *state;
    struct store_put_token put = asks("laptop", 1);
    session_must(s, &put.op);
    uint64_t id = put.token.id;
    struct store_remove_token remove = {
        .op.verb = STORE_REMOVE_TOKEN,
        .name = scene_bytes("laptop"),
    };
    session_must(s, &remove.op);
    assert_true(remove.id == id);
    assert_int_equal(find(s, 1, 0), STORE_NOT_FOUND);
    assert_int_equal(session_run(s, &remove.op), STORE_NOT_FOUND);
    put = asks("laptop", 1);
    session_must(s, &put.op);
    assert_true(put.token.id > id);
}

static void tokens_are_paged_by_number(void **state)
{
    struct session *s = *state;
    uint64_t after = 0;
    for (uint8_t i = 1; i <= 5; i++) {
        char name[8];
        snprintf(name, sizeof name, "%d", i);
        struct store_put_token put = asks(name, i);
        session_must(s, &put.op);
    }
    for (int i = 0; i < 3; i++) {
        struct store_page_tokens page = {
            .op.verb = STORE_PAGE_TOKENS,
            .after = after,
            .max = 2,
        };
        session_must(s, &page.op);
        assert_int_equal(page.count, i < 2 ? 2 : 1);
        assert_true(page.end == (i == 2));
        char name[8];
        snprintf(name, sizeof name, "%d", 2 * i + 1);
        assert_true(scene_same(page.items[0].name, name));
        after = page.items[page.count - 1].id;
        store_release(&page.op);
    }
}

static void what_makes_no_sense_is_invalid(void **state)
{
    struct session *s = *state;
    static char text[STORE_SCOPE_MAX + 1];
    struct store_put_token put = asks("", 1);
    assert_int_equal(session_run(s, &put.op), STORE_INVALID);
    put = asks("a", 1);
    put.token.rights = 1U << 20;
    assert_int_equal(session_run(s, &put.op), STORE_INVALID);
    put = asks("a", 1);
    put.token.scope = (struct bytes){ text, sizeof text };
    assert_int_equal(session_run(s, &put.op), STORE_INVALID);
    struct store_page_tokens page = { .op.verb = STORE_PAGE_TOKENS };
    assert_int_equal(session_run(s, &page.op), STORE_INVALID);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup_cheap, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_token_is_found_by_what_is_shown),
        TEST(a_name_is_given_once),
        TEST(what_is_removed_opens_nothing),
        TEST(tokens_are_paged_by_number),
        TEST(what_makes_no_sense_is_invalid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
