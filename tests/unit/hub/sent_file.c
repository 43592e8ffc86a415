// SPDX-License-Identifier: MIT

#include "hub/sent_file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { SIZE = 20 << 20 };

static int file_of(const char *text)
{
    char name[] = "/tmp/websubd-test-XXXXXX";
    int file = mkstemp(name);
    assert_true(file >= 0);
    unlink(name);
    assert_true(write(file, text, 6) == 6);
    return file;
}

static void it_is_read_from_anywhere(void **state)
{
    struct sent_file *sent = sent_file_new(file_of("abcdef"));
    char out[8] = "";
    (void)state;
    assert_non_null(sent);
    assert_int_equal(sent_file_read(sent, 2, out, 3), 3);
    assert_memory_equal(out, "cde", 3);
    assert_int_equal(sent_file_read(sent, 0, out, sizeof out), 6);
    sent_file_end(sent);
}

static void what_is_missing_is_an_error_and_no_end(void **state)
{
    struct sent_file *sent = sent_file_new(file_of("abcdef"));
    char out[8];
    (void)state;
    assert_int_equal(sent_file_read(sent, 6, out, sizeof out), -2);
    sent_file_end(sent);
}

// A pipe's other end says that this one is closed.
static void its_end_closes_it_without_waiting(void **state)
{
    int ends[2];
    char byte;
    (void)state;
    assert_int_equal(pipe(ends), 0);
    sent_file_end(sent_file_new(ends[1]));
    assert_int_equal(read(ends[0], &byte, 1), 0);
    close(ends[0]);
    sent_file_end(NULL);
}

static void a_large_one_becomes_shorter_until_it_is_gone(void **state)
{
    int file = file_of("abcdef");
    (void)state;
    assert_int_equal(ftruncate(file, SIZE), 0);
    int other = fcntl(file, F_DUPFD_CLOEXEC, 0);
    sent_file_end(sent_file_new(file));
    while (lseek(other, 0, SEEK_END) > SIZE / 2)
        ;
    close(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_read_from_anywhere),
        cmocka_unit_test(what_is_missing_is_an_error_and_no_end),
        cmocka_unit_test(its_end_closes_it_without_waiting),
        cmocka_unit_test(a_large_one_becomes_shorter_until_it_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
