// SPDX-License-Identifier: MIT

#include "storage/lmdb/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void what_is_written_is_read_again(void **state)
{
    uint8_t buffer[128];
    struct writer writer;
    struct reader reader;
    writer_init(&writer, buffer, sizeof buffer);
    write_u8(&writer, 200);
    write_u32(&writer, UINT32_MAX - 1);
    write_u64(&writer, UINT64_MAX - 1);
    write_i64(&writer, INT64_MAX);
    write_u32(&writer, (uint32_t)-7);
    write_bool(&writer, true);
    write_text(&writer, (struct bytes){ "a\0b", 3 });
    write_text(&writer, (struct bytes){ NULL, 0 });
    assert_false(writer.failed);

    reader_init(&reader, writer_bytes(&writer));
    assert_int_equal(read_u8(&reader), 200);
    assert_true(read_u32(&reader) == UINT32_MAX - 1);
    assert_true(read_u64(&reader) == UINT64_MAX - 1);
    assert_true(read_time(&reader) == INT64_MAX);
    assert_int_equal(read_i32(&reader), -7);
    assert_true(read_bool(&reader));
    struct bytes text = read_text(&reader, 3);
    assert_int_equal(text.len, 3);
    assert_memory_equal(text.at, "a\0b\0", 4);
    assert_int_equal(read_text(&reader, 0).len, 0);
    assert_true(reader_done(&reader));
    (void)state;
}

static void a_full_buffer_fails_and_is_not_overrun(void **state)
{
    uint8_t buffer[8];
    struct writer writer;
    memset(buffer, 0xee, sizeof buffer);
    writer_init(&writer, buffer, 6);
    write_u32(&writer, 1);
    write_u32(&writer, 2);
    assert_true(writer.failed);
    write_u8(&writer, 3);
    assert_true(writer.failed);
    assert_int_equal(writer_bytes(&writer).len, 4);
    assert_int_equal(buffer[4], 0xee);
    (void)state;
}

static void a_short_record_fails_and_answers_zeroes(void **state)
{
    struct reader reader;
    reader_init(&reader, (struct bytes){ "\1\2\3", 3 });
    assert_int_equal(read_u32(&reader), 0);
    assert_true(reader.failed);
    assert_int_equal(read_u8(&reader), 0);
    assert_false(reader_done(&reader));
    (void)state;
}

static void what_is_left_over_is_not_done(void **state)
{
    struct reader reader;
    reader_init(&reader, (struct bytes){ "\1\2", 2 });
    read_u8(&reader);
    assert_false(reader_done(&reader));
    read_u8(&reader);
    assert_true(reader_done(&reader));
    (void)state;
}

static void expect_bad_text(const char *record, size_t len, size_t max)
{
    struct reader reader;
    reader_init(&reader, (struct bytes){ record, len });
    struct bytes text = read_text(&reader, max);
    assert_int_equal(text.len, 0);
    assert_non_null(text.at);
    assert_true(reader.failed);
}

static void hostile_lengths_of_text_are_refused(void **state)
{
    expect_bad_text("\3\0\0\0abc\0", 8, 2); // longer than allowed
    expect_bad_text("\3\0\0\0abc", 7, 10);  // its NUL is missing
    expect_bad_text("\3\0\0\0abcd", 8, 10); // its NUL is none
    expect_bad_text("\xff\xff\xff\xff\0", 5, SIZE_MAX);
    expect_bad_text("\3\0", 2, 10);
    (void)state;
}

static void hostile_counts_of_items_are_refused(void **state)
{
    struct reader reader;
    reader_init(&reader, (struct bytes){ "0123456789abcdef", 16 });
    assert_null(read_items(&reader, SIZE_MAX / 8, 16));
    assert_true(reader.failed);
    reader_init(&reader, (struct bytes){ "0123456789abcdef", 16 });
    assert_non_null(read_items(&reader, 1, 16));
    assert_true(reader_done(&reader));
    (void)state;
}

static void choices_and_times_out_of_range_are_refused(void **state)
{
    struct reader reader;
    reader_init(&reader, (struct bytes){ "\5", 1 });
    assert_int_equal(read_choice(&reader, 4), 0);
    assert_true(reader.failed);
    reader_init(&reader, (struct bytes){ "\2", 1 });
    assert_false(read_bool(&reader));
    assert_true(reader.failed);
    reader_init(&reader, (struct bytes){ "\0\0\0\0\0\0\0\x80", 8 });
    assert_true(read_time(&reader) == 0);
    assert_true(reader.failed);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(a_full_buffer_fails_and_is_not_overrun),
        cmocka_unit_test(a_short_record_fails_and_answers_zeroes),
        cmocka_unit_test(what_is_left_over_is_not_done),
        cmocka_unit_test(hostile_lengths_of_text_are_refused),
        cmocka_unit_test(hostile_counts_of_items_are_refused),
        cmocka_unit_test(choices_and_times_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
