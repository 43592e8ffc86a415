// SPDX-License-Identifier: MIT

#include "hub/desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int setup(void **state)
{
    *state = desks_new();
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    desks_free(*state);
    return 0;
}

static struct desk *open_desk(struct desks *desks, uint64_t id, uint64_t owner,
                              const char *name)
{
    struct store_mailbox mailbox = {
        .id = id, .owner = owner, .name = { name, strlen(name) }, .rev = 1
    };
    struct desk *desk = desks_open(desks, &mailbox);
    assert_non_null(desk);
    return desk;
}

static void listen(struct desk *desk, uint32_t rev, const uint64_t topics[],
                   size_t count)
{
    struct store_mailbox mailbox = { .rev = rev };
    struct store_listen listens[8] = { { .sid = 0 } };
    for (size_t i = 0; i < count; i++)
        listens[i].topic = topics[i];
    assert_true(desk_update(desk, &mailbox, listens, count));
}

static void count_desk(void *context, struct desk *desk)
{
    (void)desk;
    ++*(size_t *)context;
}

static size_t of_topic(struct desks *desks, uint64_t topic)
{
    size_t count = 0;
    desks_of_topic(desks, topic, "https://a.example/b", count_desk, &count);
    return count;
}

static void M20_one_name_of_two_owners_is_two_mailboxes(void **state)
{
    struct desks *desks = *state;
    struct desk *one = open_desk(desks, 1, 10, "a");
    struct desk *two = open_desk(desks, 2, 20, "a");
    assert_ptr_equal(desks_find_name(desks, 10, "a"), one);
    assert_ptr_equal(desks_find_name(desks, 20, "a"), two);
    assert_null(desks_find_name(desks, 30, "a"));
    assert_null(desks_find_name(desks, 10, "b"));
    assert_ptr_equal(desks_find(desks, 2), two);
    assert_null(desks_find(desks, 3));
}

static void who_listens_to_a_topic_is_found(void **state)
{
    struct desks *desks = *state;
    const uint64_t both[] = { 7, 8 }, all[] = { 0 };
    listen(open_desk(desks, 1, 10, "a"), 1, both, 2);
    listen(open_desk(desks, 2, 10, "b"), 1, both, 1);
    assert_int_equal(of_topic(desks, 7), 2);
    assert_int_equal(of_topic(desks, 8), 1);
    assert_int_equal(of_topic(desks, 9), 0);
    listen(open_desk(desks, 3, 10, "c"), 1, all, 1);
    assert_int_equal(of_topic(desks, 9), 1);
}

static void who_listens_to_a_prefix_is_found(void **state)
{
    static const char *const prefixes[] = { "https://a.example/",
                                            "https://a.example/c", "" };
    struct desks *desks = *state;
    for (size_t i = 0; i < 3; i++) {
        struct store_listen listens[] = {
            { .topic = 7 },
            { .normal = { prefixes[i], strlen(prefixes[i]) } },
        };
        struct store_mailbox mailbox = { .rev = 1 };
        char name[] = { (char)('a' + i), '\0' };
        assert_true(desk_update(open_desk(desks, i + 1, 10, name), &mailbox,
                                listens, 2));
        mailbox.rev++;
        assert_true(
            desk_update(desks_find(desks, i + 1), &mailbox, listens + 1, 1));
    }
    assert_int_equal(of_topic(desks, 9), 2);
}

static void R11_what_it_listens_to_follows_its_rev(void **state)
{
    struct desks *desks = *state;
    const uint64_t old[] = { 7 }, new[] = { 8 };
    struct desk *desk = open_desk(desks, 1, 10, "a");
    listen(desk, 1, old, 1);
    listen(desk, 1, new, 1);
    assert_int_equal(of_topic(desks, 7), 1);
    listen(desk, 2, new, 1);
    assert_int_equal(of_topic(desks, 7), 0);
    assert_int_equal(of_topic(desks, 8), 1);
    listen(desk, 3, NULL, 0);
    assert_int_equal(of_topic(desks, 8), 0);
}

static void an_ended_one_is_found_no_more(void **state)
{
    struct desks *desks = *state;
    const uint64_t topics[] = { 7, 0 };
    struct desk_reader reader;
    struct desk *desk = open_desk(desks, 1, 10, "a");
    listen(desk, 1, topics, 2);
    desk_add(desk, &reader);
    desk_end(desk);
    assert_null(desks_find(desks, 1));
    assert_null(desks_find_name(desks, 10, "a"));
    assert_int_equal(of_topic(desks, 7), 0);
    struct desk *again = open_desk(desks, 2, 10, "a");
    assert_ptr_equal(desks_find_name(desks, 10, "a"), again);
    assert_int_equal(desks_count(desks), 2);
    desk_remove(desk, &reader);
    assert_int_equal(desks_count(desks), 1);
}

static void readers_stand_in_the_order_of_their_coming(void **state)
{
    struct desk_reader readers[3];
    struct desk *desk = open_desk(*state, 1, 10, "a");
    for (size_t i = 0; i < 3; i++)
        desk_add(desk, &readers[i]);
    assert_ptr_equal(desk->readers, &readers[0]);
    assert_ptr_equal(readers[0].next, &readers[1]);
    desk_remove(desk, &readers[2]);
    desk_add(desk, &readers[2]);
    desk_remove(desk, &readers[1]);
    assert_ptr_equal(readers[0].next, &readers[2]);
    assert_null(readers[2].next);
    desk_remove(desk, &readers[0]);
    desk_remove(desk, &readers[2]);
    assert_null(desk->readers);
    assert_int_equal(desk->reader_count, 0);
}

static void its_definition_is_what_the_store_told_last(void **state)
{
    struct desk *desk = open_desk(*state, 1, 10, "a");
    struct store_mailbox mailbox = {
        .rev = 1, .ack = STORE_ACK_EXPLICIT, .inactivity = 45000, .leased = 3
    };
    assert_true(desk_update(desk, &mailbox, NULL, 0));
    assert_int_equal(desk->ack, STORE_ACK_EXPLICIT);
    assert_int_equal(desk->inactivity, 45000);
    assert_int_equal(desk->leased, 3);
}

static void many_are_found_as_well(void **state)
{
    enum { MANY = 3000 };
    struct desks *desks = *state;
    for (uint64_t i = 1; i <= MANY; i++) {
        const uint64_t topics[] = { i, 1000000 };
        char name[32];
        (void)snprintf(name, sizeof name, "m%u", (unsigned)i);
        listen(open_desk(desks, i, i % 7, name), 1, topics, 2);
    }
    for (uint64_t i = 1; i <= MANY; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "m%u", (unsigned)i);
        assert_int_equal(desks_find_name(desks, i % 7, name)->id, i);
        assert_int_equal(desks_find(desks, i)->id, i);
        assert_int_equal(of_topic(desks, i), 1);
    }
    assert_int_equal(of_topic(desks, 1000000), MANY);
    for (uint64_t i = 1; i <= MANY; i += 2)
        desk_close(desks_find(desks, i));
    assert_int_equal(of_topic(desks, 1000000), MANY / 2);
    assert_int_equal(desks_count(desks), MANY / 2);
}

static void close_odd(void *context, struct desk *desk)
{
    ++*(size_t *)context;
    if (desk->id % 2)
        desk_close(desk);
}

static void who_is_called_with_one_may_close_it(void **state)
{
    size_t count = 0;
    open_desk(*state, 1, 10, "a");
    open_desk(*state, 2, 10, "b");
    open_desk(*state, 3, 10, "c");
    desks_each(*state, close_odd, &count);
    assert_int_equal(count, 3);
    assert_int_equal(desks_count(*state), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(M20_one_name_of_two_owners_is_two_mailboxes),
        TEST(who_listens_to_a_topic_is_found),
        TEST(who_listens_to_a_prefix_is_found),
        TEST(R11_what_it_listens_to_follows_its_rev),
        TEST(an_ended_one_is_found_no_more),
        TEST(readers_stand_in_the_order_of_their_coming),
        TEST(its_definition_is_what_the_store_told_last),
        TEST(many_are_found_as_well),
        TEST(who_is_called_with_one_may_close_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
