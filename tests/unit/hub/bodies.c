// SPDX-License-Identifier: MIT

#include "hub/bodies.h"

#include "fakes/fake_loop.h"
#include "fakes/fake_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

enum { TOPIC = 7, WAITS = 3 };

struct asker {
    struct body_wait wait; // first: an asker is found by it
    struct body *body;
    size_t told;
};

static struct bodies *bodies;
static struct asker askers[WAITS];

static void ready(struct body_wait *wait, struct body *body)
{
    struct asker *asker = (struct asker *)wait;
    asker->body = body;
    asker->told++;
}

static int setup(void **state)
{
    (void)state;
    memset(askers, 0, sizeof askers);
    fake_loop();
    bodies = bodies_new(fake_store());
    return bodies ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    bodies_free(bodies);
    return fake_store_clean() ? 0 : -1;
}

static void ask(struct asker *asker, uint64_t seq, enum store_body which)
{
    struct store_read_body what = { .topic = TOPIC,
                                    .seq = seq,
                                    .which = which };
    asker->wait.ready = ready;
    asker->told = 0;
    assert_true(bodies_get(bodies, &what, &asker->wait));
}

static void give(enum store_status status)
{
    struct store_read_body *op = fake_store_take(STORE_READ_BODY);
    assert_int_equal(op->topic, TOPIC);
    if (status == STORE_OK)
        op->body = (struct bytes){ fake_store_give(&op->op, "<feed/>", 8), 7 };
    fake_store_finish(&op->op, status);
}

static void each_is_read_once_and_held_by_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++)
        ask(&askers[i], 4, STORE_WHOLE);
    assert_int_equal(fake_store_waiting(STORE_READ_BODY), 1);
    give(STORE_OK);
    ask(&askers[2], 4, STORE_WHOLE);
    assert_int_equal(fake_store_waiting(STORE_READ_BODY), 0);
    for (size_t i = 0; i < WAITS; i++) {
        assert_int_equal(askers[i].told, 1);
        assert_ptr_equal(askers[i].body, askers[0].body);
    }
    for (size_t i = 0; i < WAITS; i++) {
        assert_string_equal(askers[2].body->read.body.at, "<feed/>");
        body_drop(askers[i].body);
    }
    // Nobody held it: it is read anew.
    ask(&askers[0], 4, STORE_WHOLE);
    give(STORE_OK);
    body_drop(askers[0].body);
}

static void another_version_is_another_body(void **state)
{
    (void)state;
    ask(&askers[0], 4, STORE_WHOLE);
    ask(&askers[1], 5, STORE_WHOLE);
    ask(&askers[2], 5, STORE_DELTA);
    for (size_t i = 0; i < WAITS; i++)
        give(STORE_OK);
    for (size_t i = 0; i < WAITS; i++) {
        assert_ptr_not_equal(askers[i].body, askers[(i + 1) % WAITS].body);
        body_drop(askers[i].body);
        askers[i].body = NULL;
    }
}

static void one_that_could_not_be_read_is_asked_for_again(void **state)
{
    (void)state;
    ask(&askers[0], 4, STORE_WHOLE);
    give(STORE_NOT_FOUND);
    assert_int_equal(askers[0].body->read.op.status, STORE_NOT_FOUND);
    ask(&askers[1], 4, STORE_WHOLE);
    give(STORE_OK);
    assert_int_equal(askers[1].body->read.op.status, STORE_OK);
    body_drop(askers[0].body);
    body_drop(askers[1].body);
}

#define BODIES(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BODIES(each_is_read_once_and_held_by_all),
        BODIES(another_version_is_another_body),
        BODIES(one_that_could_not_be_read_is_asked_for_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
