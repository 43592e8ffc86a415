// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fetcher/target.h"

#include <string.h>

static struct target read_one(const char *url)
{
    struct target target;
    if (!target_read(url, &target))
        fail_msg("%s", url);
    return target;
}

static void the_parts_of_a_url_are_told(void **state)
{
    (void)state;
    struct target target = read_one("HTTPS://Sub.Example.COM:8443/a/../b?x#f");
    assert_true(target.https);
    assert_false(target.literal);
    assert_int_equal(target.port, 8443);
    assert_string_equal(target.host, "sub.example.com");
    assert_int_equal(target.path_len, 9);
    assert_memory_equal(target.path, "/a/../b?x", 9);
}

static void expect_request(const char *url, const char *wanted)
{
    char out[256];
    size_t len = target_request_length(url);
    char *end = target_request(url, out);
    assert_int_equal(end - out, len);
    *end = '\0';
    assert_string_equal(out, wanted);
}

static void the_request_target_is_the_urls_own_bytes(void **state)
{
    (void)state;
    expect_request("http://h", "/");
    expect_request("http://h#f", "/");
    expect_request("http://h/", "/");
    expect_request("http://h?", "/?");
    expect_request("http://h?q=/#f", "/?q=/");
    expect_request("http://h/a/../b/./c%7e?x=1&&y=%7E#f",
                   "/a/../b/./c%7e?x=1&&y=%7E");
    expect_request("HTTPS://[::1]:81//x/?", "//x/?");
}

static void what_is_beyond_ascii_is_escaped_on_the_way(void **state)
{
    (void)state;
    expect_request("http://h/\xc3\xa9", "/%C3%A9");
    expect_request("http://h?\xff=\x80", "/?%FF=%80");
    expect_request("http://b\xc3\xbc"
                   "cher/%c3%a9\xc2\x85#\xc3",
                   "/%c3%a9%C2%85");
}

static void the_port_is_the_schemes_by_default(void **state)
{
    (void)state;
    assert_int_equal(read_one("http://h").port, 80);
    assert_int_equal(read_one("http://h:/").port, 80);
    assert_int_equal(read_one("https://h/").port, 443);
    assert_int_equal(read_one("http://[::1]:81/").port, 81);
}

static void loopback_in_any_notation_is_an_address(void **state)
{
    static const char *const urls[] = {
        "http://127.0.0.1/",       "http://2130706433/",
        "http://0x7f.1/",          "http://0177.0.0.1/",
        "http://127.1/",           "http://0x7F000001/",
        "http://127.0.0.1./",      "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/", "http://%31%32%37.0.0.1/",
    };
    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct target target = read_one(urls[i]);
        assert_true(target.literal);
        assert_string_equal(target.host, "127.0.0.1");
        assert_true(address_is_ipv4(&target.address));
    }
    struct target six = read_one("http://[0:0::1]/");
    assert_true(six.literal);
    assert_string_equal(six.host, "::1");
}

static void numbers_are_read_as_where_urls_are_judged(void **state)
{
    (void)state;
    // Not inet_aton()'s opinion, which has no digits to read after 0x.
    assert_string_equal(read_one("http://0x7f.0x/").host, "127.0.0.0");
    assert_string_equal(read_one("http://0x/").host, "0.0.0.0");
    assert_string_equal(read_one("http://1.0x./").host, "1.0.0.0");
    assert_int_equal(read_one("http://h:0000080/").port, 80);
}

static void a_name_is_no_address(void **state)
{
    (void)state;
    assert_false(read_one("http://localhost/").literal);
    assert_false(read_one("http://127.0.0.1.example/").literal);
    assert_false(read_one("http://0xg/").literal);
    assert_string_equal(read_one("http://b\xc3\xbc"
                                 "cher.example/")
                            .host,
                        "xn--bcher-kva.example");
}

static void what_cannot_be_called_is_refused(void **state)
{
    static const char *const urls[] = {
        "",
        "h",
        "//h/",
        "ftp://h/",
        "http:/h/",
        "http://",
        "http:///p",
        "http://:80/",
        "http://u@h/",
        "http://u:p@h/",
        "http://h:0/",
        "http://h:65536/",
        "http://h:8a/",
        "http://[::1/",
        "http://[::1]x/",
        "http://[fe80::1%25lo]/",
        "http://[127.0.0.1]/",
        "http://1.2.3.4.5/",
        "http://256.0.0.1/",
        "http://08.0.0.1/",
        "http://a b/",
        "http://h/a b",
        "http://h/a\r\nHost: x",
        "http://h\\@e/",
    };
    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct target target;
        if (target_read(urls[i], &target))
            fail_msg("%s", urls[i]);
    }
}

static void spellings_of_one_origin_have_one_hash(void **state)
{
    (void)state;
    const struct siphash_key key = { { 1, 2 } };
    struct target a = read_one("http://Example.com/a");
    struct target b = read_one("HTTP://example.COM:80/b");
    struct target c = read_one("https://example.com/");
    struct target d = read_one("http://example.com:81/");
    assert_int_equal(target_hash(&a, &key), target_hash(&b, &key));
    assert_int_not_equal(target_hash(&a, &key), target_hash(&c, &key));
    assert_int_not_equal(target_hash(&a, &key), target_hash(&d, &key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_parts_of_a_url_are_told),
        cmocka_unit_test(the_request_target_is_the_urls_own_bytes),
        cmocka_unit_test(what_is_beyond_ascii_is_escaped_on_the_way),
        cmocka_unit_test(the_port_is_the_schemes_by_default),
        cmocka_unit_test(loopback_in_any_notation_is_an_address),
        cmocka_unit_test(numbers_are_read_as_where_urls_are_judged),
        cmocka_unit_test(a_name_is_no_address),
        cmocka_unit_test(what_cannot_be_called_is_refused),
        cmocka_unit_test(spellings_of_one_origin_have_one_hash),
    };
    return cmocka_run_group_tests_name("target", tests, NULL, NULL);
}
