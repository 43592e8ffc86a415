// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetcher/link.h"

static const char BASE[] = "https://e.example/dir/feed";

// hub targets then "|" and self, as one text.
static const char *told(struct link_set *set)
{
    static char out[4000];
    size_t len = 0;
    for (size_t i = 0; i < set->hub_count; i++)
        len += (size_t)snprintf(out + len, sizeof out - len, "%s%s",
                                i > 0 ? " " : "", set->hubs[i]);
    (void)snprintf(out + len, sizeof out - len, "|%s",
                   set->self != NULL ? set->self : "");
    assert_false(set->no_memory);
    link_clear(set);
    return out;
}

static const char *of_field(const char *field)
{
    struct link_set set = { 0 };
    link_offer_field(&set, BASE, field);
    return told(&set);
}

static void links_may_be_joined_by_commas(void **state)
{
    (void)state;
    assert_string_equal(of_field("<https://h.example/>; rel=\"hub\", "
                                 "<https://e.example/s>; rel=\"self\""),
                        "https://h.example/|https://e.example/s");
    assert_string_equal(of_field("<https://h.example/>;rel=hub,"
                                 "<https://i.example/>;rel=hub,,"
                                 "</s>;rel=self"),
                        "https://h.example/ https://i.example/"
                        "|https://e.example/s");
}

static void commas_and_semicolons_in_a_target_are_part_of_it(void **state)
{
    (void)state;
    assert_string_equal(of_field("<https://h.example/a,b;c?d=e,f>; rel=hub"),
                        "https://h.example/a,b;c?d=e,f|");
    assert_string_equal(of_field("<https://h.example/>; title=\"a, b; \\\"c"
                                 "\\\", <x>; rel=self\"; rel=hub"),
                        "https://h.example/|");
}

static void rel_is_a_list_in_any_case(void **state)
{
    (void)state;
    assert_string_equal(of_field("<https://h.example/>; REL=\"self Hub x\""),
                        "https://h.example/|https://h.example/");
    assert_string_equal(of_field("<https://h.example/> ; rel = \"HUB\" "),
                        "https://h.example/|");
    assert_string_equal(of_field("<https://h.example/>; rel=hubs"), "|");
    assert_string_equal(of_field("<https://h.example/>; rel"), "|");
    assert_string_equal(of_field("<https://h.example/>"), "|");
}

static void only_the_first_rel_of_a_link_counts(void **state)
{
    (void)state;
    assert_string_equal(of_field("<https://h.example/>; rel=next; rel=hub"),
                        "|");
}

static void a_link_about_something_else_is_ignored(void **state)
{
    (void)state;
    assert_string_equal(of_field("<https://h.example/>; rel=hub; "
                                 "anchor=\"https://other.example/\""),
                        "|");
    assert_string_equal(of_field("<https://h.example/>; anchor=\"\"; rel=hub"),
                        "https://h.example/|");
    assert_string_equal(of_field("<https://h.example/>; rel=hub; "
                                 "anchor=\"#part\""),
                        "https://h.example/|");
}

static void targets_are_resolved_and_checked(void **state)
{
    (void)state;
    assert_string_equal(of_field("</hub>; rel=hub, <../s?x>; rel=self"),
                        "https://e.example/hub|https://e.example/s?x");
    assert_string_equal(of_field("<javascript:x>; rel=hub, <ftp://h/>; "
                                 "rel=hub, <>; rel=hub, <//u@h/>; rel=hub"),
                        "|");
    assert_string_equal(of_field("<https://h.example/a b\xc3\xa9>; rel=hub"),
                        "https://h.example/a%20b%C3%A9|");
}

static void what_is_malformed_is_skipped(void **state)
{
    (void)state;
    assert_string_equal(of_field("junk, <https://h.example/>; rel=hub"),
                        "https://h.example/|");
    assert_string_equal(of_field("<https://h.example/; rel=hub"), "|");
    assert_string_equal(of_field("<https://h.example/>; rel=\"hub"),
                        "https://h.example/|");
    assert_string_equal(of_field(""), "|");
    assert_string_equal(of_field(",;=\"<"), "|");
}

static void eight_different_hubs_are_kept(void **state)
{
    (void)state;
    struct link_set set = { 0 };
    char field[100];
    for (int i = 0; i < 30; i++) {
        (void)snprintf(field, sizeof field, "</%d>; rel=hub", i / 2);
        link_offer_field(&set, BASE, field);
    }
    assert_int_equal(set.hub_count, LINK_HUBS_MAX);
    assert_string_equal(set.hubs[7], "https://e.example/7");
    link_clear(&set);
}

static void headers_go_before_the_document(void **state)
{
    (void)state;
    struct link_set first = { 0 }, then = { 0 };
    link_offer_field(&first, BASE, "</h1>; rel=hub");
    link_offer_field(&then, BASE, "</h2>; rel=hub, </s2>; rel=self");
    link_merge(&first, &then);
    assert_null(then.self);
    assert_string_equal(told(&first),
                        "https://e.example/h1|https://e.example/s2");
}

static void end_with(char *field, size_t size, const char *end)
{
    memcpy(field + size - strlen(end) - 1, end, strlen(end) + 1);
}

static void a_target_that_is_too_long_is_none_and_not_its_beginning(
    void **state)
{
    (void)state;
    char field[9000];
    memset(field, 'x', sizeof field);
    memcpy(field, "<http://h.example/", 18);
    end_with(field, sizeof field, ">; rel=hub, </good>; rel=hub");
    assert_string_equal(of_field(field), "https://e.example/good|");
    memset(field, 'x', sizeof field);
    memcpy(field, "</a>; rel=\"hub ", 15);
    end_with(field, sizeof field, "\", </good>; rel=hub");
    assert_string_equal(of_field(field), "https://e.example/good|");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_may_be_joined_by_commas),
        cmocka_unit_test(commas_and_semicolons_in_a_target_are_part_of_it),
        cmocka_unit_test(rel_is_a_list_in_any_case),
        cmocka_unit_test(only_the_first_rel_of_a_link_counts),
        cmocka_unit_test(a_link_about_something_else_is_ignored),
        cmocka_unit_test(targets_are_resolved_and_checked),
        cmocka_unit_test(what_is_malformed_is_skipped),
        cmocka_unit_test(eight_different_hubs_are_kept),
        cmocka_unit_test(headers_go_before_the_document),
        cmocka_unit_test(
            a_target_that_is_too_long_is_none_and_not_its_beginning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
