// SPDX-License-Identifier: MIT

#include "hub/mdoc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect(void (*print)(FILE *, const char *), const char *text,
                   const char *wanted)
{
    char *printed;
    size_t len;
    FILE *file = open_memstream(&printed, &len);
    assert_non_null(file);
    print(file, text);
    fclose(file);
    assert_string_equal(printed, wanted);
    free(printed);
}

static void half_a_sentence_becomes_a_whole_one(void **state)
{
    (void)state;
    expect(mdoc_sentence, "fetches in flight", "Fetches in flight.\n");
    expect(mdoc_sentence, "", "");
}

static void a_word_for_programs_keeps_its_letters(void **state)
{
    (void)state;
    expect(mdoc_sentence, "q quits", "q quits.\n");
    expect(mdoc_sentence, "a number", "A number.\n");
    expect(mdoc_sentence, "max-topics and others",
           "max\\-topics and others.\n");
    expect(mdoc_sentence, "\"PREFIX SECRET\": a key",
           "\"PREFIX SECRET\": a key.\n");
}

static void every_sentence_ends_its_line(void **state)
{
    (void)state;
    expect(mdoc_sentence, "one ends. another", "One ends.\nanother.\n");
    expect(mdoc_sentence, "it ends.", "It ends.\n");
}

static void nothing_is_taken_for_a_request_or_an_escape(void **state)
{
    (void)state;
    expect(mdoc_sentence, ".Dd is\\n 'text", "\\&.Dd is\\en 'text.\n");
    expect(mdoc_sentence, "is it? .Dd", "Is it?\n\\&.Dd.\n");
    expect(mdoc_arguments, "URL [Ar | --all] CALLBACK",
           " \\&URL \\&[Ar \\&| \\-\\-all] CALLBACK");
}

static void long_text_is_wrapped(void **state)
{
    (void)state;
    char text[400] = "", *printed;
    size_t len;
    for (int i = 0; i < 40; i++)
        memcpy(text + (size_t)i * 8, "letters ", 9);
    FILE *file = open_memstream(&printed, &len);
    assert_non_null(file);
    mdoc_sentence(file, text);
    fclose(file);
    size_t lines = 0;
    for (const char *line = printed; *line; lines++) {
        size_t bytes = strcspn(line, "\n");
        assert_in_range(bytes, 1, 79);
        line += bytes + 1;
    }
    assert_int_equal(lines, 5);
    free(printed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(half_a_sentence_becomes_a_whole_one),
        cmocka_unit_test(a_word_for_programs_keeps_its_letters),
        cmocka_unit_test(every_sentence_ends_its_line),
        cmocka_unit_test(nothing_is_taken_for_a_request_or_an_escape),
        cmocka_unit_test(long_text_is_wrapped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
