// SPDX-License-Identifier: MIT

#include "fixture.h"

#include "fetcher/jsonmend.h"

#include "fetcher/document.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    JSON = DOCUMENT_REPAIR_JSON,
    TAIL = DOCUMENT_REPAIR_TAIL,
    LEADING = DOCUMENT_REPAIR_LEADING,
    TRAILING = DOCUMENT_REPAIR_TRAILING
};

static void check(const char *text, const char *wanted, unsigned repairs)
{
    struct jsonmend mended;
    assert_true(jsonmend_make(text, strlen(text), &mended));
    assert_non_null(mended.text);
    char *got = strndup(mended.text, mended.len);
    assert_non_null(got);
    assert_string_equal(got, wanted);
    assert_int_equal(mended.repairs, repairs);
    assert_int_equal(mended.incomplete, (repairs & TAIL) != 0);
    json_t *root = json_loadb(mended.text, mended.len, 0, NULL);
    assert_non_null(root);
    json_decref(root);
    free(got);
    jsonmend_clear(&mended);
}

static void what_is_json_stays(void **state)
{
    (void)state;
    check("{}", "{}", 0);
    check(" { \"a\" : [ 1 , -2.5, true, null, \"x\\u00e9\\n\" ] } \n",
          "{\"a\":[1,-2.5,true,null,\"x\\u00e9\\n\"]}", 0);
    check("{\"a\":{\"b\":{}},\"c\":[[],[]]}",
          "{\"a\":{\"b\":{}},\"c\":[[],[]]}", 0);
}

static void commas_too_many_go(void **state)
{
    (void)state;
    check("{\"a\":[1,2,],}", "{\"a\":[1,2]}", JSON);
    check("{,\"a\":[,,1,,2],,}", "{\"a\":[1,2]}", JSON);
}

static void commas_and_colons_too_few_come(void **state)
{
    (void)state;
    check("{\"a\":[{} {}]}", "{\"a\":[{},{}]}", JSON);
    check("{\"a\":\"x\"\n\"b\":\"y\"}", "{\"a\":\"x\",\"b\":\"y\"}", JSON);
    check("{a 1}", "{\"a\":1}", JSON);
    check("{\"a\",\"b\":,\"c\"}", "{\"a\":null,\"b\":null,\"c\":null}", JSON);
}

static void brackets_that_do_not_match_are_put_right(void **state)
{
    (void)state;
    check("{\"a\":[1,[2}", "{\"a\":[1,[2]]}", JSON);
    check("{\"a\":{\"b\":1]}}", "{\"a\":{\"b\":1}}", JSON);
    check("{{\"a\":1}", "{\"a\":1}", JSON);
}

static void comments_are_left_out(void **state)
{
    (void)state;
    check("{ // one\n\"a\": /* two */ 1 }", "{\"a\":1}", JSON);
    check("{\"a\":\"http://x/*\"}", "{\"a\":\"http://x/*\"}", 0);
}

static void words_of_other_languages_are_translated(void **state)
{
    (void)state;
    check("{a:True,'b':None,c:NaN,d:undefined,e:bare}",
          "{\"a\":true,\"b\":null,\"c\":null,\"d\":null,\"e\":\"bare\"}", JSON);
}

static void text_around_the_object_is_passed_over(void **state)
{
    (void)state;
    check(")]}'\n{\"a\":1}", "{\"a\":1}", LEADING);
    check("{\"a\":1}\n<!-- 0.1 s -->", "{\"a\":1}", TRAILING);
    check("callback({\"a\":1});", "{\"a\":1}", LEADING | TRAILING);
}

static void of_a_text_cut_off_the_whole_items_stay(void **state)
{
    (void)state;
    check("{\"t\":1,\"items\":[{\"id\":1},{\"id\":2},{\"id\":\"3",
          "{\"t\":1,\"items\":[{\"id\":1},{\"id\":2}]}", TAIL);
    check("{\"items\":[", "{\"items\":[]}", TAIL);
    check("{\"items\":[{\"a\":[{}],\"id\":1", "{\"items\":[]}", TAIL);
    check("{\"items\":[{}],\"x\":[1,2", "{\"items\":[{}]}", TAIL);
    check("{\"x\":{\"items\":[1,2", "{}", TAIL);
    check("{\"a\":1,\"b", "{\"a\":1}", TAIL);
    check("{\"a\":\"\\", "{}", TAIL);
    check("{", "{}", TAIL);
}

static void a_text_without_an_object_is_not_mended(void **state)
{
    (void)state;
    static const char *const texts[] = { "", "[1]", "x", "]}" };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct jsonmend mended;
        assert_true(jsonmend_make(texts[i], strlen(texts[i]), &mended));
        assert_null(mended.text);
        jsonmend_clear(&mended);
    }
}

static void a_text_of_too_many_levels_is_not_mended(void **state)
{
    (void)state;
    char text[1024];
    struct jsonmend mended;
    memset(text, '[', sizeof text);
    memcpy(text, "{\"a\":", 5);
    assert_true(jsonmend_make(text, sizeof text, &mended));
    assert_null(mended.text);
    jsonmend_clear(&mended);
}

// Whatever is cut or changed in it: what comes out is JSON, or nothing.
static void any_text_becomes_json_or_nothing(void **state)
{
    (void)state;
    static const char whole[] =
        "{\"v\":\"\\u00e9\\ud83d\\ude00\",\"items\":[{\"id\":1.5,'a':"
        "[true,\"x\\\\\"]},{b:null}, /* c */ {\"d\":\"e\"}]}";
    static const char marks[] = "{}[]\"',:\\/*\n\001u0";
    char text[sizeof whole];
    for (size_t at = 0; at < sizeof whole - 1; at++) {
        for (size_t mark = 0; mark < sizeof marks; mark++) {
            memcpy(text, whole, sizeof whole);
            text[at] = marks[mark];
            // The last one stands for the end of the text.
            size_t len = mark == sizeof marks - 1 ? at : sizeof whole - 1;
            struct jsonmend mended;
            assert_true(jsonmend_make(text, len, &mended));
            json_t *root = mended.text == NULL
                               ? json_null()
                               : json_loadb(mended.text, mended.len, 0, NULL);
            if (root == NULL)
                print_error("%.*s\n", (int)mended.len, mended.text);
            assert_non_null(root);
            json_decref(root);
            jsonmend_clear(&mended);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_json_stays),
        cmocka_unit_test(commas_too_many_go),
        cmocka_unit_test(commas_and_colons_too_few_come),
        cmocka_unit_test(brackets_that_do_not_match_are_put_right),
        cmocka_unit_test(comments_are_left_out),
        cmocka_unit_test(words_of_other_languages_are_translated),
        cmocka_unit_test(text_around_the_object_is_passed_over),
        cmocka_unit_test(of_a_text_cut_off_the_whole_items_stay),
        cmocka_unit_test(a_text_without_an_object_is_not_mended),
        cmocka_unit_test(a_text_of_too_many_levels_is_not_mended),
        cmocka_unit_test(any_text_becomes_json_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
