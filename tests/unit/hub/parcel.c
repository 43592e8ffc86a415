// SPDX-License-Identifier: MIT

#include "hub/parcel.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void it_keeps_a_copy(void **state)
{
    char text[] = "bytes";
    struct parcel *parcel = parcel_new(text, 5);
    (void)state;

    assert_non_null(parcel);
    memset(text, 'x', 5);
    assert_int_equal(parcel_length(parcel), 5);
    assert_memory_equal(parcel_bytes(parcel), "bytes", 5);
    parcel_free(parcel);
    parcel_free(NULL);
}

static void it_is_filled_by_its_maker(void **state)
{
    char *bytes = NULL;
    struct parcel *parcel = parcel_make(3, &bytes);
    (void)state;

    assert_non_null(parcel);
    memcpy(bytes, "abc", 3);
    assert_memory_equal(parcel_bytes(parcel), "abc", 3);
    parcel_free(parcel);
    assert_null(parcel_make(SIZE_MAX, &bytes));
}

static void *use(void *context)
{
    struct parcel *parcel = context;
    for (unsigned i = 0; i < 10000; i++)
        parcel_free(parcel_share(parcel));
    parcel_free(parcel);
    return NULL;
}

// Too few or too many frees are found by the sanitizers.
static void it_lives_until_the_last_share_of_any_thread(void **state)
{
    struct parcel *parcel = parcel_new("", 0);
    pthread_t threads[3];
    (void)state;

    assert_non_null(parcel);
    assert_int_equal(parcel_length(parcel), 0);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, use, parcel_share(parcel)), 0);
    parcel_free(parcel);
    for (size_t i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_keeps_a_copy),
        cmocka_unit_test(it_is_filled_by_its_maker),
        cmocka_unit_test(it_lives_until_the_last_share_of_any_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
