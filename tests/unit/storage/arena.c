// SPDX-License-Identifier: MIT

#include "storage/lmdb/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void pieces_are_zeroed_aligned_and_apart(void **state)
{
    struct arena arena = { .failed = false };
    for (size_t size = 0; size < 3000; size += 7) {
        unsigned char *at = arena_alloc(&arena, size);
        assert_non_null(at);
        assert_int_equal((uintptr_t)at % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(at[i], 0);
        memset(at, 0xff, size);
    }
    arena_clear(&arena);
    (void)state;
}

static void a_copy_ends_in_nul(void **state)
{
    struct arena arena = { .failed = false };
    struct bytes copy = arena_copy(&arena, (struct bytes){ "a\0bc", 4 });
    assert_int_equal(copy.len, 4);
    assert_memory_equal(copy.at, "a\0bc\0", 5);
    assert_string_equal(arena_copy(&arena, (struct bytes){ NULL, 0 }).at, "");
    arena_clear(&arena);
    (void)state;
}

static void an_impossible_size_fails_and_sticks(void **state)
{
    struct arena arena = { .failed = false };
    assert_null(arena_array(&arena, SIZE_MAX / 4, 16));
    assert_true(arena.failed);
    assert_null(arena_alloc(&arena, 1));
    assert_int_equal(arena_copy(&arena, (struct bytes){ "x", 1 }).len, 0);
    arena_reset(&arena);
    assert_non_null(arena_alloc(&arena, 1));
    arena_clear(&arena);
    (void)state;
}

static void what_is_detached_stays_good(void **state)
{
    struct arena arena = { .failed = false };
    struct bytes kept = arena_copy(&arena, (struct bytes){ "kept", 4 });
    void *detached = arena_detach(&arena);
    assert_null(arena.blocks);
    arena_copy(&arena, (struct bytes){ "other", 5 });
    arena_clear(&arena);
    assert_string_equal(kept.at, "kept");
    arena_free(detached);
    arena_free(NULL);
    (void)state;
}

static void a_reset_arena_uses_its_block_again(void **state)
{
    struct arena arena = { .failed = false };
    void *first = arena_alloc(&arena, 100);
    arena_reset(&arena);
    assert_ptr_equal(arena_alloc(&arena, 100), first);
    arena_clear(&arena);
    (void)state;
}

static void what_was_expected_comes_from_one_block(void **state)
{
    struct arena arena = { .failed = false };
    arena_expect(&arena, 100000);
    const struct arena_block *block = arena.blocks;
    for (int i = 0; i < 100; i++)
        arena_alloc(&arena, 992);
    assert_ptr_equal(arena.blocks, block);
    arena_clear(&arena);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
        cmocka_unit_test(a_copy_ends_in_nul),
        cmocka_unit_test(an_impossible_size_fails_and_sticks),
        cmocka_unit_test(what_is_detached_stays_good),
        cmocka_unit_test(a_reset_arena_uses_its_block_again),
        cmocka_unit_test(what_was_expected_comes_from_one_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
