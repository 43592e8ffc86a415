// SPDX-License-Identifier: MIT

#include "hub/publish.h"

#include "fakes/fake_loop.h"
#include "fakes/fake_request.h"
#include "fakes/fake_store.h"
#include "hub/intent.h"
#include "hub/metrics.h"
#include "hub/services.h"

struct rig {
    struct metrics metrics;
    struct services services;
    struct fake_request request;
    size_t pinged;
};

static struct rig rig;

static void on_pinged(void *context)
{
    assert_ptr_equal(context, &rig);
    rig.pinged++;
}

static int setup(void **state)
{
    (void)state;
    memset(&rig, 0, sizeof rig);
    rig.services = (struct services){ .store = fake_store(),
                                      .loop = fake_loop(),
                                      .metrics = &rig.metrics };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return fake_store_clean() ? 0 : -1;
}

// A ping of two topics.
static struct store_ping *ping(void)
{
    static const struct request_field field = {
        "Content-Type", "application/x-www-form-urlencoded"
    };
    struct intent intent;
    fake_request_get(&rig.request, "/", "");
    struct request *request = &rig.request.request;
    request->method = REQUEST_POST;
    request->fields = &field;
    request->field_count = 1;
    request->body = "hub.mode=publish&hub.url=http://a.example/"
                    "&hub.url=http://b.example/";
    request->body_len = strlen(request->body);
    assert_true(intent_read(request, &intent));
    publish_accept(&rig.services, request, &intent, on_pinged, &rig);
    return fake_store_take(STORE_PING);
}

static void M5_a_ping_is_durable_before_its_204(void **state)
{
    (void)state;
    struct store_ping *op = ping();
    assert_int_equal(op->count, 2);
    assert_int_equal(rig.request.answers, 0);
    op->op.durable(&op->op);
    assert_int_equal(rig.request.answers, 1);
    assert_int_equal(rig.request.status, 204);
    op->op.durable = NULL; // it was
    op->known = 1;
    fake_store_finish(&op->op, STORE_OK);
    assert_int_equal(rig.request.answers, 1);
    assert_int_equal(rig.pinged, 1);
    assert_int_equal(rig.metrics.counts[METRIC_PINGS], 2);
    assert_int_equal(rig.metrics.counts[METRIC_PINGS_KNOWN], 1);
}

static void R75_a_ping_of_what_nobody_follows_looks_the_same(void **state)
{
    (void)state;
    struct store_ping *op = ping();
    fake_store_finish(&op->op, STORE_OK);
    assert_int_equal(rig.request.status, 204);
    assert_int_equal(rig.pinged, 0);
}

static void a_ping_that_could_not_be_stored_is_to_be_repeated(void **state)
{
    (void)state;
    struct store_ping *op = ping();
    fake_store_finish(&op->op, STORE_FULL);
    assert_int_equal(rig.request.answers, 1);
    assert_int_equal(rig.request.status, 503);
    assert_true(fake_request_has(&rig.request, "Retry-After: 120"));
    assert_int_equal(rig.pinged, 0);
    assert_int_equal(rig.metrics.counts[METRIC_PINGS], 0);
}

#define PINGED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PINGED(M5_a_ping_is_durable_before_its_204),
        PINGED(R75_a_ping_of_what_nobody_follows_looks_the_same),
        PINGED(a_ping_that_could_not_be_stored_is_to_be_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
