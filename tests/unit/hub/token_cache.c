// SPDX-License-Identifier: MIT

#include "hub/token_cache.h"

#include "hub/visitor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct visitor *holder(uint64_t id)
{
    struct store_token token = {
        .id = id,
        .name = { "n", 1 },
        .owner = { "o", 1 },
        .scope = { "*", 1 },
    };
    const struct visitor *visitor = visitor_of_token(&token);
    assert_non_null(visitor);
    return visitor;
}

static void hash_of(uint64_t number, uint8_t out[TOKEN_HASH])
{
    memset(out, 0, TOKEN_HASH);
    memcpy(out, &number, sizeof number);
}

static int set_up(void **state)
{
    *state = token_cache_new();
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    token_cache_free(*state);
    return 0;
}

static void put(struct token_cache *cache, uint64_t number, int64_t mono)
{
    uint8_t hash[TOKEN_HASH];
    const struct visitor *visitor = holder(number);
    hash_of(number, hash);
    token_cache_put(cache, hash, mono, visitor);
    visitor_drop(visitor);
}

static bool find(struct token_cache *cache, uint64_t number, int64_t mono,
                 const struct visitor **out)
{
    uint8_t hash[TOKEN_HASH];
    hash_of(number, hash);
    return token_cache_find(cache, hash, mono, out);
}

static void it_is_found_until_it_is_forgotten(void **state)
{
    const struct visitor *visitor;
    assert_false(find(*state, 1, 0, &visitor));
    put(*state, 1, 0);
    put(*state, 2, 0);
    assert_true(find(*state, 1, 0, &visitor));
    assert_int_equal(visitor->token, 1);
    token_cache_forget(*state, 1);
    assert_false(find(*state, 1, 0, &visitor));
    assert_true(find(*state, 2, 0, &visitor));
    assert_int_equal(visitor->token, 2);
}

static void that_it_is_nobodys_is_remembered_for_seconds(void **state)
{
    uint8_t hash[TOKEN_HASH];
    const struct visitor *visitor;
    hash_of(1, hash);
    token_cache_put(*state, hash, 1000, NULL);
    assert_true(find(*state, 1, 1000 + TOKEN_CACHE_NOBODY_MS - 1, &visitor));
    assert_null(visitor);
    assert_false(find(*state, 1, 1000 + TOKEN_CACHE_NOBODY_MS, &visitor));
}

static void guessers_displace_nobody(void **state)
{
    uint8_t hash[TOKEN_HASH];
    const struct visitor *visitor;
    put(*state, 1, 0);
    for (uint64_t i = 2; i < 100000; i++) {
        hash_of(i, hash);
        token_cache_put(*state, hash, 10, NULL);
    }
    assert_true(find(*state, 1, 10, &visitor));
    assert_int_equal(visitor->token, 1);
}

static void of_too_many_those_used_last_stay(void **state)
{
    const struct visitor *visitor;
    uint64_t most = (uint64_t)TOKEN_CACHE_SETS * TOKEN_CACHE_WAYS;
    size_t found = 0;
    for (uint64_t i = 1; i <= 4 * most; i++) {
        put(*state, i, (int64_t)i);
        assert_true(find(*state, 1, (int64_t)i, &visitor));
    }
    for (uint64_t i = 1; i <= 4 * most; i++)
        found += find(*state, i, 0, &visitor);
    assert_true(found <= most);
    assert_true(found > most / 2);
}

static void put_twice_it_is_there_once(void **state)
{
    const struct visitor *visitor;
    put(*state, 1, 0);
    put(*state, 1, 5);
    token_cache_forget(*state, 1);
    assert_false(find(*state, 1, 5, &visitor));
}

int main(void)
{
#define CACHE(test_) cmocka_unit_test_setup_teardown(test_, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CACHE(it_is_found_until_it_is_forgotten),
        CACHE(that_it_is_nobodys_is_remembered_for_seconds),
        CACHE(guessers_displace_nobody),
        CACHE(of_too_many_those_used_last_stay),
        CACHE(put_twice_it_is_there_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
