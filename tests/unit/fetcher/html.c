// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetcher/html.h"

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

static const char *of_page(const char *page)
{
    struct link_set set = { 0 };
    html_links(page, strlen(page), BASE, &set);
    return told(&set);
}

static void a_page_names_links_in_link_elements(void **state)
{
    (void)state;
    assert_string_equal(
        of_page("<!DOCTYPE html><html><head><LINK href='/h?a=1&amp;b=&#x32;'"
                " REL=\"x hub\"/><link rel=self href=s></head>"),
        "https://e.example/h?a=1&b=2|https://e.example/dir/s");
    assert_string_equal(of_page("<base href=/b/><link rel=hub href=h>"),
                        "https://e.example/b/h|");
}

static void what_only_looks_like_a_link_is_none(void **state)
{
    (void)state;
    assert_string_equal(
        of_page("<!-- <link rel=hub href=/1> --><script>'<link rel=hub "
                "href=/2>'</script><title><link rel=hub href=/3></title>"
                "<meta title='<link rel=hub href=/4>'>"
                "<link rel=hub title=/6 hrefx=/6>"
                "<template><link rel=hub href=/7></template>"
                "<STYLE><link rel=hub href=/8></style>"),
        "|");
}

static void what_stands_behind_the_head_is_anybodys(void **state)
{
    (void)state;
    static const char *const begin[] = { "<body>",
                                         "</head><BODY class=x>",
                                         "<p>",
                                         "</head><h1>",
                                         "<a>",
                                         "<linkx rel=hub href=/5>",
                                         "<a rel=hub href=/a>" };
    for (size_t i = 0; i < sizeof begin / sizeof begin[0]; i++) {
        char page[256];
        snprintf(page, sizeof page,
                 "<html><head><link rel=hub href=/good>%s"
                 "<link rel=hub href=/bad><a rel=self href=/bad>",
                 begin[i]);
        assert_string_equal(of_page(page), "https://e.example/good|");
    }
    assert_string_equal(of_page("<link rel=hub href=/1></head>"
                                "<noscript><link rel=self href=/2>"),
                        "https://e.example/1|https://e.example/2");
}

static void pages_that_end_anywhere_are_read(void **state)
{
    (void)state;
    static const char page[] = "<!DOCTYPE html><base href='/b'><link "
                               "rel = \"hub\" href=/h?a&#38;b /><script>x"
                               "</script><a rel=self href=\"s\">";
    for (size_t len = 0; len < sizeof page; len++) {
        struct link_set set = { 0 };
        char *copy = strndup(page, len);
        assert_non_null(copy);
        html_links(copy, len, BASE, &set);
        free(copy);
        link_clear(&set);
    }
}

static void rel_may_be_a_list_among_other_things(void **state)
{
    (void)state;
    assert_string_equal(
        of_page("<HTML><HEAD><META CHARSET=utf-8><bgsound src=x>"
                "<link rel=\"stylesheet\" href=\"/a.css\">"
                "<link href=\"/s\" rel=\"alternate self\" rel=\"hub\">"
                "<link rel='HUB preconnect' href='https://h.example/'>"
                "<link rel=hub><link href=/x><link rel=hubs href=/y>"),
        "https://h.example/|https://e.example/s");
}

static void a_base_counts_once_and_from_where_it_stands(void **state)
{
    (void)state;
    assert_string_equal(of_page("<link rel=hub href=a><base href='/b/'>"
                                "<base href='/c/'><link rel=hub href=a>"
                                "<link rel=self href=?x>"),
                        "https://e.example/dir/a https://e.example/b/a|"
                        "https://e.example/b/?x");
}

static void floods_are_read_once(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "<title>",
        "<script></scrip",
        "<link a=\"",
        "<!--",
        "<meta ",
        "<base href=x/>",
        "<link rel=hub href=x>",
        "<link href='&#",
        "<",
        "</",
    };
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        size_t n = strlen(pieces[i]), count = (1 << 20) / n;
        char *page = malloc(n * count);
        assert_non_null(page);
        for (size_t j = 0; j < count; j++)
            memcpy(page + j * n, pieces[i], n);
        struct link_set set = { 0 };
        html_links(page, n * count, BASE, &set);
        assert_true(set.hub_count <= LINK_HUBS_MAX);
        link_clear(&set);
        free(page);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_names_links_in_link_elements),
        cmocka_unit_test(what_only_looks_like_a_link_is_none),
        cmocka_unit_test(what_stands_behind_the_head_is_anybodys),
        cmocka_unit_test(pages_that_end_anywhere_are_read),
        cmocka_unit_test(rel_may_be_a_list_among_other_things),
        cmocka_unit_test(a_base_counts_once_and_from_where_it_stands),
        cmocka_unit_test(floods_are_read_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
