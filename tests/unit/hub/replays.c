// SPDX-License-Identifier: MIT

#include "hub/replays.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { NOW = 1000000 };

struct mac {
    uint8_t bytes[PUBLISHER_MAC];
};

// Of those that share a place, and of others.
static struct mac mac_of(unsigned number)
{
    struct mac mac = { { 0 } };
    memcpy(mac.bytes + 8, &number, sizeof number);
    return mac;
}

static enum replay note(struct replays *replays, unsigned number, int64_t at,
                        int64_t now)
{
    struct mac mac = mac_of(number);
    return replays_note(replays, mac.bytes, at, now);
}

static void M19_what_was_taken_is_not_taken_again(void **state)
{
    struct replays *replays = replays_new();
    (void)state;
    assert_non_null(replays);
    assert_int_equal(note(replays, 1, NOW, NOW), REPLAY_NEW);
    assert_int_equal(note(replays, 1, NOW, NOW), REPLAY_SEEN);
    assert_int_equal(note(replays, 2, NOW, NOW), REPLAY_NEW);
    assert_int_equal(note(replays, 1, NOW, NOW + REPLAYS_WINDOW_S),
                     REPLAY_SEEN);
    assert_int_equal(note(replays, 1, NOW, NOW + REPLAYS_WINDOW_S + 1),
                     REPLAY_OUTSIDE);
    replays_free(replays);
}

static void M19_five_minutes_are_five_minutes(void **state)
{
    struct replays *replays = replays_new();
    (void)state;
    assert_int_equal(note(replays, 1, NOW - 300, NOW), REPLAY_NEW);
    assert_int_equal(note(replays, 2, NOW - 301, NOW), REPLAY_OUTSIDE);
    assert_int_equal(note(replays, 3, NOW + 300, NOW), REPLAY_NEW);
    assert_int_equal(note(replays, 4, NOW + 301, NOW), REPLAY_OUTSIDE);
    assert_int_equal(note(replays, 5, INT64_C(999999999999999), NOW),
                     REPLAY_OUTSIDE);
    assert_int_equal(note(replays, 5, 0, NOW), REPLAY_OUTSIDE);
    // From the future: ten minutes later it is still known.
    assert_int_equal(note(replays, 3, NOW + 300, NOW + 600), REPLAY_SEEN);
    assert_true(replays_is_timely(NOW + 300, NOW + 600));
    assert_false(replays_is_timely(NOW + 300, NOW + 601));
    replays_free(replays);
}

static void nothing_is_forgotten_to_make_room(void **state)
{
    struct replays *replays = replays_new();
    unsigned count = 0;
    (void)state;
    while (note(replays, count, NOW, NOW) == REPLAY_NEW)
        assert_true(++count < 1000);
    assert_int_equal(note(replays, count, NOW, NOW), REPLAY_FULL);
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(note(replays, i, NOW, NOW), REPLAY_SEEN);
    // What is over makes room.
    int64_t later = NOW + REPLAYS_WINDOW_S + 1;
    assert_int_equal(note(replays, count, later, later), REPLAY_NEW);
    replays_free(replays);
}

static void what_was_not_taken_may_come_again(void **state)
{
    struct replays *replays = replays_new();
    struct mac mac = mac_of(1), other = mac_of(2);
    (void)state;
    assert_int_equal(note(replays, 1, NOW, NOW), REPLAY_NEW);
    replays_forget(replays, mac.bytes);
    replays_forget(replays, other.bytes);
    assert_int_equal(note(replays, 1, NOW, NOW), REPLAY_NEW);
    assert_int_equal(note(replays, 1, NOW, NOW), REPLAY_SEEN);
    replays_free(replays);
    replays_free(NULL);
}

static void what_an_earlier_process_took_is_recalled(void **state)
{
    struct replays *replays = replays_new();
    struct mac one = mac_of(1), over = mac_of(2), odd = mac_of(3);
    (void)state;
    replays_recall(replays, one.bytes, NOW + 1, NOW);
    replays_recall(replays, one.bytes, NOW + 1, NOW);
    replays_recall(replays, over.bytes, NOW - 1, NOW);
    replays_recall(replays, odd.bytes, NOW + 601, NOW);
    assert_int_equal(note(replays, 1, NOW, NOW), REPLAY_SEEN);
    assert_int_equal(note(replays, 2, NOW, NOW), REPLAY_NEW);
    assert_int_equal(note(replays, 3, NOW, NOW), REPLAY_NEW);
    replays_free(replays);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(M19_what_was_taken_is_not_taken_again),
        cmocka_unit_test(M19_five_minutes_are_five_minutes),
        cmocka_unit_test(nothing_is_forgotten_to_make_room),
        cmocka_unit_test(what_was_not_taken_may_come_again),
        cmocka_unit_test(what_an_earlier_process_took_is_recalled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
