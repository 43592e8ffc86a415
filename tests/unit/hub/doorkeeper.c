// SPDX-License-Identifier: MIT

#include "hub/doorkeeper.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct doorkeeper keeper;
    union doorkeeper_note notes[DOORKEEPER_OPERATORS_MAX];
    struct caller *callers[DOORKEEPER_OPERATORS_MAX];
    int peers[DOORKEEPER_OPERATORS_MAX], ends[DOORKEEPER_OPERATORS_MAX];
    size_t count;
};

static struct sockaddr_in at(const char *text)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    assert_int_equal(inet_pton(AF_INET, text, &address.sin_addr), 1);
    return address;
}

static void open_keeper(struct fixture *fixture)
{
    assert_true(doorkeeper_open(
        &fixture->keeper,
        &(struct turnstile_limits){ .expected = 2, .per_address = 2 }));
}

static bool come(struct fixture *fixture, enum door door, const char *from)
{
    struct sockaddr_in address = at(from);
    const struct sockaddr *as = (const struct sockaddr *)&address;
    size_t i = fixture->count;
    int ends[2];
    if (!doorkeeper_admits(&fixture->keeper, door, as))
        return false;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    doorkeeper_write(door, as, &fixture->notes[i]);
    fixture->callers[i] =
        doorkeeper_enter(&fixture->keeper, ends[0], &fixture->notes[i].any);
    assert_non_null(fixture->callers[i]);
    fixture->ends[i] = ends[0];
    fixture->peers[i] = ends[1];
    fixture->count++;
    return true;
}

static void all_leave(struct fixture *fixture)
{
    for (size_t i = 0; i < fixture->count; i++) {
        doorkeeper_leave(&fixture->keeper, fixture->callers[i],
                         &fixture->notes[i].any);
        close(fixture->ends[i]);
        close(fixture->peers[i]);
    }
    assert_int_equal(doorkeeper_count(&fixture->keeper), 0);
    doorkeeper_close(&fixture->keeper);
}

static void each_door_is_known_behind_it(void **state)
{
    struct fixture fixture = { .count = 0 };
    (void)state;
    open_keeper(&fixture);
    assert_true(come(&fixture, DOOR_PUBLIC, "192.0.2.1"));
    assert_true(come(&fixture, DOOR_OPERATORS, "192.0.2.2"));
    assert_true(come(&fixture, DOOR_SOCKET, "192.0.2.3"));
    assert_int_equal(fixture.callers[0]->door, DOOR_PUBLIC);
    assert_string_equal(fixture.callers[0]->peer, "192.0.2.1");
    assert_int_equal(fixture.callers[1]->door, DOOR_OPERATORS);
    assert_string_equal(fixture.callers[1]->peer, "192.0.2.2");
    assert_string_equal(fixture.callers[1]->who, "");
    assert_int_equal(fixture.callers[2]->door, DOOR_SOCKET);
    assert_string_equal(fixture.callers[2]->peer, "");
    assert_int_equal(strncmp(fixture.callers[2]->who, "uid ", 4), 0);
    all_leave(&fixture);
}

static void a_crowd_at_one_door_does_not_shut_another(void **state)
{
    struct fixture fixture = { .count = 0 };
    (void)state;
    open_keeper(&fixture);
    assert_true(come(&fixture, DOOR_PUBLIC, "192.0.2.1"));
    assert_true(come(&fixture, DOOR_PUBLIC, "192.0.2.2"));
    assert_false(come(&fixture, DOOR_PUBLIC, "192.0.2.3"));
    assert_true(come(&fixture, DOOR_OPERATORS, "192.0.2.3"));
    assert_true(come(&fixture, DOOR_SOCKET, "192.0.2.3"));
    all_leave(&fixture);
}

static void operators_have_so_many_places(void **state)
{
    static struct fixture fixture;
    char from[32];
    (void)state;
    open_keeper(&fixture);
    while (fixture.count < DOORKEEPER_OPERATORS_MAX) {
        (void)snprintf(from, sizeof from, "192.0.2.%zu", fixture.count + 10);
        assert_true(come(&fixture, DOOR_OPERATORS, from));
    }
    assert_false(come(&fixture, DOOR_OPERATORS, "192.0.2.2"));
    // Who has come just now is not sent away for it.
    char byte;
    assert_int_equal(recv(fixture.peers[0], &byte, 1, MSG_DONTWAIT), -1);
    all_leave(&fixture);
}

static void one_address_has_only_its_share_of_the_operators_places(void **state)
{
    static struct fixture fixture;
    (void)state;
    open_keeper(&fixture);
    while (fixture.count < DOORKEEPER_OPERATORS_SHARE)
        assert_true(come(&fixture, DOOR_OPERATORS, "192.0.2.1"));
    assert_false(come(&fixture, DOOR_OPERATORS, "192.0.2.1"));
    assert_true(come(&fixture, DOOR_OPERATORS, "192.0.2.2"));
    // At the public door it has what everybody has.
    assert_true(come(&fixture, DOOR_PUBLIC, "192.0.2.1"));
    doorkeeper_leave(&fixture.keeper, fixture.callers[0],
                     &fixture.notes[0].any);
    close(fixture.ends[0]);
    close(fixture.peers[0]);
    fixture.callers[0] = fixture.callers[--fixture.count];
    fixture.notes[0] = fixture.notes[fixture.count];
    fixture.ends[0] = fixture.ends[fixture.count];
    fixture.peers[0] = fixture.peers[fixture.count];
    assert_true(come(&fixture, DOOR_OPERATORS, "192.0.2.1"));
    assert_false(come(&fixture, DOOR_OPERATORS, "192.0.2.1"));
    all_leave(&fixture);
}

static void who_comes_in_a_burst_has_no_more_than_his_share(void **state)
{
    static struct fixture fixture;
    struct sockaddr_in address = at("192.0.2.1");
    const struct sockaddr *as = (const struct sockaddr *)&address;
    const size_t burst = DOORKEEPER_OPERATORS_SHARE + 3;
    char byte;
    (void)state;
    open_keeper(&fixture);
    // All are admitted before the first is inside.
    for (size_t i = 0; i < burst; i++)
        assert_true(doorkeeper_admits(&fixture.keeper, DOOR_OPERATORS, as));
    for (size_t i = 0; i < burst; i++) {
        int ends[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
        doorkeeper_write(DOOR_OPERATORS, as, &fixture.notes[i]);
        fixture.callers[i] =
            doorkeeper_enter(&fixture.keeper, ends[0], &fixture.notes[i].any);
        fixture.ends[i] = ends[0];
        fixture.peers[i] = ends[1];
        fixture.count++;
        ssize_t got = recv(ends[1], &byte, 1, MSG_DONTWAIT);
        assert_int_equal(got, i < DOORKEEPER_OPERATORS_SHARE ? -1 : 0);
    }
    all_leave(&fixture);
}

static bool is_proxy(void *context, const struct sockaddr *address)
{
    struct sockaddr_in proxy = at("192.0.2.9"), it;
    (void)context;
    memcpy(&it, address, sizeof it);
    return it.sin_addr.s_addr == proxy.sin_addr.s_addr;
}

static void a_trusted_proxy_brings_as_many_operators_as_there_are(void **state)
{
    static struct fixture fixture;
    (void)state;
    assert_true(doorkeeper_open(
        &fixture.keeper, &(struct turnstile_limits){ .expected = 2,
                                                     .per_address = 2,
                                                     .unlimited = is_proxy }));
    while (fixture.count < DOORKEEPER_OPERATORS_MAX)
        assert_true(come(&fixture, DOOR_OPERATORS, "192.0.2.9"));
    assert_false(come(&fixture, DOOR_OPERATORS, "192.0.2.9"));
    all_leave(&fixture);
}

static void at_the_end_who_is_silent_goes(void **state)
{
    struct fixture fixture = { .count = 0 };
    char byte;
    (void)state;
    open_keeper(&fixture);
    come(&fixture, DOOR_PUBLIC, "192.0.2.1");
    come(&fixture, DOOR_PUBLIC, "192.0.2.2");
    come(&fixture, DOOR_OPERATORS, "192.0.2.2");
    for (size_t i = 0; i < 3; i++) {
        doorkeeper_hears(&fixture.keeper, fixture.callers[i]);
        doorkeeper_waits(&fixture.keeper, fixture.callers[i]);
    }
    assert_int_equal(send(fixture.peers[1], "G", 1, 0), 1);
    atomic_store(&fixture.callers[2]->waiting.begun, true);
    assert_int_equal(doorkeeper_dismiss(&fixture.keeper), SETTLING_OURS);
    static const ssize_t read_of[] = { 0, 1, -1 };
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(
            recv(fixture.callers[i]->waiting.fd, &byte, 1, MSG_DONTWAIT),
            read_of[i]);
    assert_int_equal(doorkeeper_dismiss(&fixture.keeper), SETTLING_THEIRS);
    all_leave(&fixture);
}

static void who_is_on_his_way_in_is_waited_for(void **state)
{
    struct fixture fixture = { .count = 0 };
    struct sockaddr_in address = at("192.0.2.1");
    (void)state;
    open_keeper(&fixture);
    assert_true(doorkeeper_admits(&fixture.keeper, DOOR_PUBLIC,
                                  (const struct sockaddr *)&address));
    assert_int_equal(doorkeeper_dismiss(&fixture.keeper), SETTLING_OURS);
    doorkeeper_lost(&fixture.keeper);
    assert_int_equal(doorkeeper_dismiss(&fixture.keeper), SETTLED);
    all_leave(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_door_is_known_behind_it),
        cmocka_unit_test(a_crowd_at_one_door_does_not_shut_another),
        cmocka_unit_test(operators_have_so_many_places),
        cmocka_unit_test(
            one_address_has_only_its_share_of_the_operators_places),
        cmocka_unit_test(who_comes_in_a_burst_has_no_more_than_his_share),
        cmocka_unit_test(a_trusted_proxy_brings_as_many_operators_as_there_are),
        cmocka_unit_test(at_the_end_who_is_silent_goes),
        cmocka_unit_test(who_is_on_his_way_in_is_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
