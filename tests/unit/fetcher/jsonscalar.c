// SPDX-License-Identifier: MIT

#include "fixture.h"

#include "fetcher/jsonscalar.h"

#include <stdlib.h>
#include <string.h>

struct result {
    const char *wanted;
    bool mended;
    size_t read; // of the text
};

static void check(struct jsonscalar *scalar, const struct result *result)
{
    char *got = strndup(scalar->out.bytes, scalar->out.len);
    assert_non_null(got);
    assert_string_equal(got, result->wanted);
    assert_int_equal(scalar->mended, result->mended);
    assert_int_equal(scalar->at, result->read);
    free(got);
    pool_clear(&scalar->out);
}

static void check_string(const char *text, const char *wanted, bool mended)
{
    struct jsonscalar scalar = { .text = text, .len = strlen(text) };
    assert_true(jsonscalar_string(&scalar));
    check(&scalar, &(struct result){ wanted, mended, strlen(text) });
}

static void check_word(const char *text, const char *wanted, bool mended)
{
    struct jsonscalar scalar = { .text = text, .len = strlen(text) };
    jsonscalar_word(&scalar, false);
    check(&scalar, &(struct result){ wanted, mended, strlen(text) });
}

static void a_string_of_json_stays(void **state)
{
    (void)state;
    check_string("\"\"", "\"\"", false);
    check_string("\"a'b\\\"\\\\\\/\\n\\u00e9é\"",
                 "\"a'b\\\"\\\\\\/\\n\\u00e9é\"", false);
    check_string("\"\\ud83d\\ude00\"", "\"\\ud83d\\ude00\"", false);
}

static void control_characters_are_escaped(void **state)
{
    (void)state;
    check_string("\"a\nb\tc\001\"", "\"a\\u000ab\\u0009c\\u0001\"", true);
}

static void escapes_that_are_none_stand_for_themselves(void **state)
{
    (void)state;
    check_string("\"C:\\dir\\users\"", "\"C:\\\\dir\\\\users\"", true);
    check_string("\"it\\'s\"", "\"it's\"", true);
    check_string("\"a\\\nb\"", "\"ab\"", true);
}

static void halves_of_pairs_are_replaced(void **state)
{
    (void)state;
    check_string("\"\\ud83d\"", "\"\\ufffd\"", true);
    check_string("\"\\ude00x\"", "\"\\ufffdx\"", true);
    check_string("\"\\ud83d\\u0041\"", "\"\\ufffd\\u0041\"", true);
    check_string("\"\\u0000\"", "\"\\ufffd\"", true);
}

static void single_quotes_become_double_ones(void **state)
{
    (void)state;
    check_string("'say \"hi\"'", "\"say \\\"hi\\\"\"", true);
}

static void quotes_within_a_string_are_escaped(void **state)
{
    (void)state;
    check_string("\"say \"hi\" now\"", "\"say \\\"hi\\\" now\"", true);
}

static void a_string_ends_before_the_next_line_s_name(void **state)
{
    (void)state;
    const char *text = "\"a\"\n\"b\":1";
    struct jsonscalar scalar = { .text = text, .len = strlen(text) };
    assert_true(jsonscalar_string(&scalar));
    check(&scalar, &(struct result){ "\"a\"", false, 3 });
}

static void a_string_without_its_end_is_told(void **state)
{
    (void)state;
    static const char *const texts[] = { "\"", "\"abc", "\"a\\", "'a\"" };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct jsonscalar scalar = { .text = texts[i],
                                     .len = strlen(texts[i]) };
        assert_false(jsonscalar_string(&scalar));
        pool_clear(&scalar.out);
    }
}

static void words_of_json_stay(void **state)
{
    (void)state;
    check_word("true", "true", false);
    check_word("null", "null", false);
    check_word("-0.5", "-0.5", false);
    check_word("120", "120", false);
}

static void other_words_become_strings(void **state)
{
    (void)state;
    check_word("False", "false", true);
    check_word("NaN", "null", true);
    check_word("007", "\"007\"", true);
    check_word("1.", "\"1.\"", true);
    check_word("+1", "\"+1\"", true);
    check_word("1e999", "\"1e999\"", true);
    check_word("a\\b", "\"a\\\\b\"", true);
}

static void an_id_of_many_digits_keeps_them(void **state)
{
    (void)state;
    check_word("12345678901234567890123", "\"12345678901234567890123\"", true);
}

static void a_word_ends_at_a_separator(void **state)
{
    (void)state;
    const char *text = "true,false";
    struct jsonscalar scalar = { .text = text, .len = strlen(text) };
    jsonscalar_word(&scalar, false);
    check(&scalar, &(struct result){ "true", false, 4 });
}

static void a_name_becomes_a_string(void **state)
{
    (void)state;
    struct jsonscalar scalar = { .text = "true", .len = 4 };
    jsonscalar_word(&scalar, true);
    check(&scalar, &(struct result){ "\"true\"", true, 4 });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_string_of_json_stays),
        cmocka_unit_test(control_characters_are_escaped),
        cmocka_unit_test(escapes_that_are_none_stand_for_themselves),
        cmocka_unit_test(halves_of_pairs_are_replaced),
        cmocka_unit_test(single_quotes_become_double_ones),
        cmocka_unit_test(quotes_within_a_string_are_escaped),
        cmocka_unit_test(a_string_ends_before_the_next_line_s_name),
        cmocka_unit_test(a_string_without_its_end_is_told),
        cmocka_unit_test(words_of_json_stay),
        cmocka_unit_test(other_words_become_strings),
        cmocka_unit_test(an_id_of_many_digits_keeps_them),
        cmocka_unit_test(a_word_ends_at_a_separator),
        cmocka_unit_test(a_name_becomes_a_string),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
