// SPDX-License-Identifier: MIT

#include "hub/ctl/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void expect(const char *plain, const char *coded)
{
    struct bytes bytes = { plain, strlen(plain) };
    char text[64], back[64];
    size_t size;
    assert_true(base64_size(bytes.len) <= sizeof text);
    assert_int_equal(base64_write(bytes, text), strlen(coded));
    assert_string_equal(text, coded);
    assert_true(base64_read(coded, strlen(coded), back, &size));
    assert_int_equal(size, bytes.len);
    assert_memory_equal(back, plain, size);
}

// RFC 4648, 10.
static void the_examples_of_the_standard(void **state)
{
    (void)state;
    expect("", "");
    expect("f", "Zg==");
    expect("fo", "Zm8=");
    expect("foo", "Zm9v");
    expect("foob", "Zm9vYg==");
    expect("fooba", "Zm9vYmE=");
    expect("foobar", "Zm9vYmFy");
}

static void what_is_none_is_refused(void **state)
{
    static const char *const bad[] = { "Z",    "Zg",   "Zg=",
                                       "Z*==", "=g==", "Zg==Zg" };
    char out[16];
    size_t size;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(base64_read(bad[i], strlen(bad[i]), out, &size));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_the_standard),
        cmocka_unit_test(what_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
