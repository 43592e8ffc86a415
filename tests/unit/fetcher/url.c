// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetcher/url.h"

static void assert_normal(const char *text, const char *normal)
{
    struct url url;
    const char *problem = url_read(text, strlen(text), &url);
    if (problem != NULL)
        fail_msg("%s %s", text, problem);
    assert_string_equal(url.normal, normal);
    assert_int_equal(url.normal_len, strlen(normal));
    assert_ptr_equal(url.text, text);
    assert_int_equal(url.len, strlen(text));
}

static void assert_refused(const char *text, const char *reason)
{
    struct url url;
    const char *problem = url_read(text, strlen(text), &url);
    if (problem == NULL)
        fail_msg("%s was taken as %s", text, url.normal);
    if (strstr(problem, reason) == NULL)
        fail_msg("%s: %s, not %s", text, problem, reason);
}

static void assert_numeric(const char *host, const char *address)
{
    char text[300];
    struct url url;
    (void)snprintf(text, sizeof text, "http://%s/", host);
    const char *problem = url_read(text, strlen(text), &url);
    if (problem != NULL)
        fail_msg("%s %s", text, problem);
    if (!url.numeric)
        fail_msg("%s was taken for a name", host);
    assert_string_equal(url.host, address);
}

static void only_absolute_http_and_https_urls_are_fine(void **state)
{
    (void)state;
    assert_normal("http://example.com/", "http://example.com/");
    assert_normal("HTTPS://EXAMPLE.com", "https://example.com/");
    static const char *const bad[] = {
        "",
        "x",
        "ftp://e.example/",
        "file:///etc/passwd",
        "//h/p",
        "/p",
        "javascript:alert(1)",
        "http:",
        "http:/h/",
        "http://",
        "https://",
        "httpx://h/",
        "mailto:a@b.example",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_refused(bad[i], "is not an http or https URL");
    assert_refused("http:///path", "has no host");
    assert_refused("http://:80/", "has no host");
    assert_refused("http://?q", "has no host");
}

static void a_fragment_is_refused(void **state)
{
    (void)state;
    assert_refused("http://e.example/#f", "has a fragment");
    assert_refused("http://e.example#", "has a fragment");
    assert_normal("http://e.example/%23", "http://e.example/%23");
}

static void user_information_is_refused(void **state)
{
    (void)state;
    assert_refused("http://u:p@e.example/", "has user information");
    assert_refused("http://@e.example/", "has user information");
    assert_normal("http://e.example/@u", "http://e.example/@u");
}

static void blanks_controls_and_backslashes_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "http://e.example/a b",  "http://e.example/\r\nX: y",
        "http://e.example/\t",   " http://e.example/",
        "http://e.example/\\x",  "http://h\\e.example/",
        "http://e.example/\x7f",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_refused(bad[i], "has a blank, control or backslash");
    struct url url;
    assert_non_null(url_read("http://e.example/\0x", 19, &url));
    assert_refused("http://e.example/%0d%0aX:y", "escaped line break");
    assert_refused("http://e.example/%00", "escaped line break or NUL");
}

static void only_unreserved_characters_are_decoded(void **state)
{
    (void)state;
    assert_normal("http://e.example/%7Euser", "http://e.example/~user");
    assert_normal("http://e.example/%41%2d%5F%2e", "http://e.example/A-_.");
    assert_normal("http://e.example/a%2fb?c%3d%26",
                  "http://e.example/a%2Fb?c%3D%26");
    assert_normal("http://e.example/%2526", "http://e.example/%2526");
    assert_normal("http://e.example/100%", "http://e.example/100%");
    assert_normal("http://e.example/%zz", "http://e.example/%zz");
    // Decoding must not make an escape that was none.
    assert_normal("http://e.example/%4%31%31", "http://e.example/%4%311");
    assert_normal("http://e.example/%%34%31", "http://e.example/%%341");
}

static void what_the_server_may_tell_apart_stays_apart(void **state)
{
    (void)state;
    assert_normal("http://e.example/A/../b//./c/?b=2&a=1&&",
                  "http://e.example/A/../b//./c/?b=2&a=1&&");
    assert_normal("http://e.example/?", "http://e.example/?");
    assert_normal("http://e.example?q", "http://e.example/?q");
}

static void case_default_port_and_empty_path_do_not_matter(void **state)
{
    (void)state;
    assert_normal("HTTP://EXAMPLE.com:80", "http://example.com/");
    assert_normal("https://e.example:443/a", "https://e.example/a");
    assert_normal("https://e.example:80/a", "https://e.example:80/a");
    assert_normal("http://e.example:/a", "http://e.example/a");
    assert_normal("http://e.example:08080/a", "http://e.example:8080/a");
}

static void other_bytes_are_escaped(void **state)
{
    (void)state;
    assert_normal("http://e.example/caf\xc3\xa9?\"<>`{|}^",
                  "http://e.example/caf%C3%A9?%22%3C%3E%60%7B%7C%7D%5E");
    assert_normal("http://e.example/caf%c3%a9", "http://e.example/caf%C3%A9");
}

static void an_international_host_becomes_a_labels(void **state)
{
    (void)state;
    assert_normal("http://b\xc3\xbc"
                  "cher.example/",
                  "http://xn--bcher-kva.example/");
    assert_normal("http://B\xc3\x9c"
                  "CHER.example/",
                  "http://xn--bcher-kva.example/");
    assert_normal("http://b%C3%BCcher.example/",
                  "http://xn--bcher-kva.example/");
    // Section 7.1 of RFC 3492, (G) without its capitals, and (L).
    assert_normal("http://\xce\xb5\xce\xbb\xce\xbb\xce\xb7\xce\xbd"
                  "\xce\xb9\xce\xba\xce\xac.example/",
                  "http://xn--hxargifdar.example/");
    assert_normal("http://3\xe5\xb9\xb4"
                  "b\xe7\xb5\x84"
                  "\xe9\x87\x91\xe5\x85\xab\xe5\x85\x88\xe7\x94\x9f"
                  "\xe3\x80\x82"
                  "example/",
                  "http://xn--3b-ww4c5e180e575a65lsy2b.example/");
    assert_refused("http://\xff.example/", "host that is not valid");
    assert_refused("http://\xc0\xae.example/", "host that is not valid");
    // Circled and wide digits, which others fold into an address.
    assert_refused("http://\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1/",
                   "host that is not valid");
    assert_refused("http://\xef\xbc\x91.0.0.1/", "host that is not valid");
}

static void a_host_is_made_of_labels(void **state)
{
    (void)state;
    assert_normal("http://e.example./", "http://e.example./");
    assert_normal("http://a_b-c.example/", "http://a_b-c.example/");
    static const char *const bad[] = {
        "http://a..b/",      "http://.a/",        "http://./",
        "http://a%2fb/",     "http://a%00b/",     "http://a%zz/",
        "http://a,b/",       "http://a%20b/",     "http://[::1/",
        "http://[]/",        "http://[1.2.3.4]/", "http://[fe80::1%25lo]/",
        "http://a[::1]/",    "http://foo.1/",     "http://256.1.1.1/",
        "http://1.2.3.4.5/", "http://1..2/",      "http://0x1ffffffff/",
        "http://08/",        "http://a.0x/",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_refused(bad[i], bad[i][7] == '%' ? "escaped" : "has a");

    char label[100], text[200];
    memset(label, 'a', sizeof label);
    (void)snprintf(text, sizeof text, "http://%.63s.example/", label);
    assert_normal(text, text);
    (void)snprintf(text, sizeof text, "http://%.64s.example/", label);
    assert_refused(text, "host that is not valid");
}

static void an_address_is_seen_in_every_notation(void **state)
{
    (void)state;
    static const char *const spellings[] = {
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "127.0.1",
        "0x7F000001",
        "017700000001",
        "%31%32%37.0.0.1",
        "127.0.0.1.",
        "127%2e1",
        "0X7f.0.0.0x1",
        ("127\xe3\x80\x82"
         "1"),
    };
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++)
        assert_numeric(spellings[i], "127.0.0.1");
    assert_numeric("0", "0.0.0.0");
    assert_numeric("[::1]", "::1");
    assert_numeric("[0:0::1]", "::1");
    assert_numeric("[2001:DB8::A]", "2001:db8::a");
    assert_numeric("[::ffff:127.0.0.1]", "::ffff:127.0.0.1");
    assert_normal("http://[2001:DB8::A]:8080/", "http://[2001:db8::a]:8080/");

    struct url url;
    assert_null(url_read("http://localhost/", 17, &url));
    assert_false(url.numeric);
    assert_null(url_read("http://1.example/", 17, &url));
    assert_false(url.numeric);
}

static void ports_of_other_protocols_are_refused(void **state)
{
    (void)state;
    static const unsigned bad[] = { 0,    22,    25,    53,   110,  445,
                                    993,  2049,  3306,  5432, 6000, 6379,
                                    6665, 11211, 65536, 99999 };
    char text[100];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        (void)snprintf(text, sizeof text, "http://e.example:%u/", bad[i]);
        assert_refused(text, "has a port that is not allowed");
    }
    assert_refused("http://e.example:8x/", "has a port");
    assert_refused("http://e.example:-1/", "has a port");
    assert_refused("http://e.example:18446744073709551696/", "has a port");

    struct url url;
    assert_null(url_read("https://e.example:65535/", 24, &url));
    assert_int_equal(url.port, 65535);
    assert_null(url_read("https://e.example/", 18, &url));
    assert_int_equal(url.port, 443);
    assert_true(url.https);
}

static void a_url_has_at_most_2048_bytes(void **state)
{
    (void)state;
    char text[URL_MAX + 2];
    memset(text, 'x', sizeof text);
    memcpy(text, "http://e.example/", 17);
    struct url url;
    assert_null(url_read(text, URL_MAX, &url));
    assert_int_equal(url.normal_len, URL_MAX);
    assert_string_equal(url_read(text, URL_MAX + 1, &url), "is too long");
}

static void what_is_beyond_ascii_is_as_long_as_it_travels(void **state)
{
    (void)state;
    char text[URL_MAX + 1];
    const size_t most = 17 + (URL_MAX - 17) / 3;
    memset(text, 0xe9, sizeof text);
    memcpy(text, "http://e.example/", 17);
    struct url url;
    assert_null(url_read(text, most, &url));
    assert_int_equal(url.normal_len, 17 + 3 * (most - 17));
    assert_string_equal(url_read(text, most + 1, &url), "is too long");
    assert_string_equal(url_read(text, URL_MAX, &url), "is too long");
}

static void keys_are_of_the_normal_form_and_of_its_origin(void **state)
{
    (void)state;
    struct url one, two;
    uint8_t a[32], b[32];
    assert_null(url_read("http://e.example/~a", 19, &one));
    assert_null(url_read("HTTP://e.example:80/%7Ea", 24, &two));
    url_key(&one, a);
    url_key(&two, b);
    assert_memory_equal(a, b, 32);

    assert_null(url_read("http://e.example/A", 18, &two));
    url_key(&two, b);
    assert_memory_not_equal(a, b, 32);
    url_origin_key(&one, a);
    url_origin_key(&two, b);
    assert_memory_equal(a, b, 32);
    assert_int_equal(one.origin_len, strlen("http://e.example"));

    assert_null(url_read("https://e.example/~a", 20, &two));
    url_origin_key(&two, b);
    assert_memory_not_equal(a, b, 32);
}

static void references_resolve_as_in_rfc_3986(void **state)
{
    (void)state;
    static const struct {
        const char *reference, *resolved;
    } rows[] = {
        { "g", "http://a/b/c/g" },
        { "./g", "http://a/b/c/g" },
        { "g/", "http://a/b/c/g/" },
        { "/g", "http://a/g" },
        { "//g.example", "http://g.example" },
        { "?y", "http://a/b/c/d;p?y" },
        { "g?y", "http://a/b/c/g?y" },
        { "#s", "http://a/b/c/d;p?q" },
        { "g#s", "http://a/b/c/g" },
        { ";x", "http://a/b/c/;x" },
        { "g;x=1/../y", "http://a/b/c/y" },
        { "", "http://a/b/c/d;p?q" },
        { ".", "http://a/b/c/" },
        { "./", "http://a/b/c/" },
        { "..", "http://a/b/" },
        { "../g", "http://a/b/g" },
        { "../..", "http://a/" },
        { "../../../g", "http://a/g" },
        { "/./g", "http://a/g" },
        { "/../g", "http://a/g" },
        { "g.", "http://a/b/c/g." },
        { "..g", "http://a/b/c/..g" },
        { "./g/.", "http://a/b/c/g/" },
        { "g/./h", "http://a/b/c/g/h" },
        { "g/../h", "http://a/b/c/h" },
        { "g?y/../x", "http://a/b/c/g?y/../x" },
        { " \n g \t", "http://a/b/c/g" },
        { "HTTPS://H.example/a/../%7e", "HTTPS://H.example/a/../%7e" },
        { "/a b\"\xc3\xa9", "http://a/a%20b%22%C3%A9" },
        { "//b\xc3\xbc"
          "cher.example/\xc3\xbc",
          "http://xn--bcher-kva.example/%C3%BC" },
    };
    char out[URL_MAX + 1];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(url_resolve("http://a/b/c/d;p?q", rows[i].reference, out,
                                sizeof out));
        assert_string_equal(out, rows[i].resolved);
    }
    assert_true(url_resolve("http://a", "g", out, sizeof out));
    assert_string_equal(out, "http://a/g");
    // The base may be spelled as its subscriber liked.
    assert_true(url_resolve("http://b\xc3\xbc.example/\xc3\xbc/x?y", "g", out,
                            sizeof out));
    assert_string_equal(out, "http://xn--b-eha.example/%C3%BC/g");
    assert_true(url_resolve("http://a?q", "g", out, sizeof out));
    assert_string_equal(out, "http://a/g");
}

static void a_reference_that_could_do_harm_is_none(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://h/",
        "http:g",
        "//h/a\r\nX: y",
        "/a>; rel=\"x\"",
        "/a<b",
        "/a\\b",
        "//u:p@h/",
        "//h:25/",
        "/\x01",
    };
    char out[URL_MAX + 1];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (url_resolve("http://a/", bad[i], out, sizeof out))
            fail_msg("%s became %s", bad[i], out);
    assert_false(url_resolve("nothing", "/g", out, sizeof out));
    assert_false(url_resolve("http://a/", "/longer", out, 10));
    assert_true(url_resolve("http://a/", "/longer", out, 16));
}

static void a_value_is_appended_encoded(void **state)
{
    (void)state;
    char out[40] = "hub.topic=";
    size_t len = url_append_encoded(out, 10, sizeof out, "a-._~Z9 +&\xe9", 11);
    assert_string_equal(out, "hub.topic=a-._~Z9%20%2B%26%E9");
    assert_int_equal(len, strlen(out));
    assert_true(url_append_encoded(out, 0, 4, "&", 1) == 3);
    assert_true(url_append_encoded(out, 0, 3, "&", 1) == SIZE_MAX);
    assert_true(url_append_encoded(out, 40, 40, "", 0) == SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_absolute_http_and_https_urls_are_fine),
        cmocka_unit_test(a_fragment_is_refused),
        cmocka_unit_test(user_information_is_refused),
        cmocka_unit_test(blanks_controls_and_backslashes_are_refused),
        cmocka_unit_test(only_unreserved_characters_are_decoded),
        cmocka_unit_test(what_the_server_may_tell_apart_stays_apart),
        cmocka_unit_test(case_default_port_and_empty_path_do_not_matter),
        cmocka_unit_test(other_bytes_are_escaped),
        cmocka_unit_test(an_international_host_becomes_a_labels),
        cmocka_unit_test(a_host_is_made_of_labels),
        cmocka_unit_test(an_address_is_seen_in_every_notation),
        cmocka_unit_test(ports_of_other_protocols_are_refused),
        cmocka_unit_test(a_url_has_at_most_2048_bytes),
        cmocka_unit_test(what_is_beyond_ascii_is_as_long_as_it_travels),
        cmocka_unit_test(keys_are_of_the_normal_form_and_of_its_origin),
        cmocka_unit_test(references_resolve_as_in_rfc_3986),
        cmocka_unit_test(a_reference_that_could_do_harm_is_none),
        cmocka_unit_test(a_value_is_appended_encoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
