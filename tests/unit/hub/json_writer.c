// SPDX-License-Identifier: MIT

#include "hub/json_writer.h"
#include "hub/parcel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

static struct json_writer *begin(void)
{
    static struct json_writer writer;
    json_writer_clear(&writer);
    return &writer;
}

static void assert_written(struct json_writer *writer, const char *wanted)
{
    assert_false(writer->failed);
    json_writer_bytes(writer, "", 1);
    assert_string_equal(writer->at, wanted);
    json_writer_clear(writer);
}

static void text_is_written_in_quotes(void **state)
{
    (void)state;
    struct json_writer *writer = begin();
    json_writer_string(writer, "a \xC3\xA9 \xF0\x9F\x90\x9D");
    assert_written(writer, "\"a \xC3\xA9 \xF0\x9F\x90\x9D\"");
    json_writer_text(writer, "", 0);
    assert_written(writer, "\"\"");
}

static void quotes_and_backslashes_are_escaped(void **state)
{
    (void)state;
    struct json_writer *writer = begin();
    json_writer_string(writer, "\"C:\\\"");
    assert_written(writer, "\"\\\"C:\\\\\\\"\"");
}

static void control_characters_are_escaped(void **state)
{
    (void)state;
    struct json_writer *writer = begin();
    json_writer_text(writer, "\0\x01\b\t\n\x0b\f\r\x1f\x7f", 10);
    assert_written(writer,
                   "\"\\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f\x7f\"");
}

// Some readers of lines end one at these.
static void whatever_ends_a_line_anywhere_is_escaped(void **state)
{
    (void)state;
    struct json_writer *writer = begin();
    json_writer_string(writer, "a\xC2\x85"
                               "b\xE2\x80\xA8"
                               "c\xE2\x80\xA9"
                               "d\xE2\x80\xA7\xC2\x84");
    assert_written(writer, "\"a\\u0085b\\u2028c\\u2029d\xE2\x80\xA7\xC2\x84\"");
}

static void bytes_that_are_not_utf8_are_replaced(void **state)
{
    (void)state;
    struct json_writer *writer = begin();
    json_writer_text(writer, "a\xFF\"\xC3", 4);
    assert_written(writer, "\"a\xEF\xBF\xBD\\\"\xEF\xBF\xBD\"");
}

static void what_is_not_utf8_is_not_written_as_if_it_were(void **state)
{
    (void)state;
    struct json_writer *writer = begin();
    assert_false(json_writer_utf8(writer, "a\xC3", 2));
    assert_int_equal(writer->len, 0);
    assert_true(json_writer_utf8(writer, "a", 1));
    assert_written(writer, "\"a\"");
}

static void base64_has_padding(void **state)
{
    (void)state;
    struct json_writer *writer = begin();
    json_writer_base64(writer, "", 0);
    json_writer_base64(writer, "f", 1);
    json_writer_base64(writer, "fo", 2);
    json_writer_base64(writer, "foo", 3);
    json_writer_base64(writer, "\xFF\xFE\xFD\xFC", 4);
    assert_written(writer, "\"\"\"Zg==\"\"Zm8=\"\"Zm9v\"\"//79/A==\"");
}

static void members_are_separated_by_commas(void **state)
{
    (void)state;
    struct json_writer *writer = begin();
    json_writer_put(writer, "{");
    json_writer_name(writer, "a");
    json_writer_number(writer, UINT64_MAX);
    json_writer_name(writer, "b");
    json_writer_put(writer, "[");
    json_writer_next(writer);
    json_writer_number(writer, 0);
    json_writer_next(writer);
    json_writer_number(writer, 1);
    json_writer_put(writer, "]}");
    assert_written(writer, "{\"a\":18446744073709551615,\"b\":[0,1]}");
}

static void times_have_milliseconds(void **state)
{
    (void)state;
    struct json_writer *writer = begin();
    json_writer_time(writer, 0);
    json_writer_time(writer, 1795355999007);
    assert_written(writer, "\"1970-01-01T00:00:00.000Z\""
                           "\"2026-11-22T13:59:59.007Z\"");
}

static void every_byte_comes_back(void **state)
{
    (void)state;
    struct json_writer *writer = begin();
    char bytes[128];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)i;
    json_writer_text(writer, bytes, sizeof bytes);
    json_t *text = json_loadb(writer->at, writer->len,
                              JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    assert_non_null(text);
    assert_int_equal(json_string_length(text), sizeof bytes);
    assert_memory_equal(json_string_value(text), bytes, sizeof bytes);
    json_decref(text);
    json_writer_clear(writer);
}

static void what_is_too_much_fails_for_good(void **state)
{
    (void)state;
    struct json_writer *writer = begin();
    json_writer_put(writer, "a");
    json_writer_bytes(writer, NULL, JSON_WRITER_MAX);
    assert_true(writer->failed);
    json_writer_put(writer, "b");
    assert_int_equal(writer->len, 1);
    assert_null(json_writer_parcel(writer));
    assert_false(writer->failed);
}

static void a_parcel_has_all_of_it(void **state)
{
    (void)state;
    struct json_writer *writer = begin();
    for (int i = 0; i < 10000; i++)
        json_writer_put(writer, "0123456789");
    struct parcel *parcel = json_writer_parcel(writer);
    assert_non_null(parcel);
    assert_int_equal(parcel_length(parcel), 100000);
    assert_memory_equal(parcel_bytes(parcel) + 99990, "0123456789", 10);
    assert_null(writer->at);
    parcel_free(parcel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_written_in_quotes),
        cmocka_unit_test(quotes_and_backslashes_are_escaped),
        cmocka_unit_test(control_characters_are_escaped),
        cmocka_unit_test(whatever_ends_a_line_anywhere_is_escaped),
        cmocka_unit_test(bytes_that_are_not_utf8_are_replaced),
        cmocka_unit_test(what_is_not_utf8_is_not_written_as_if_it_were),
        cmocka_unit_test(base64_has_padding),
        cmocka_unit_test(members_are_separated_by_commas),
        cmocka_unit_test(times_have_milliseconds),
        cmocka_unit_test(every_byte_comes_back),
        cmocka_unit_test(what_is_too_much_fails_for_good),
        cmocka_unit_test(a_parcel_has_all_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
