// SPDX-License-Identifier: MIT

#include "hub/listener.h"

#include "wire.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cmocka.h>

static void assert_refused(const char *address, const char *word)
{
    struct listener listener;
    char problem[LISTENER_PROBLEM_MAX];
    assert_false(listener_open(address, &listener, problem));
    assert_non_null(strstr(problem, address));
    assert_non_null(strstr(problem, word));
}

static void a_listener_tells_where_it_is(void **state)
{
    struct listener listener;
    char problem[LISTENER_PROBLEM_MAX];
    (void)state;

    assert_true(listener_open("127.0.0.1:0", &listener, problem));
    assert_int_equal(strncmp(listener.address, "127.0.0.1:", 10), 0);
    assert_string_not_equal(listener.address, "127.0.0.1:0");
    int fd = wire_connect(listener.address);
    assert_true(fd >= 0);
    close(fd);
    assert_refused(listener.address, "in use");
    listener_close(&listener);
    listener_close(&listener);
}

static void what_is_no_address_is_named(void **state)
{
    static const char *const bad[] = {
        "127.0.0.1",       ":80",          "127.0.0.1:", "127.0.0.1:x", "a:80",
        "127.0.0.1:65536", "127.0.0.1:-1", "::1:80",     "[::1:80",     "[x]:80"
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_refused(bad[i], "ADDRESS:PORT");
}

// ------------------------------------------------------------ admin socket

struct place {
    char directory[32];
    char path[48];
};

static int make_place(void **state)
{
    static struct place place;
    place = (struct place){ .directory = "/tmp/listener-XXXXXX" };
    if (!mkdtemp(place.directory))
        return -1;
    snprintf(place.path, sizeof place.path, "%s/s", place.directory);
    *state = &place;
    return 0;
}

static int remove_place(void **state)
{
    struct place *place = *state;
    unlink(place->path);
    return rmdir(place->directory);
}

static bool open_admin(const char *path, struct listener *listener,
                       const char *problem_word)
{
    char problem[LISTENER_PROBLEM_MAX] = "";
    if (listener_open_admin(path, listener, problem))
        return true;
    assert_non_null(strstr(problem, problem_word));
    return false;
}

static void only_its_owner_may_use_it(void **state)
{
    struct place *place = *state;
    struct listener listener;
    struct stat found;

    mode_t before = umask(0);
    assert_true(open_admin(place->path, &listener, ""));
    umask(before);
    assert_int_equal(stat(place->path, &found), 0);
    assert_int_equal(found.st_mode & 07777, 0600);
    assert_int_equal(listener.door, DOOR_SOCKET);
    assert_string_equal(listener.address, place->path);
    listener_close(&listener);
    assert_int_not_equal(access(place->path, F_OK), 0);
}

static void one_that_was_left_behind_is_replaced(void **state)
{
    struct place *place = *state;
    struct listener listener;
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memcpy(at.sun_path, place->path, sizeof place->path);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    close(fd);
    assert_true(open_admin(place->path, &listener, ""));
    listener_close(&listener);
}

static void one_that_is_answered_stays(void **state)
{
    struct place *place = *state;
    struct listener listener;
    struct listener other;

    assert_true(open_admin(place->path, &listener, ""));
    assert_false(open_admin(place->path, &other, "another process"));
    assert_int_equal(access(place->path, F_OK), 0);
    listener_close(&listener);
}

static void another_file_stays(void **state)
{
    struct place *place = *state;
    struct listener listener;
    int fd = open(place->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    close(fd);
    assert_false(open_admin(place->path, &listener, "no socket"));
    assert_int_equal(access(place->path, F_OK), 0);
}

static void a_path_has_its_limit(void **state)
{
    struct listener listener;
    char path[109];
    (void)state;

    memset(path, 'a', sizeof path);
    path[108] = '\0';
    assert_false(open_admin(path, &listener, "longer than 107"));
}

static void a_missing_directory_is_told(void **state)
{
    struct listener listener;
    (void)state;
    assert_false(
        open_admin("/tmp/no-such-directory-here/s", &listener, "No such file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_listener_tells_where_it_is),
        cmocka_unit_test(what_is_no_address_is_named),
        cmocka_unit_test_setup_teardown(only_its_owner_may_use_it, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(one_that_was_left_behind_is_replaced,
                                        make_place, remove_place),
        cmocka_unit_test_setup_teardown(one_that_is_answered_stays, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(another_file_stays, make_place,
                                        remove_place),
        cmocka_unit_test(a_path_has_its_limit),
        cmocka_unit_test(a_missing_directory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
