// SPDX-License-Identifier: MIT

#include "hub/inbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>

static size_t woken;

static void wake(void *context)
{
    ++*(size_t *)context;
}

static struct inbox *empty(void)
{
    woken = 0;
    struct inbox *inbox = inbox_new(wake, &woken);
    assert_non_null(inbox);
    return inbox;
}

static void what_was_put_comes_out_in_that_order(void **state)
{
    (void)state;
    struct inbox *inbox = empty();
    struct request requests[3] = { { .method = REQUEST_GET } };
    assert_null(inbox_take(inbox));
    for (size_t i = 0; i < 3; i++)
        inbox_put(inbox, &requests[i]);
    struct request *list = inbox_take(inbox);
    for (size_t i = 0; i < 3; i++, list = list->link)
        assert_ptr_equal(list, &requests[i]);
    assert_null(list);
    assert_null(inbox_take(inbox));
    inbox_free(inbox);
}

static void only_the_first_request_wakes(void **state)
{
    (void)state;
    struct inbox *inbox = empty();
    struct request requests[3] = { { .method = REQUEST_GET } };
    inbox_put(inbox, &requests[0]);
    inbox_put(inbox, &requests[1]);
    assert_int_equal(woken, 1);
    inbox_take(inbox);
    inbox_put(inbox, &requests[2]);
    assert_int_equal(woken, 2);
    inbox_take(inbox);
    inbox_free(inbox);
}

enum { FILLERS = 4, EACH = 2000 };

struct filler {
    struct inbox *inbox;
    struct request requests[EACH];
};

static void quiet(void *context)
{
    (void)context;
}

static void *fill(void *context)
{
    struct filler *filler = context;
    for (size_t i = 0; i < EACH; i++)
        inbox_put(filler->inbox, &filler->requests[i]);
    return NULL;
}

static void nothing_is_lost_between_threads(void **state)
{
    (void)state;
    static struct filler fillers[FILLERS];
    pthread_t threads[FILLERS];
    struct inbox *inbox = inbox_new(quiet, NULL);
    size_t next[FILLERS] = { 0 }, taken = 0;
    assert_non_null(inbox);
    for (size_t i = 0; i < FILLERS; i++) {
        fillers[i].inbox = inbox;
        assert_int_equal(pthread_create(&threads[i], NULL, fill, &fillers[i]),
                         0);
    }
    while (taken < (size_t)FILLERS * EACH) {
        struct request *list = inbox_take(inbox);
        for (; list; list = list->link, taken++) {
            // Each filler's own come in their order.
            size_t whose = 0;
            while (list < fillers[whose].requests
                   || list >= fillers[whose].requests + EACH)
                whose++;
            assert_ptr_equal(list, &fillers[whose].requests[next[whose]++]);
        }
    }
    for (size_t i = 0; i < FILLERS; i++)
        pthread_join(threads[i], NULL);
    assert_null(inbox_take(inbox));
    inbox_free(inbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_comes_out_in_that_order),
        cmocka_unit_test(only_the_first_request_wakes),
        cmocka_unit_test(nothing_is_lost_between_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
