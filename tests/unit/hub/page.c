// SPDX-License-Identifier: MIT

#include "hub/page.h"

#include "fakes/fake_request.h"

static struct fake_request fake;

static void show(const char *title, const char *text, size_t len)
{
    struct page page = { .at = NULL };
    fake_request_get(&fake, "/", "");
    page_begin(&page, title);
    page_text(&page, text, len);
    page_end(&page, &fake.request, 404);
    assert_int_equal(fake.answers, 1);
    assert_null(page.at);
}

static bool has_header(const char *prefix, const char *part)
{
    for (size_t i = 0; i < fake.header_count; i++)
        if (strncmp(fake.headers[i], prefix, strlen(prefix)) == 0)
            return strstr(fake.headers[i], part) != NULL;
    return false;
}

static void S15_text_cannot_break_out_of_a_page(void **state)
{
    (void)state;
    static const char text[] = "<script>&\"'\n\x7f";
    show("<b>", text, sizeof text - 1);
    assert_non_null(
        strstr(fake.body, "&lt;script&gt;&amp;&quot;&#39;  </main>"));
    assert_non_null(strstr(fake.body, "<h1>&lt;b&gt;</h1>"));
    assert_null(strstr(fake.body, "<b>"));
}

static void what_is_not_utf8_is_replaced(void **state)
{
    (void)state;
    static const char text[] = "caf\xc3\xa9 \xff\x9b \xe2\x82";
    show("a page", text, sizeof text - 1);
    assert_non_null(strstr(fake.body, "caf\xc3\xa9 &#xFFFD;&#xFFFD; "
                                      "&#xFFFD;&#xFFFD;</main>"));
}

static void a_page_allows_itself_nothing_but_its_style_and_forms(void **state)
{
    (void)state;
    show("a page", "x", 1);
    assert_int_equal(fake.status, 404);
    assert_string_equal(fake.type, "text/html; charset=utf-8");
    static const char policy[] = "Content-Security-Policy: ";
    assert_true(has_header(policy, "default-src 'none'; style-src 'sha256-"));
    assert_true(has_header(policy, "form-action 'self'"));
    assert_true(has_header("X-Content-Type-Options: ", "nosniff"));
    assert_true(has_header("Referrer-Policy: ", "no-referrer"));
    assert_non_null(strstr(fake.body, "name=\"viewport\""));
}

static void a_page_without_an_end_is_never_sent(void **state)
{
    (void)state;
    struct page page = { .at = NULL };
    fake_request_get(&fake, "/", "");
    page_begin(&page, "a page");
    for (size_t i = 0; i < PAGE_MAX / 4; i++)
        page_text(&page, "<", 1);
    assert_true(page.len <= PAGE_MAX);
    page_end(&page, &fake.request, 200);
    assert_int_equal(fake.status, 503);
    assert_null(page.at);
}

static void a_page_can_be_dropped(void **state)
{
    (void)state;
    struct page page = { .at = NULL };
    page_drop(&page);
    page_begin(&page, "a page");
    page_drop(&page);
    assert_null(page.at);
    assert_int_equal(page.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(S15_text_cannot_break_out_of_a_page),
        cmocka_unit_test(what_is_not_utf8_is_replaced),
        cmocka_unit_test(a_page_allows_itself_nothing_but_its_style_and_forms),
        cmocka_unit_test(a_page_without_an_end_is_never_sent),
        cmocka_unit_test(a_page_can_be_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
