// SPDX-License-Identifier: MIT
//
// The one test that knows of an engine: LMDB maps its file, so that reading
// beyond a truncated end would be a SIGBUS and not an error.

#include "scene.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define TOPIC "https://example.org/feed"

static void cut(struct session *s, off_t percent)
{
    char path[600];
    struct stat status;
    snprintf(path, sizeof path, "%s/data.mdb", session_directory(s));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(truncate(path, status.st_size * percent / 100), 0);
}

static void a_file_that_was_cut_is_refused_in_words(void **state)
{
    struct session *s = *state;
    if (!session_directory(s))
        skip();
    for (int i = 0; i < 50; i++) {
        char callback[64];
        snprintf(callback, sizeof callback, "https://callback.example/%d", i);
        scene_subscribe(s, TOPIC, callback);
    }
    session_close(s);
    static const off_t percents[] = { 90, 50, 10, 1 };
    for (size_t i = 0; i < sizeof percents / sizeof *percents; i++) {
        struct problem problem = { "" };
        cut(s, percents[i]);
        assert_null(store_open(&s->options, &problem));
        assert_true(strlen(problem.text) > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_that_was_cut_is_refused_in_words,
                                        session_setup, session_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
