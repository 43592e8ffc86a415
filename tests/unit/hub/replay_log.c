// SPDX-License-Identifier: MIT

#include "hub/replay_log.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { NOW = 1000000, RECORD = 40 };

static char directory[40], file[64];
static size_t recalled;
static int64_t last_until;
static uint8_t last_mac[PUBLISHER_MAC];

static int setup(void **state)
{
    (void)state;
    snprintf(directory, sizeof directory, "%s", "/tmp/websubd-replays-XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    snprintf(file, sizeof file, "%s/replays", directory);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(file);
    return rmdir(directory);
}

static void on_recall(void *context, const uint8_t mac[PUBLISHER_MAC],
                      int64_t until_s)
{
    (void)context;
    recalled++;
    last_until = until_s;
    memcpy(last_mac, mac, sizeof last_mac);
}

static struct replay_log *open_at(int64_t now_s)
{
    recalled = 0;
    struct replay_log *log = replay_log_open(directory, now_s, on_recall, NULL);
    assert_non_null(log);
    return log;
}

static off_t size_of(void)
{
    struct stat stat_of;
    assert_int_equal(stat(file, &stat_of), 0);
    return stat_of.st_size;
}

static void add(struct replay_log *log, uint8_t number, int64_t until_s)
{
    uint8_t mac[PUBLISHER_MAC] = { number };
    assert_true(replay_log_add(log, mac, until_s, NOW));
}

static void what_was_added_is_recalled(void **state)
{
    struct replay_log *log = open_at(NOW);
    (void)state;
    assert_int_equal(recalled, 0);
    add(log, 1, NOW + 5);
    add(log, 2, NOW + 300);
    replay_log_close(log);
    log = open_at(NOW + 5);
    assert_int_equal(recalled, 2);
    assert_true(last_until == NOW + 300);
    assert_int_equal(last_mac[0], 2);
    add(log, 3, NOW + 20);
    replay_log_close(log);
    log = open_at(NOW + 6);
    assert_int_equal(recalled, 2);
    replay_log_close(log);
    replay_log_close(NULL);
}

static void what_is_over_is_left_out(void **state)
{
    struct replay_log *log = open_at(NOW);
    (void)state;
    for (uint8_t i = 0; i < 100; i++)
        add(log, i, NOW + 1);
    replay_log_close(log);
    assert_int_equal(size_of(), 100 * RECORD);
    log = open_at(NOW + 2);
    assert_int_equal(recalled, 0);
    replay_log_close(log);
    assert_int_equal(size_of(), 0);
}

static void a_torn_record_is_none(void **state)
{
    struct replay_log *log = open_at(NOW);
    (void)state;
    add(log, 1, NOW + 5);
    add(log, 2, NOW + 5);
    replay_log_close(log);
    assert_int_equal(truncate(file, 2 * RECORD - 1), 0);
    log = open_at(NOW);
    assert_int_equal(recalled, 1);
    assert_int_equal(last_mac[0], 1);
    add(log, 3, NOW + 5);
    replay_log_close(log);
    log = open_at(NOW);
    assert_int_equal(recalled, 2);
    assert_int_equal(last_mac[0], 3);
    replay_log_close(log);
}

static void S_nobody_else_can_read_it(void **state)
{
    struct replay_log *log = open_at(NOW);
    struct stat stat_of;
    (void)state;
    replay_log_close(log);
    assert_int_equal(stat(file, &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 077, 0);
}

static void what_cannot_be_written_is_told(void **state)
{
    uint8_t mac[PUBLISHER_MAC] = { 1 };
    struct replay_log *log = open_at(NOW);
    struct rlimit limit, none;
    (void)state;
    add(log, 1, NOW + 5);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    none = limit;
    none.rlim_cur = RECORD + 1;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    assert_false(replay_log_add(log, mac, NOW + 5, NOW));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    add(log, 2, NOW + 5);
    replay_log_close(log);
    log = open_at(NOW);
    assert_int_equal(recalled, 2);
    replay_log_close(log);
    assert_null(replay_log_open("/nonexistent/nowhere", NOW, on_recall, NULL));
}

#define LOGGED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    // A file that may not grow is an error, not the end.
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    sigaction(SIGXFSZ, &ignore, NULL);
    const struct CMUnitTest tests[] = {
        LOGGED(what_was_added_is_recalled),
        LOGGED(what_is_over_is_left_out),
        LOGGED(a_torn_record_is_none),
        LOGGED(S_nobody_else_can_read_it),
        LOGGED(what_cannot_be_written_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
