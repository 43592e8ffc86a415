// SPDX-License-Identifier: MIT

#include "hub/live.h"

#include "hub/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    struct config config;
    struct live *live;
    char problem[LIVE_PROBLEM];
    unsigned told;
    int64_t seen; // lease-max when it was told
};

static void on_changed(void *context)
{
    struct fixture *fixture = context;
    fixture->told++;
    fixture->seen = fixture->config.lease_max;
}

static void read_flags(struct config *config, const char *one,
                       const char *other)
{
    char problem[256];
    char first[64], second[64], name[] = "websubd";
    char *arguments[] = { name, first, second };
    snprintf(first, sizeof first, "%s", one);
    snprintf(second, sizeof second, "%s", other);
    assert_int_equal(config_read(3, arguments, config, problem), CONFIG_RUN);
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    read_flags(&fixture->config, "--max-topics=7", "--lease-max=20d");
    fixture->live = live_new(&fixture->config);
    assert_non_null(fixture->live);
    live_listen(fixture->live, on_changed, fixture);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    live_free(fixture->live);
    config_clear(&fixture->config);
    free(fixture);
    return 0;
}

static size_t row(const char *name)
{
    size_t count;
    const struct option *option = option_find(name, strlen(name));
    assert_non_null(option);
    return (size_t)(option - option_table(&count));
}

static bool reload(struct fixture *fixture, const char *one, const char *other,
                   struct live_change changes[8], size_t *count)
{
    struct config fresh;
    read_flags(&fresh, one, other);
    return live_reload(fixture->live, &fresh, changes, 8, count,
                       fixture->problem);
}

// ------------------------------------------------------------------ quotas

static void what_is_stored_outdoes_the_configuration(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(live_from(fixture->live, row("max-topics")),
                     LIVE_CONFIGURATION);
    assert_true(live_store(fixture->live, "max-topics", "9", fixture->problem));
    assert_int_equal(fixture->config.max_topics, 9);
    assert_int_equal(live_from(fixture->live, row("max-topics")), LIVE_STORE);
    assert_int_equal(fixture->told, 1);
}

static void without_it_the_configuration_counts_again(void **state)
{
    struct fixture *fixture = *state;
    live_store(fixture->live, "max-topics", "9", fixture->problem);
    live_store(fixture->live, "pulls", "5", fixture->problem);
    assert_true(
        live_store(fixture->live, "max-topics", NULL, fixture->problem));
    assert_true(live_store(fixture->live, "pulls", NULL, fixture->problem));
    assert_int_equal(fixture->config.max_topics, 7);
    assert_int_equal(live_from(fixture->live, row("pulls")), LIVE_DEFAULT);
}

static void a_value_that_is_none_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    static const char *const bad[] = { "",   "0",    "many",
                                       "-1", "1KiB", "99999999999999999999" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(
            live_check(fixture->live, "max-topics", bad[i], fixture->problem));
        assert_false(
            live_store(fixture->live, "max-topics", bad[i], fixture->problem));
        assert_string_equal(fixture->problem,
                            "max-topics must be a number from 1 to "
                            "1000000000");
    }
    assert_int_equal(fixture->config.max_topics, 7);
    assert_int_equal(fixture->told, 0);
}

static void what_does_not_fit_with_others_is_refused(void **state)
{
    struct fixture *fixture = *state;
    assert_false(live_store(fixture->live, "pulls", "20000", fixture->problem));
    assert_string_equal(fixture->problem,
                        "pulls must not be more than connections");
    assert_int_equal(fixture->config.pulls, 12288);
}

static void what_is_no_quota_is_refused(void **state)
{
    struct fixture *fixture = *state;
    assert_false(
        live_store(fixture->live, "lease-max", "9d", fixture->problem));
    assert_false(live_check(fixture->live, "data", "x", fixture->problem));
    assert_false(live_check(fixture->live, "no-such", "1", fixture->problem));
    assert_string_equal(fixture->problem, "there is no quota \"no-such\"");
}

static void checking_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    assert_true(live_check(fixture->live, "max-topics", "9", fixture->problem));
    assert_int_equal(fixture->config.max_topics, 7);
    assert_int_equal(fixture->told, 0);
}

// ------------------------------------------------------------------ reload

static void a_reload_changes_what_can_and_names_the_rest(void **state)
{
    struct fixture *fixture = *state;
    struct live_change changes[8];
    size_t count;
    assert_true(
        reload(fixture, "--lease-max=15d", "--map-size=1GiB", changes, &count));
    assert_int_equal(count, 3); // max-topics is back at its default
    assert_string_equal(changes[0].option->name, "lease-max");
    assert_false(changes[0].restart);
    assert_string_equal(changes[1].option->name, "max-topics");
    assert_false(changes[1].restart);
    assert_string_equal(changes[2].option->name, "map-size");
    assert_true(changes[2].restart);
    assert_int_equal(fixture->config.max_topics, 1000000);
    assert_int_equal(fixture->config.map_size, INT64_C(64) << 30);
    assert_int_equal(live_from(fixture->live, row("max-topics")), LIVE_DEFAULT);
}

static void who_listens_is_told_once_and_sees_the_new(void **state)
{
    struct fixture *fixture = *state;
    struct live_change changes[8];
    size_t count;
    assert_true(
        reload(fixture, "--lease-max=15d", "--drain=1s", changes, &count));
    assert_int_equal(fixture->told, 1);
    assert_int_equal(fixture->seen, INT64_C(15) * 24 * 3600 * 1000);
}

static void a_reload_of_the_same_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct live_change changes[8];
    size_t count;
    assert_true(
        reload(fixture, "--max-topics=7", "--lease-max=20d", changes, &count));
    assert_int_equal(count, 0);
    assert_int_equal(fixture->told, 0);
}

static void what_needs_a_restart_is_named_until_then(void **state)
{
    struct fixture *fixture = *state;
    struct live_change changes[8];
    size_t count;
    for (int i = 0; i < 2; i++) {
        reload(fixture, "--max-topics=7", "--map-size=1GiB", changes, &count);
        assert_true(count > 0);
        assert_string_equal(changes[count - 1].option->name, "map-size");
    }
}

static void what_is_stored_survives_a_reload(void **state)
{
    struct fixture *fixture = *state;
    struct live_change changes[8];
    size_t count;
    live_store(fixture->live, "max-topics", "9", fixture->problem);
    assert_true(
        reload(fixture, "--max-topics=8", "--lease-max=20d", changes, &count));
    assert_int_equal(fixture->config.max_topics, 9);
    live_store(fixture->live, "max-topics", NULL, fixture->problem);
    assert_int_equal(fixture->config.max_topics, 8);
}

static void what_follows_from_what_needs_a_restart_waits_with_it(void **state)
{
    struct fixture *fixture = *state;
    struct live_change changes[8];
    size_t count;
    // Three quarters of the connections, if nobody says how many.
    assert_true(reload(fixture, "--max-topics=7", "--connections=4000", changes,
                       &count));
    assert_string_equal(changes[count - 1].option->name, "connections");
    assert_int_equal(fixture->config.pulls, 12288);
    assert_true(
        reload(fixture, "--connections=4000", "--pulls=99", changes, &count));
    assert_int_equal(fixture->config.pulls, 99);
}

static void what_follows_from_a_list_changes_with_it(void **state)
{
    struct fixture *fixture = *state;
    struct live_change changes[8];
    size_t count;
    assert_true(reload(fixture, "--allow-address=10.0.0.0/8",
                       "--allow-topic-address=192.168.0.0/16", changes,
                       &count));
    assert_true(count >= 3);
    for (size_t i = 0; i < count; i++)
        assert_false(changes[i].restart);
    assert_int_equal(fixture->config.allow_topic_address.count, 2);
    assert_int_equal(fixture->config.allow_callback_address.count, 1);
    assert_true(
        reload(fixture, "--max-topics=7", "--drain=1s", changes, &count));
    assert_int_equal(fixture->config.allow_topic_address.count, 0);
    assert_int_equal(fixture->config.allow_callback_address.count, 0);
}

static void lists_are_replaced_as_a_whole(void **state)
{
    struct fixture *fixture = *state;
    struct live_change changes[8];
    size_t count;
    reload(fixture, "--deny-topic=a.example", "--deny-topic=b.example", changes,
           &count);
    assert_int_equal(fixture->config.deny_topic.count, 2);
    assert_string_equal(fixture->config.deny_topic.items[1], "b.example");
    reload(fixture, "--deny-topic=c.example", "--moved-to=http://h.example/",
           changes, &count);
    assert_int_equal(fixture->config.deny_topic.count, 1);
    assert_string_equal(fixture->config.deny_topic.items[0], "c.example");
    assert_string_equal(fixture->config.moved_to, "http://h.example/");
}

int main(void)
{
#define TEST(name_) cmocka_unit_test_setup_teardown(name_, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_is_stored_outdoes_the_configuration),
        TEST(without_it_the_configuration_counts_again),
        TEST(a_value_that_is_none_changes_nothing),
        TEST(what_does_not_fit_with_others_is_refused),
        TEST(what_is_no_quota_is_refused),
        TEST(checking_changes_nothing),
        TEST(a_reload_changes_what_can_and_names_the_rest),
        TEST(who_listens_is_told_once_and_sees_the_new),
        TEST(a_reload_of_the_same_changes_nothing),
        TEST(what_needs_a_restart_is_named_until_then),
        TEST(what_is_stored_survives_a_reload),
        TEST(what_follows_from_what_needs_a_restart_waits_with_it),
        TEST(what_follows_from_a_list_changes_with_it),
        TEST(lists_are_replaced_as_a_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
