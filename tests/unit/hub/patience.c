// SPDX-License-Identifier: MIT

#include "hub/patience.h"

#include "wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct line {
    int peer;
    struct waiting waiting;
};

static struct line open_line(void)
{
    int ends[2];
    wire_pair(ends);
    return (struct line){ .peer = ends[0], .waiting.fd = ends[1] };
}

static void close_line(struct line *line)
{
    close(line->peer);
    close(line->waiting.fd);
}

static bool is_open(const struct line *line)
{
    char byte;
    return recv(line->peer, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

static void who_waits_too_long_is_broken_off(void **state)
{
    struct patience patience;
    struct line lines[3] = { open_line(), open_line(), open_line() };
    (void)state;

    patience_init(&patience);
    for (size_t i = 0; i < 3; i++)
        patience_begin(&patience, &lines[i].waiting);
    patience_end(&patience, &lines[1].waiting);
    assert_true(patience_enforce(&patience, 60));
    for (size_t i = 0; i < 3; i++)
        assert_true(is_open(&lines[i]));
    // As if the last one had just come, and the others long ago.
    lines[0].waiting.since -= 100;
    assert_true(patience_enforce(&patience, 60));
    assert_true(wire_ends(lines[0].peer));
    assert_true(is_open(&lines[1]));
    assert_true(is_open(&lines[2]));

    patience_end(&patience, &lines[0].waiting);
    patience_end(&patience, &lines[2].waiting);
    assert_false(patience_enforce(&patience, 60));
    for (size_t i = 0; i < 3; i++)
        close_line(&lines[i]);
    patience_clear(&patience);
}

static bool is_marked(void *context, const struct waiting *waiting)
{
    return waiting == context;
}

static void only_those_that_are_meant_are_broken_off(void **state)
{
    struct patience patience;
    struct line lines[3] = { open_line(), open_line(), open_line() };
    (void)state;

    patience_init(&patience);
    for (size_t i = 0; i < 3; i++)
        patience_begin(&patience, &lines[i].waiting);
    lines[0].waiting.since -= 100;
    lines[1].waiting.since -= 100;
    patience_enforce_of(&patience, 60, is_marked, &lines[1].waiting);
    assert_true(is_open(&lines[0]));
    assert_true(wire_ends(lines[1].peer));
    // Not long enough, though it is meant.
    patience_enforce_of(&patience, 60, is_marked, &lines[2].waiting);
    assert_true(is_open(&lines[2]));

    patience_end(&patience, &lines[0].waiting);
    patience_end(&patience, &lines[2].waiting);
    assert_false(patience_enforce(&patience, 60));
    for (size_t i = 0; i < 3; i++)
        close_line(&lines[i]);
    patience_clear(&patience);
}

static void who_was_read_and_not_understood_yet_is_not_dismissed(void **state)
{
    struct patience patience;
    struct line line = open_line();
    char bytes[3];
    (void)state;

    patience_init(&patience);
    patience_begin(&patience, &line.waiting);
    assert_int_equal(write(line.peer, "ask", 3), 3);
    assert_int_equal(patience_dismiss(&patience), SETTLING_OURS);
    // Whoever reads has it, and has not said so yet.
    assert_int_equal(read(line.waiting.fd, bytes, 3), 3);
    assert_int_equal(patience_dismiss(&patience), SETTLING_THEIRS);
    assert_int_equal(recv(line.waiting.fd, bytes, 3, MSG_DONTWAIT), -1);
    patience_end(&patience, &line.waiting);
    assert_int_equal(patience_dismiss(&patience), SETTLED);
    close_line(&line);
    patience_clear(&patience);
}

static void who_was_heard_and_is_silent_goes(void **state)
{
    struct patience patience;
    struct line line = open_line();
    char bytes[3];
    (void)state;

    patience_init(&patience);
    line.waiting.heard = true;
    patience_begin(&patience, &line.waiting);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(patience_dismiss(&patience), SETTLING_THEIRS);
        assert_int_equal(read(line.waiting.fd, bytes, 3), 0);
    }
    patience_end(&patience, &line.waiting);
    assert_int_equal(patience_dismiss(&patience), SETTLED);
    close_line(&line);
    patience_clear(&patience);
}

static void who_has_begun_to_ask_is_not_dismissed(void **state)
{
    struct patience patience;
    struct line line = open_line();
    char byte;
    (void)state;

    patience_init(&patience);
    patience_begin(&patience, &line.waiting);
    atomic_store(&line.waiting.begun, true);
    assert_int_equal(patience_dismiss(&patience), SETTLING_THEIRS);
    assert_int_equal(write(line.peer, "k", 1), 1);
    assert_int_equal(patience_dismiss(&patience), SETTLING_OURS);
    assert_int_equal(read(line.waiting.fd, &byte, 1), 1);
    patience_end(&patience, &line.waiting);
    close_line(&line);
    patience_clear(&patience);
}

static void to_begin_anew_is_to_wait_anew(void **state)
{
    struct patience patience;
    struct line line = open_line();
    (void)state;

    patience_init(&patience);
    patience_begin(&patience, &line.waiting);
    line.waiting.since -= 100;
    patience_end(&patience, &line.waiting);
    patience_begin(&patience, &line.waiting);
    patience_enforce(&patience, 60);
    assert_true(is_open(&line));
    patience_end(&patience, &line.waiting);
    close_line(&line);
    patience_clear(&patience);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_waits_too_long_is_broken_off),
        cmocka_unit_test(only_those_that_are_meant_are_broken_off),
        cmocka_unit_test(who_was_read_and_not_understood_yet_is_not_dismissed),
        cmocka_unit_test(who_was_heard_and_is_silent_goes),
        cmocka_unit_test(who_has_begun_to_ask_is_not_dismissed),
        cmocka_unit_test(to_begin_anew_is_to_wait_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
