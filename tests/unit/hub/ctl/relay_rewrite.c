// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/ctl/relay_rewrite.h"

#include <stdlib.h>
#include <string.h>

#define HUB "http://127.0.0.1:8090/"

static void becomes(const char *text, const char *expected, size_t hubs)
{
    struct relay_rewritten out;
    assert_true(relay_rewrite(text, strlen(text), HUB, &out));
    assert_string_equal(out.text, expected);
    assert_int_equal(out.len, strlen(expected));
    assert_int_equal(out.hubs, hubs);
    free(out.text);
}

static void stays(const char *text)
{
    becomes(text, text, 0);
}

static void the_hub_of_a_feed_is_replaced(void **state)
{
    (void)state;
    becomes("<feed><link rel=\"hub\" href=\"https://h.example/?a&amp;b\"/>x",
            "<feed><link rel=\"hub\" href=\"" HUB "\"/>x", 1);
    becomes("<rss><atom:link href='https://a/' rel='hub' />"
            "<ns2:link rel='HUB' href='https://b/'></ns2:link></rss>",
            "<rss><atom:link href='" HUB "' rel='hub' />"
            "<ns2:link rel='HUB' href='" HUB "'></ns2:link></rss>",
            2);
}

static void the_hub_of_a_page_is_replaced(void **state)
{
    (void)state;
    becomes("<LINK REL=\"self hub\"\nHREF = https://h.example/x >",
            "<LINK REL=\"self hub\"\nHREF = \"" HUB "\" >", 1);
}

static void other_links_stay(void **state)
{
    (void)state;
    stays("<link rel=\"self\" href=\"https://h.example/\"/>");
    stays("<link rel=\"github\" href=\"https://h.example/\"/>");
    stays("<a rel=\"hub\" href=\"https://h.example/\">");
    stays("<link rel=\"hub\"/><link href=\"x\"/><link>https://h/</link>");
    stays("<x data-rel=\"hub\" href=\"https://h.example/\"/>");
    stays("<link title=\"a > b\" rel=\"alternate\" href=\"x\"/>");
}

static void what_is_no_markup_stays(void **state)
{
    (void)state;
    stays("<!-- <link rel=\"hub\" href=\"x\"/> -->");
    stays("<![CDATA[<link rel=\"hub\" href=\"x\"/>]]>");
    stays("<script>'<link rel=\"hub\" href=\"x\"/>'</script>");
    stays("<?x <link rel=\"hub\" href=\"x\"/> ?>");
    stays("&lt;link rel=\"hub\" href=\"x\"/&gt;");
}

static void a_quoted_sign_does_not_end_a_tag(void **state)
{
    (void)state;
    becomes("<link title=\"a > b\" rel=\"hub\" href=\"x\"/>",
            "<link title=\"a > b\" rel=\"hub\" href=\"" HUB "\"/>", 1);
}

static void what_ends_early_stays_as_it_is(void **state)
{
    static const char *const cut[] = { "",
                                       "<",
                                       "<l",
                                       "<link",
                                       "<link ",
                                       "<link rel",
                                       "<link rel=",
                                       "<link rel=\"",
                                       "<link rel=\"hub",
                                       "<link rel=\"hub\" href=\"",
                                       "<!--",
                                       "<![CDATA[",
                                       "<script>",
                                       "</",
                                       "<=",
                                       "<link =",
                                       "<link ='" };
    (void)state;
    for (size_t i = 0; i < sizeof cut / sizeof *cut; i++)
        stays(cut[i]);
}

static void whether_it_names_itself_is_told(void **state)
{
    static const char with[] = "<link rel=\"self\" href=\"x\"/>";
    static const char without[] = "<link rel=\"hub\" href=\"x\"/>";
    struct relay_rewritten out;
    (void)state;
    assert_true(relay_rewrite(with, strlen(with), HUB, &out));
    assert_true(out.self);
    free(out.text);
    assert_true(relay_rewrite(without, strlen(without), HUB, &out));
    assert_false(out.self);
    free(out.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hub_of_a_feed_is_replaced),
        cmocka_unit_test(the_hub_of_a_page_is_replaced),
        cmocka_unit_test(other_links_stay),
        cmocka_unit_test(what_is_no_markup_stays),
        cmocka_unit_test(a_quoted_sign_does_not_end_a_tag),
        cmocka_unit_test(what_ends_early_stays_as_it_is),
        cmocka_unit_test(whether_it_names_itself_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
