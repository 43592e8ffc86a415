// SPDX-License-Identifier: MIT

#include "storage/paced.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { LARGE = 3 << 20, PIECE = 100003 };

static char written[LARGE], found[LARGE];

static void fill(void)
{
    for (size_t i = 0; i < LARGE; i++)
        written[i] = (char)(i * 31 >> 3);
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void write_all(struct paced *paced)
{
    for (size_t at = 0; at < LARGE; at += PIECE)
        assert_true(paced_write(paced, written + at,
                                LARGE - at < PIECE ? LARGE - at : PIECE));
}

static int open_file(void)
{
    char name[] = "/tmp/websubd-test-XXXXXX";
    int file = mkstemp(name);
    assert_true(file >= 0);
    unlink(name);
    return file;
}

static void all_of_it_is_written_in_order(void **state)
{
    struct paced paced;
    int file = open_file();
    (void)state;
    fill();
    paced_start(&paced, file);
    write_all(&paced);
    assert_true(paced.written == LARGE);
    assert_int_equal(pread(file, found, LARGE, 0), LARGE);
    assert_memory_equal(found, written, LARGE);
    close(file);
}

static void others_get_at_the_disk_in_between(void **state)
{
    struct paced paced;
    int file = open_file();
    (void)state;
    int64_t began = now_ms();
    paced_start(&paced, file);
    write_all(&paced);
    // Twelve slices, each with a rest of at least 4 ms.
    assert_true(now_ms() - began >= 48);
    close(file);
}

static void a_pipe_is_written_to_as_well(void **state)
{
    struct paced paced;
    int ends[2];
    char byte[4];
    (void)state;
    assert_int_equal(pipe(ends), 0);
    paced_start(&paced, ends[1]);
    assert_true(paced_write(&paced, "some", 4));
    assert_int_equal(read(ends[0], byte, sizeof byte), 4);
    close(ends[0]);
    close(ends[1]);
}

static void what_cannot_be_written_is_told(void **state)
{
    struct paced paced;
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    (void)state;
    assert_true(full >= 0);
    paced_start(&paced, full);
    assert_false(paced_write(&paced, written, LARGE));
    close(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_it_is_written_in_order),
        cmocka_unit_test(others_get_at_the_disk_in_between),
        cmocka_unit_test(a_pipe_is_written_to_as_well),
        cmocka_unit_test(what_cannot_be_written_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
