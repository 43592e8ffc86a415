// SPDX-License-Identifier: MIT

#include "storage/lmdb/mailbox_records.h"
#include "storage/lmdb/records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { ROOM = 256 };

static const uint64_t most = STORE_BODY_MAX;

static bool update_of(uint64_t whole, uint64_t delta)
{
    uint8_t buffer[ROOM];
    struct writer writer;
    struct update got;
    const struct update put = {
        .number = 1,
        .time = 2,
        .kind = STORE_UPDATE_WHOLE,
        .whole_size = whole,
        .delta_size = delta,
    };
    writer_init(&writer, buffer, sizeof buffer);
    update_encode(&writer, &put);
    return update_decode(writer_bytes(&writer), &got);
}

static bool dead_letter_of(uint64_t size)
{
    uint8_t buffer[ROOM];
    struct writer writer;
    struct dead_letter got = { .sid = 0 };
    const struct dead_letter put = {
        .event = { .number = 1, .kind = STORE_UPDATE_WHOLE, .size = size },
    };
    writer_init(&writer, buffer, sizeof buffer);
    dead_encode(&writer, &put);
    return dead_decode(writer_bytes(&writer), &got);
}

// Whoever believed it would make room for that, and one byte more.
static void no_record_says_a_size_that_no_body_has(void **state)
{
    (void)state;
    assert_true(update_of(most, most));
    assert_true(dead_letter_of(most));
    const uint64_t sizes[] = { most + 1, UINT64_C(1) << 53, UINT64_MAX };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        assert_false(update_of(sizes[i], 0));
        assert_false(update_of(0, sizes[i]));
        assert_false(dead_letter_of(sizes[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_record_says_a_size_that_no_body_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
