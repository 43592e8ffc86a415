// SPDX-License-Identifier: MIT

#include "storage/lmdb/datafile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { PAGE = 4096 };

// One of the two headers of LMDB.
static void write_header(unsigned char *at, uint64_t last, uint64_t txn)
{
    const uint32_t magic = 0xbeefc0de, page = PAGE;
    at[10] = 8; // the kind of page
    at += 16;
    memcpy(at, &magic, sizeof magic);
    at[4] = 1; // version
    memcpy(at + 24, &page, sizeof page);
    at[28] = 8;                    // keys of the free pages are numbers
    memset(at + 24 + 40, 0xff, 8); // there are none
    memset(at + 72 + 40, 0xff, 8); // and no tables
    memcpy(at + 120, &last, sizeof last);
    memcpy(at + 128, &txn, sizeof txn);
}

// A file of `size` bytes with both: the first names `first` as its last page,
// and the second, newer one, `second`.
static void write_file(const char *path, off_t size, uint64_t first,
                       uint64_t second)
{
    static unsigned char pages[2 * PAGE];
    memset(pages, 0, sizeof pages);
    write_header(pages, first, 0);
    write_header(pages + PAGE, second, 1);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(pages, 1, sizeof pages, file), sizeof pages);
    fclose(file);
    assert_int_equal(truncate(path, size), 0);
}

static bool check(off_t size, uint64_t first, uint64_t second)
{
    char path[] = "/tmp/websubd-datafile-XXXXXX";
    struct problem problem = { "" };
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    write_file(path, size, first, second);
    bool good = datafile_check(path, &problem);
    unlink(path);
    assert_true(good || problem.text[0] != '\0');
    return good;
}

static void no_file_and_an_empty_one_are_fine(void **state)
{
    struct problem problem;
    assert_true(datafile_check("/nonexistent/data.mdb", &problem));
    assert_true(check(0, 1, 1));
    (void)state;
}

static void a_file_as_long_as_it_says_is_fine(void **state)
{
    assert_true(check(10 * PAGE, 3, 9));
    assert_true(check(20 * PAGE, 3, 9));
    (void)state;
}

static void a_file_that_lacks_a_byte_is_refused(void **state)
{
    assert_false(check(10 * PAGE - 1, 3, 9));
    assert_false(check(9 * PAGE, 3, 9));
    assert_false(check(3, 3, 9));
    assert_false(check(PAGE + 10, 0, 0));
    (void)state;
}

static void the_newer_header_counts(void **state)
{
    assert_true(check(5 * PAGE, 100, 4));
    assert_false(check(5 * PAGE, 4, 100));
    (void)state;
}

static void a_file_of_something_else_is_refused(void **state)
{
    char path[] = "/tmp/websubd-datafile-XXXXXX";
    struct problem problem = { "" };
    int file = mkstemp(path);
    assert_true(file >= 0);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(write(file, "0123456789", 10), 10);
    close(file);
    assert_false(datafile_check(path, &problem));
    assert_non_null(strstr(problem.text, "not a store"));
    unlink(path);
    (void)state;
}

// What a power cut leaves of a new one: `size` bytes, with these headers.
static bool check_new(off_t size, bool first, bool second, uint64_t txn,
                      off_t *left)
{
    static unsigned char pages[2 * PAGE];
    const bool headers[2] = { first, second };
    char path[] = "/tmp/websubd-datafile-XXXXXX";
    struct problem problem = { "" };
    struct stat status;
    int file = mkstemp(path);
    assert_true(file >= 0);
    memset(pages, 0, sizeof pages);
    for (int i = 0; i < 2; i++)
        if (headers[i])
            write_header(pages + i * PAGE, 1, txn);
    assert_int_equal(write(file, pages, sizeof pages), sizeof pages);
    assert_int_equal(ftruncate(file, size), 0);
    bool good = datafile_check(path, &problem);
    assert_int_equal(fstat(file, &status), 0);
    *left = status.st_size;
    close(file);
    unlink(path);
    return good;
}

static void what_nothing_was_ever_committed_to_is_begun_anew(void **state)
{
    static const struct {
        off_t size;
        bool first, second;
    } cuts[] = {
        { PAGE, true, false },      { PAGE, false, false },
        { 2 * PAGE, true, false },  { 2 * PAGE, false, true },
        { 2 * PAGE, false, false }, { 2 * PAGE, true, true },
        { 512, true, false },       { PAGE + 512, true, true },
    };
    off_t left;
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        assert_true(
            check_new(cuts[i].size, cuts[i].first, cuts[i].second, 0, &left));
        assert_int_equal(left, 0);
    }
    (void)state;
}

static void what_was_committed_to_or_is_no_store_is_left_alone(void **state)
{
    off_t left;
    assert_false(check_new(PAGE, true, false, 2, &left));
    assert_int_equal(left, PAGE);
    assert_false(check_new(2 * PAGE, true, false, 2, &left));
    assert_int_equal(left, 2 * PAGE);
    assert_false(check_new(PAGE + 100, true, false, 0, &left));
    assert_int_equal(left, PAGE + 100);
    assert_false(check_new((2 << 20), false, false, 0, &left));
    assert_int_equal(left, 2 << 20);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_file_and_an_empty_one_are_fine),
        cmocka_unit_test(a_file_as_long_as_it_says_is_fine),
        cmocka_unit_test(a_file_that_lacks_a_byte_is_refused),
        cmocka_unit_test(the_newer_header_counts),
        cmocka_unit_test(a_file_of_something_else_is_refused),
        cmocka_unit_test(what_nothing_was_ever_committed_to_is_begun_anew),
        cmocka_unit_test(what_was_committed_to_or_is_no_store_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
