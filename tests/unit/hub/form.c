// SPDX-License-Identifier: MIT

#include "hub/form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct form read_fine(const char *text)
{
    struct form form;
    char problem[FORM_PROBLEM_MAX] = "";
    if (!form_read(text, strlen(text), &form, problem))
        fail_msg("'%s' is refused: %s", text, problem);
    return form;
}

static void assert_refused_len(const char *text, size_t len, const char *why)
{
    struct form form;
    char problem[FORM_PROBLEM_MAX] = "";
    assert_false(form_read(text, len, &form, problem));
    assert_string_equal(problem, why);
}

static void assert_refused(const char *text, const char *why)
{
    assert_refused_len(text, strlen(text), why);
}

static void names_and_values_are_decoded(void **state)
{
    struct form form = read_fine("hub%2Emode=a+b%20c%2b%C3%a9&x==&y");
    (void)state;

    assert_int_equal(form.count, 3);
    assert_string_equal(form_value(&form, "hub.mode"), "a b c+\xC3\xA9");
    assert_int_equal(form.fields[0].value_len, 8);
    assert_string_equal(form_value(&form, "x"), "=");
    assert_string_equal(form_value(&form, "y"), "");
    assert_null(form_value(&form, "Y"));
    form_clear(&form);
}

static void empty_pairs_are_skipped(void **state)
{
    struct form form = read_fine("&&a=1&&&b=2&");
    (void)state;

    assert_int_equal(form.count, 2);
    form_clear(&form);
    form = read_fine("");
    assert_int_equal(form.count, 0);
    form_clear(&form);
}

static void a_semicolon_does_not_separate(void **state)
{
    struct form form = read_fine("a=1;b=2");
    (void)state;

    assert_string_equal(form_value(&form, "a"), "1;b=2");
    form_clear(&form);
}

static void repeated_names_are_found_in_order(void **state)
{
    struct form form = read_fine("u=1&v=x&u=2&u=3");
    const struct form_field *field = form_find(&form, "u");
    (void)state;

    assert_string_equal(field->value, "1");
    field = form_next(&form, field);
    assert_string_equal(field->value, "2");
    field = form_next(&form, field);
    assert_string_equal(field->value, "3");
    assert_null(form_next(&form, field));
    form_clear(&form);
}

static void broken_escapes_are_refused_by_name(void **state)
{
    (void)state;
    assert_refused("a=1&hub.topic=%", "hub.topic has a broken %-escape");
    assert_refused("hub.topic=%4", "hub.topic has a broken %-escape");
    assert_refused("hub.topic=%4&b=1", "hub.topic has a broken %-escape");
    assert_refused("hub.topic=%4g", "hub.topic has a broken %-escape");
    assert_refused("%zz=1", "a parameter's name has a broken %-escape");
}

static void a_nul_is_refused(void **state)
{
    (void)state;
    assert_refused("hub.topic=a%00b", "hub.topic has a NUL byte");
    assert_refused_len("a=\0", 3, "a has a NUL byte");
    assert_refused("a%00=1", "a parameter's name has a NUL byte");
}

static void what_is_not_utf8_is_refused(void **state)
{
    (void)state;
    assert_refused("a=%ff", "a is not UTF-8");
    assert_refused("a=%c0%80", "a is not UTF-8");
    assert_refused("a=%ed%a0%80", "a is not UTF-8");
    assert_refused("a=\xC3", "a is not UTF-8");
}

static void a_strange_name_is_not_repeated_to_its_sender(void **state)
{
    (void)state;
    assert_refused("%3Cscript%3E=%", "a parameter has a broken %-escape");
    assert_refused("%0d%0a=%", "a parameter has a broken %-escape");
    assert_refused("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=%",
                   "a parameter has a broken %-escape");
}

static char *repeat(const char *text, size_t times)
{
    size_t len = strlen(text);
    char *all = malloc(len * times + 1);
    assert_non_null(all);
    for (size_t i = 0; i < times; i++)
        memcpy(all + i * len, text, len);
    all[len * times] = '\0';
    return all;
}

static void there_may_be_so_many_fields_and_no_more(void **state)
{
    char *text = repeat("a&", FORM_FIELDS_MAX);
    struct form form = read_fine(text);
    (void)state;

    assert_int_equal(form.count, FORM_FIELDS_MAX);
    form_clear(&form);
    free(text);
    text = repeat("a&", FORM_FIELDS_MAX + 1);
    assert_refused(text, "too many parameters");
    free(text);
}

static void a_form_may_be_so_long_and_no_longer(void **state)
{
    char *text = repeat("a", FORM_BYTES_MAX + 1);
    (void)state;

    assert_refused(text, "the form is too long");
    text[FORM_BYTES_MAX] = '\0';
    struct form form = read_fine(text);
    form_clear(&form);
    free(text);
}

// --------------------------------------------------------------- multipart

#define TYPE "multipart/form-data; boundary=XX"
#define PART(name_, value_)                                                    \
    "--XX\r\nContent-Disposition: form-data; name=\"" name_                    \
    "\"\r\n\r\n" value_ "\r\n"

static bool read_parts(const char *body, const char *type, struct form *form,
                       char problem[FORM_PROBLEM_MAX])
{
    return form_read_multipart(body, strlen(body), type, form, problem);
}

static void assert_parts_refused(const char *body, const char *type,
                                 const char *why)
{
    struct form form;
    char problem[FORM_PROBLEM_MAX] = "";
    assert_false(read_parts(body, type, &form, problem));
    assert_string_equal(problem, why);
}

static void parts_are_fields(void **state)
{
    struct form form;
    char problem[FORM_PROBLEM_MAX];
    (void)state;

    assert_true(read_parts("preamble\r\n" PART("hub.mode", "publish")
                               PART("u", "a\r\nb=%41+")
                                   PART("u", "") "--XX--\r\nepilogue",
                           TYPE, &form, problem));
    assert_int_equal(form.count, 3);
    assert_string_equal(form_value(&form, "hub.mode"), "publish");
    const struct form_field *field = form_find(&form, "u");
    assert_string_equal(field->value, "a\r\nb=%41+");
    assert_string_equal(form_next(&form, field)->value, "");
    form_clear(&form);
}

static void other_headers_of_a_part_do_not_matter(void **state)
{
    struct form form;
    char problem[FORM_PROBLEM_MAX];
    (void)state;

    assert_true(read_parts("--a b\r\nContent-Type: text/plain\r\n"
                           "content-disposition:form-data; filename=\"name=x\""
                           " ;name=\"q\\\"u\"\r\n\r\nv\r\n--a b--",
                           "Multipart/Form-Data; x=\"y;z\"; Boundary=\"a b\"",
                           &form, problem));
    assert_string_equal(form_value(&form, "q\"u"), "v");
    form_clear(&form);
}

static void broken_parts_are_refused(void **state)
{
    static const char no_boundary[] =
        "the multipart boundary is missing or too long";
    (void)state;
    assert_parts_refused(PART("a", "b") "--XX--", "multipart/form-data",
                         no_boundary);
    assert_parts_refused(PART("a", "b") "--XX--",
                         "multipart/form-data; boundary=\"XX", no_boundary);
    assert_parts_refused("--YY--", TYPE,
                         "the multipart boundary is nowhere in the body");
    assert_parts_refused("", TYPE,
                         "the multipart boundary is nowhere in the body");
    assert_parts_refused(PART("a", "b"), TYPE, "the last part has no end");
    assert_parts_refused(PART("a", "b") "--XX", TYPE,
                         "the last part has no end");
    assert_parts_refused("--XXY\r\n", TYPE,
                         "a boundary is followed by other text");
    assert_parts_refused("--XX\r\nA: b\r\n", TYPE,
                         "a part has no end of its head");
    assert_parts_refused("--XX\r\nA: b\r\n\r\nc\r\n--XX--", TYPE,
                         "a part has no name");
    assert_parts_refused(PART("a", "\xFF") "--XX--", TYPE,
                         "a part is not UTF-8");
    assert_parts_refused(PART("\xFF", "a") "--XX--", TYPE,
                         "a part's name is not UTF-8");
}

static void a_nul_in_a_part_is_refused(void **state)
{
    char body[] = PART("a", "b?c") "--XX--";
    struct form form;
    char problem[FORM_PROBLEM_MAX];
    (void)state;

    *strchr(body, '?') = '\0';
    assert_false(
        form_read_multipart(body, sizeof body - 1, TYPE, &form, problem));
    assert_string_equal(problem, "a part has a NUL byte");
}

static void a_document_may_be_any_bytes(void **state)
{
    struct form form = read_fine("a=b&" FORM_DOCUMENT "=%FF%00%FE+c&d=e");
    (void)state;
    const struct form_field *field = form_find(&form, FORM_DOCUMENT);
    assert_true(form_holds_document(field));
    assert_int_equal(field->value_len, 5);
    assert_memory_equal(field->value, "\xFF\0\xFE c", 6);
    assert_string_equal(form_value(&form, "d"), "e");
    assert_false(form_holds_document(form_find(&form, "a")));
    form_clear(&form);
    assert_refused(FORM_DOCUMENT "=%F", FORM_DOCUMENT " has a broken %-escape");

    char body[] = PART("hub.content", "b?c\xFF") PART("d", "e") "--XX--";
    char problem[FORM_PROBLEM_MAX];
    *strchr(body, '?') = '\0';
    assert_true(
        form_read_multipart(body, sizeof body - 1, TYPE, &form, problem));
    field = form_find(&form, FORM_DOCUMENT);
    assert_int_equal(field->value_len, 4);
    assert_memory_equal(field->value, "b\0c\xFF", 5);
    form_clear(&form);
}

static void there_may_be_so_many_parts_and_no_more(void **state)
{
    char *parts = repeat(PART("a", "b"), FORM_FIELDS_MAX + 1);
    struct form form;
    char problem[FORM_PROBLEM_MAX];
    (void)state;

    assert_false(read_parts(parts, TYPE, &form, problem));
    assert_string_equal(problem, "too many parameters");
    free(parts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_values_are_decoded),
        cmocka_unit_test(empty_pairs_are_skipped),
        cmocka_unit_test(a_semicolon_does_not_separate),
        cmocka_unit_test(repeated_names_are_found_in_order),
        cmocka_unit_test(broken_escapes_are_refused_by_name),
        cmocka_unit_test(a_nul_is_refused),
        cmocka_unit_test(what_is_not_utf8_is_refused),
        cmocka_unit_test(a_strange_name_is_not_repeated_to_its_sender),
        cmocka_unit_test(there_may_be_so_many_fields_and_no_more),
        cmocka_unit_test(a_form_may_be_so_long_and_no_longer),
        cmocka_unit_test(parts_are_fields),
        cmocka_unit_test(other_headers_of_a_part_do_not_matter),
        cmocka_unit_test(broken_parts_are_refused),
        cmocka_unit_test(a_nul_in_a_part_is_refused),
        cmocka_unit_test(a_document_may_be_any_bytes),
        cmocka_unit_test(there_may_be_so_many_parts_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
