// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fetcher/engine_network.h"

#include <stdlib.h>

static unsigned kept(const struct network *network, size_t first, size_t last)
{
    unsigned sum = 0;
    for (size_t i = first; i < last; i++)
        sum += network->shards[i].kept;
    return sum;
}

// Where more are in use than can be kept, each request makes a new connection.
static void as_many_tls_connections_are_kept_as_allowed(void **state)
{
    struct network *network = calloc(1, sizeof *network);
    (void)state;
    assert_non_null(network);
    network->limits.kept_tls = 1024;
    shards_init(network);
    assert_true(kept(network, 0, SHARD_HTTPS_COUNT) >= 1024);
    assert_true(kept(network, 0, SHARD_COUNT) <= 1024 + 512);
    for (size_t i = 0; i < SHARD_COUNT; i++) {
        assert_ptr_equal(network->shards[i].network, network);
        assert_false(shard_is_full(&network->shards[i]));
    }
    free(network);
}

static void a_shard_keeps_some_at_least(void **state)
{
    struct network *network = calloc(1, sizeof *network);
    (void)state;
    assert_non_null(network);
    network->limits.kept_tls = 1;
    shards_init(network);
    for (size_t i = 0; i < SHARD_COUNT; i++)
        assert_in_range(network->shards[i].kept, 1, 16);
    free(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_many_tls_connections_are_kept_as_allowed),
        cmocka_unit_test(a_shard_keeps_some_at_least),
    };
    return cmocka_run_group_tests_name("engine_shard", tests, NULL, NULL);
}
