// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "fetcher/plain.h"

typedef void undo(struct pool *out, const char *text, size_t len);

static void assert_plain(undo *how, const char *text, const char *wanted)
{
    struct pool out = { 0 };
    how(&out, text, strlen(text));
    pool_add(&out, "", 1);
    assert_string_equal(out.bytes, wanted);
    pool_clear(&out);
}

static void markup_becomes_text(void **state)
{
    (void)state;
    assert_plain(plain_html, "a <b>bold</b> word", "a bold word");
    assert_plain(plain_html, "AT&amp;T &lt;3 &#8217;&#x2019;", "AT&T <3 ’’");
    assert_plain(plain_html, "caf&eacute;", "café");
    assert_plain(plain_html, "a\n \tb", "a b");
    assert_plain(plain_html, "1 < 2 & 3 > 2 &nonsense; &",
                 "1 < 2 & 3 > 2 "
                 "&nonsense; &");
    assert_plain(plain_html, "x<!-- no -->y<br/>z", "xyz");
    assert_plain(plain_html, "a<script>alert(1 < 2)</script>b", "ab");
    assert_plain(plain_html, "a<style>never ended", "a");
    assert_plain(plain_html, "<b <i>x</i>", "<b x");
    assert_plain(plain_html, "&#0;&#xD800;&#99999999999;",
                 "&#0;&#xD800;&#99999999999;");
    assert_plain(plain_html, "", "");
}

static void base64_becomes_text(void **state)
{
    (void)state;
    assert_plain(plain_base64, "RXhhbXBs\n  ZQ==", "Example");
    assert_plain(plain_base64, "w6k=", "é");
    assert_plain(plain_base64, "", "");
    // No UTF-8.
    assert_plain(plain_base64, "6Q==", "");
    assert_plain(plain_base64, "7aCA", "");
    assert_plain(plain_base64, "4oI=", "");
    assert_plain(plain_base64, "wIA=", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(markup_becomes_text),
        cmocka_unit_test(base64_becomes_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
