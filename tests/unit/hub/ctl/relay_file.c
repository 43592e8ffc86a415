// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/ctl/relay_book.h"
#include "hub/ctl/relay_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
    char folder[32], path[64];
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    snprintf(place->folder, sizeof place->folder, "/tmp/relay-XXXXXX");
    if (!mkdtemp(place->folder))
        return -1;
    snprintf(place->path, sizeof place->path, "%s/state", place->folder);
    *state = place;
    return 0;
}

static int clear_away(void **state)
{
    static const char *const names[] = { "", ".lock", ".new" };
    struct place *place = *state;
    char path[80];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s%s", place->path, names[i]);
        unlink(path);
    }
    rmdir(place->folder);
    free(place);
    return 0;
}

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void what_was_written_is_there_the_next_time(void **state)
{
    const struct place *place = *state;
    struct relay_book book = { .hub = "http://one/" };
    char problem[RELAY_FILE_PROBLEM_MAX];
    struct stat info;
    struct relay_file *file = relay_file_open(place->path, &book, problem);
    assert_non_null(file);
    book.changed = true;
    assert_true(relay_file_write(file, &book, problem));
    assert_false(book.changed);
    assert_int_equal(stat(place->path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    relay_file_close(file);
    relay_book_clear(&book);

    file = relay_file_open(place->path, &book, problem);
    assert_non_null(file);
    assert_string_equal(book.hub, "http://one/");
    relay_file_close(file);
    relay_book_clear(&book);
}

static void what_a_killed_one_left_half_written_is_replaced(void **state)
{
    const struct place *place = *state;
    struct relay_book book = { .hub = "http://one/" };
    char problem[RELAY_FILE_PROBLEM_MAX], fresh[80];
    struct stat info;
    snprintf(fresh, sizeof fresh, "%s.new", place->path);
    put(fresh, "half a bo");
    assert_int_equal(chmod(fresh, 0644), 0);
    struct relay_file *file = relay_file_open(place->path, &book, problem);
    assert_non_null(file);
    assert_true(relay_file_write(file, &book, problem));
    assert_int_equal(stat(place->path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    relay_file_close(file);
    relay_book_clear(&book);
}

static void two_do_not_share_it(void **state)
{
    const struct place *place = *state;
    struct relay_book book = { .hub = "" }, other = { .hub = "" };
    char problem[RELAY_FILE_PROBLEM_MAX];
    struct relay_file *file = relay_file_open(place->path, &book, problem);
    assert_non_null(file);
    assert_null(relay_file_open(place->path, &other, problem));
    assert_non_null(strstr(problem, "another relay has it"));
    relay_file_close(file);
}

static void what_is_no_book_is_not_replaced(void **state)
{
    const struct place *place = *state;
    struct relay_book book = { .hub = "" };
    char problem[RELAY_FILE_PROBLEM_MAX];
    put(place->path, "somebody's letter");
    assert_null(relay_file_open(place->path, &book, problem));
    assert_non_null(strstr(problem, "no relay's"));
}

static void a_write_that_fails_says_so(void **state)
{
    const struct place *place = *state;
    struct relay_book book = { .hub = "" };
    char problem[RELAY_FILE_PROBLEM_MAX], fresh[80];
    struct relay_file *file = relay_file_open(place->path, &book, problem);
    assert_non_null(file);
    // Something that unlink(2) does not remove, even for root.
    snprintf(fresh, sizeof fresh, "%s.new", place->path);
    assert_int_equal(mkdir(fresh, 0700), 0);
    book.changed = true;
    assert_false(relay_file_write(file, &book, problem));
    assert_true(book.changed);
    rmdir(fresh);
    relay_file_close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_written_is_there_the_next_time,
                                        set_up, clear_away),
        cmocka_unit_test_setup_teardown(
            what_a_killed_one_left_half_written_is_replaced, set_up,
            clear_away),
        cmocka_unit_test_setup_teardown(two_do_not_share_it, set_up,
                                        clear_away),
        cmocka_unit_test_setup_teardown(what_is_no_book_is_not_replaced, set_up,
                                        clear_away),
        cmocka_unit_test_setup_teardown(a_write_that_fails_says_so, set_up,
                                        clear_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
