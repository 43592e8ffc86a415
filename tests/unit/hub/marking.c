// SPDX-License-Identifier: MIT

#include "hub/marking.h"

#include "fakes/fake_loop.h"
#include "fakes/fake_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct marking marking;
static size_t durable, done;

static void on_durable(struct marking *which)
{
    assert_ptr_equal(which, &marking);
    durable++;
}

static void on_done(struct marking *which)
{
    assert_ptr_equal(which, &marking);
    done++;
}

static const struct store_key keys[] = { { { 1 } }, { { 2 } } };
static const struct bytes prefixes[] = { { "http://a.example/", 17 },
                                         { "http://b.example/", 17 } };

static int setup(void **state)
{
    (void)state;
    fake_loop();
    marking = (struct marking){
        .store = fake_store(),
        .keys = keys,
        .key_count = 2,
        .prefixes = prefixes,
        .prefix_count = 2,
        .most = 1,
        .durable = on_durable,
        .done = on_done,
    };
    durable = done = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return fake_store_clean() ? 0 : -1;
}

static void find(const char *prefix, size_t count)
{
    static const struct store_topic items[] = {
        { .id = 1, .url_normal = { "http://a.example/x", 18 } },
        { .id = 2, .url_normal = { "http://a.example/y", 18 } },
    };
    struct store_page_topics *op = fake_store_take(STORE_PAGE_TOPICS);
    assert_memory_equal(op->prefix.at, prefix, op->prefix.len);
    op->items = fake_store_give(&op->op, items, count * sizeof *items);
    op->count = count;
    op->end = true;
    fake_store_finish(&op->op, STORE_OK);
}

static void ping(size_t count, size_t known, enum store_status status)
{
    struct store_ping *op = fake_store_take(STORE_PING);
    assert_int_equal(op->count, count);
    op->known = known;
    fake_store_finish(&op->op, status);
}

static void everything_is_marked_in_one_operation(void **state)
{
    (void)state;
    assert_true(marking_begin(&marking));
    find("http://a.example/", 1);
    find("http://b.example/", 0);
    ping(3, 2, STORE_OK);
    assert_int_equal(done, 1);
    assert_int_equal(durable, 1);
    assert_int_equal(marking.end, MARKING_MARKED);
    assert_int_equal(marking.named, 3);
    assert_int_equal(marking.known, 2);
}

static void too_many_mark_nothing(void **state)
{
    (void)state;
    assert_true(marking_begin(&marking));
    find("http://a.example/", 1);
    find("http://b.example/", 2);
    assert_int_equal(done, 1);
    assert_int_equal(durable, 0);
    assert_int_equal(marking.end, MARKING_TOO_MANY);
    assert_int_equal(marking.beyond, 1);
}

static void prefixes_may_be_for_what_nobody_follows(void **state)
{
    struct store_topic items[2] = { { .id = 0 }, { .id = 7 } };
    (void)state;
    marking.otherwise = true;
    marking.prefix_count = 1;
    assert_true(marking_begin(&marking));
    struct store_topics *look = fake_store_take(STORE_TOPICS);
    assert_int_equal(look->count, 2);
    look->items = fake_store_give(&look->op, items, sizeof items);
    fake_store_finish(&look->op, STORE_OK);
    ping(2, 1, STORE_OK);
    assert_int_equal(done, 1);

    items[1].unfollowed_at = 5;
    assert_true(marking_begin(&marking));
    look = fake_store_take(STORE_TOPICS);
    look->items = fake_store_give(&look->op, items, sizeof items);
    fake_store_finish(&look->op, STORE_OK);
    find("http://a.example/", 1);
    ping(3, 1, STORE_OK);
    assert_int_equal(done, 2);
}

static void nothing_found_is_written_too(void **state)
{
    (void)state;
    marking.key_count = 0;
    assert_true(marking_begin(&marking));
    find("http://a.example/", 0);
    find("http://b.example/", 0);
    ping(1, 0, STORE_OK);
    assert_int_equal(marking.end, MARKING_MARKED);
    assert_int_equal(marking.named, 0);
}

static void what_the_store_cannot_do_is_told(void **state)
{
    (void)state;
    marking.prefix_count = 0;
    assert_true(marking_begin(&marking));
    ping(2, 0, STORE_FULL);
    assert_int_equal(done, 1);
    assert_int_equal(durable, 0);
    assert_int_equal(marking.end, MARKING_FAILED);
    assert_int_equal(marking.status, STORE_FULL);

    marking.otherwise = true;
    assert_true(marking_begin(&marking));
    struct store_topics *look = fake_store_take(STORE_TOPICS);
    fake_store_finish(&look->op, STORE_AGAIN);
    assert_int_equal(marking.status, STORE_AGAIN);

    marking.otherwise = false;
    marking.prefix_count = 1;
    assert_true(marking_begin(&marking));
    struct store_page_topics *op = fake_store_take(STORE_PAGE_TOPICS);
    fake_store_finish(&op->op, STORE_CORRUPT);
    assert_int_equal(done, 3);
    assert_int_equal(marking.status, STORE_CORRUPT);
}

#define MARKED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MARKED(everything_is_marked_in_one_operation),
        MARKED(too_many_mark_nothing),
        MARKED(prefixes_may_be_for_what_nobody_follows),
        MARKED(nothing_found_is_written_too),
        MARKED(what_the_store_cannot_do_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
