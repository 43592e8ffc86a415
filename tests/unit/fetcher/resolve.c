// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fetcher/resolve.h"
#include "names.h"

#include <uv.h>

struct wait {
    struct resolve_waiter waiter;
    bool done;
    size_t count;
    struct address first;
};

static uv_loop_t loop;
static struct resolve *resolve;
static struct names *names;

static struct name_record records[] = {
    { .name = "one.test", .addresses = { "192.0.2.1" }, .ttl = 60 },
    { .name = "brief.test", .addresses = { "192.0.2.2" }, .ttl = 1 },
    { .name = "long.test", .addresses = { "192.0.2.3" }, .ttl = 86400 },
    { .name = "dead.test", .silent = true },
    { .name = "a.crowd.test", .silent = true },
    { .name = "b.crowd.test", .silent = true },
    { .name = "c.crowd.test", .silent = true },
    { .name = "d.crowd.test", .silent = true },
    { .name = "e.crowd.test", .addresses = { "192.0.2.4" }, .ttl = 60 },
    { .name = "empty.test", .ttl = 60 },
};
enum { ONE, BRIEF, LONG, DEAD, CROWD_A, CROWD_E = 8 };

static int64_t now(void)
{
    return (int64_t)(uv_hrtime() / 1000000);
}

static void on_done(struct resolve_waiter *waiter,
                    const struct resolve_answer *answer)
{
    struct wait *wait = (struct wait *)waiter;
    assert_false(wait->done);
    wait->done = true;
    wait->count = answer->count;
    wait->first = answer->addresses[0];
}

static void ask(struct wait *wait, const char *name)
{
    *wait = (struct wait){ .waiter.done = on_done };
    assert_true(resolve_ask(resolve, name, now(), &wait->waiter));
    assert_false(wait->done);
}

// Right before the loop waits, as the engine does: not after it, since a timer
// whose time passed before that would be run, and waited for no more.
static void turn(uv_prepare_t *before_wait)
{
    const struct wait *wait = before_wait->data;
    resolve_step(resolve, now());
    if (wait->done)
        uv_stop(&loop);
}

static void await(struct wait *wait)
{
    uv_prepare_t before_wait;
    before_wait.data = wait;
    uv_prepare_init(&loop, &before_wait);
    uv_prepare_start(&before_wait, turn);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&before_wait, NULL);
    uv_run(&loop, UV_RUN_NOWAIT);
}

static int set_up(void **state)
{
    const char *problem;
    (void)state;
    for (size_t i = 0; i < sizeof records / sizeof *records; i++)
        records[i].asked = 0;
    names = names_open(records, sizeof records / sizeof *records);
    uv_loop_init(&loop);
    resolve = resolve_open(&loop, names->server, &problem);
    return resolve ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    resolve_close(resolve);
    uv_run(&loop, UV_RUN_DEFAULT);
    names_close(names);
    return uv_loop_close(&loop);
}

static void a_name_gives_its_address(void **state)
{
    (void)state;
    struct wait wait;
    struct sockaddr_storage to;
    ask(&wait, "one.test");
    await(&wait);
    assert_int_equal(wait.count, 1);
    char text[ADDRESS_TEXT_MAX];
    address_text(&wait.first, text);
    assert_string_equal(text, "192.0.2.1");
    assert_int_equal(address_to_socket(&wait.first, 80, &to),
                     sizeof(struct sockaddr_in));
}

static void the_hosts_file_is_honoured(void **state)
{
    (void)state;
    struct wait wait;
    ask(&wait, "localhost");
    await(&wait);
    assert_true(wait.count > 0);
    assert_int_equal(names_asked(names, ONE), 0);
}

static void equal_questions_are_asked_once(void **state)
{
    (void)state;
    struct wait waits[5];
    for (size_t i = 0; i < 5; i++)
        ask(&waits[i], "one.test");
    for (size_t i = 0; i < 5; i++)
        await(&waits[i]);
    assert_int_equal(names_asked(names, ONE), 1);
    assert_int_equal(resolve_lookups(resolve), 1);
}

static void an_answer_is_known_for_its_ttl_within_bounds(void **state)
{
    static const struct {
        const char *name;
        int64_t least_ms, most_ms;
    } cases[] = { { "one.test", 60000, 60000 },
                  { "brief.test", 5000, 5000 },
                  { "long.test", 300000, 300000 },
                  { "nowhere.test", 10000, 60000 },
                  { "empty.test", 10000, 60000 } };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wait wait;
        struct resolve_answer answer;
        int64_t before = now();
        assert_false(resolve_known(resolve, cases[i].name, before, &answer));
        ask(&wait, cases[i].name);
        await(&wait);
        int64_t after = now();
        assert_true(resolve_known(resolve, cases[i].name, after, &answer));
        assert_int_equal(answer.count, wait.count);
        assert_true(resolve_known(resolve, cases[i].name,
                                  before + cases[i].least_ms - 1, &answer));
        assert_false(resolve_known(resolve, cases[i].name,
                                   after + cases[i].most_ms + 1, &answer));
    }
}

static void what_has_run_out_is_asked_again(void **state)
{
    (void)state;
    struct wait wait;
    ask(&wait, "brief.test");
    await(&wait);
    ask(&wait, "brief.test");
    await(&wait);
    assert_int_equal(wait.count, 1);
    assert_int_equal(names_asked(names, BRIEF), 2);
}

static void a_silent_server_fails_in_time_and_stalls_nobody(void **state)
{
    (void)state;
    struct wait dead, one;
    int64_t before = now();
    ask(&dead, "dead.test");
    ask(&one, "one.test");
    await(&one);
    assert_false(dead.done);
    await(&dead);
    assert_int_equal(dead.count, 0);
    assert_true(now() - before >= RESOLVE_ANSWER_MS - 10);
    struct resolve_answer answer;
    assert_true(resolve_known(resolve, "dead.test", now(), &answer));
    assert_int_equal(answer.count, 0);
}

static void one_domain_gets_so_many_questions_at_once(void **state)
{
    (void)state;
    struct wait crowd[5], one;
    static const char *const members[] = { "a.crowd.test", "b.crowd.test",
                                           "c.crowd.test", "d.crowd.test",
                                           "e.crowd.test" };
    for (size_t i = 0; i < 5; i++)
        ask(&crowd[i], members[i]);
    ask(&one, "one.test");
    await(&one);
    assert_int_equal(names_asked(names, CROWD_E), 0);
    for (size_t i = 0; i < 5; i++)
        await(&crowd[i]);
    assert_int_equal(crowd[0].count, 0);
    assert_int_equal(crowd[4].count, 1);
}

static void closing_leaves_questions_unanswered(void **state)
{
    (void)state;
    static struct wait wait;
    ask(&wait, "dead.test");
    resolve_step(resolve, now());
    assert_false(wait.done);
}

static void a_server_that_is_no_address_is_refused(void **state)
{
    (void)state;
    const char *problem = NULL;
    assert_null(resolve_open(&loop, "not an address", &problem));
    assert_non_null(problem);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_name_gives_its_address),
        TEST(the_hosts_file_is_honoured),
        TEST(equal_questions_are_asked_once),
        TEST(an_answer_is_known_for_its_ttl_within_bounds),
        TEST(what_has_run_out_is_asked_again),
        TEST(a_silent_server_fails_in_time_and_stalls_nobody),
        TEST(one_domain_gets_so_many_questions_at_once),
        TEST(closing_leaves_questions_unanswered),
        TEST(a_server_that_is_no_address_is_refused),
    };
    return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}
