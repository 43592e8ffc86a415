// SPDX-License-Identifier: MIT

#include "hub/reach.h"

#include "fakes/fake_loop.h"
#include "fakes/fake_store.h"
#include "fetcher/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct reach reach;
static size_t done;

static void on_done(struct reach *which)
{
    assert_ptr_equal(which, &reach);
    done++;
}

static int setup(void **state)
{
    (void)state;
    fake_loop();
    memset(&reach, 0, sizeof reach);
    reach.store = fake_store();
    reach.prefix = (struct bytes){ "http://a.example/", 17 };
    reach.most = 3;
    reach.done = on_done;
    done = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return fake_store_clean() ? 0 : -1;
}

// A page of topics from number `first` on; `followed` of them, in front.
static void page(uint64_t after, uint64_t first, size_t count, size_t followed,
                 bool end)
{
    static char urls[REACH_PAGE][40];
    static struct store_topic items[REACH_PAGE];
    struct store_page_topics *op = fake_store_take(STORE_PAGE_TOPICS);
    assert_true(op->after == after);
    assert_int_equal(op->max, REACH_PAGE);
    assert_memory_equal(op->prefix.at, "http://a.example/", 17);
    memset(items, 0, sizeof items);
    for (size_t i = 0; i < count; i++) {
        int len = snprintf(urls[i], sizeof urls[i], "http://a.example/%llu",
                           (unsigned long long)(first + i));
        items[i].id = first + i;
        items[i].unfollowed_at = i < followed ? 0 : 1;
        items[i].url_normal = (struct bytes){ urls[i], (size_t)len };
    }
    op->items = fake_store_give(&op->op, items, count * sizeof *items);
    op->count = count;
    op->end = end;
    fake_store_finish(&op->op, STORE_OK);
}

static void followed_topics_are_found_page_by_page(void **state)
{
    struct url url;
    uint8_t key[32];
    (void)state;
    reach_begin(&reach);
    assert_int_equal(done, 0);
    page(0, 5, 10, 2, false);
    assert_int_equal(done, 0);
    page(14, 20, 1, 1, true);
    assert_int_equal(done, 1);
    assert_int_equal(reach.status, STORE_OK);
    assert_int_equal(reach.count, 3);
    assert_false(reach.beyond);
    assert_null(url_read("http://a.example/20", 19, &url));
    url_key(&url, key);
    assert_memory_equal(reach.keys[2].bytes, key, sizeof key);
}

static void more_than_the_most_end_the_search(void **state)
{
    (void)state;
    reach_begin(&reach);
    page(0, 1, 4, 4, false);
    assert_int_equal(done, 1);
    assert_true(reach.beyond);
}

static void what_nobody_follows_is_not_looked_through_for_ever(void **state)
{
    (void)state;
    reach_begin(&reach);
    reach.most = REACH_MOST;
    for (uint64_t i = 0; i < 8; i++)
        page(i * REACH_PAGE, i * REACH_PAGE + 1, REACH_PAGE, 0, false);
    assert_int_equal(done, 1);
    assert_true(reach.beyond);
    assert_int_equal(reach.count, 0);
}

static void an_empty_page_is_the_end(void **state)
{
    (void)state;
    reach_begin(&reach);
    page(0, 1, 0, 0, false);
    assert_int_equal(done, 1);
    assert_false(reach.beyond);
}

static void what_the_store_cannot_do_is_told(void **state)
{
    (void)state;
    reach_begin(&reach);
    struct store_page_topics *op = fake_store_take(STORE_PAGE_TOPICS);
    fake_store_finish(&op->op, STORE_CORRUPT);
    assert_int_equal(done, 1);
    assert_int_equal(reach.status, STORE_CORRUPT);
}

#define REACHED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        REACHED(followed_topics_are_found_page_by_page),
        REACHED(more_than_the_most_end_the_search),
        REACHED(what_nobody_follows_is_not_looked_through_for_ever),
        REACHED(an_empty_page_is_the_end),
        REACHED(what_the_store_cannot_do_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
