// SPDX-License-Identifier: MIT

#include "hub/publish.h"

#include "fakes/fake_loop.h"
#include "fakes/fake_request.h"
#include "fakes/fake_store.h"
#include "hub/intent.h"
#include "hub/metrics.h"
#include "hub/reach.h"
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

static void send(const char *body, bool is_signed)
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
    request->body = body;
    request->body_len = strlen(request->body);
    assert_true(intent_read(request, &intent));
    publish_accept(&rig.services, request, &intent,
                   &(struct publish_order){ .is_signed = is_signed,
                                            .pinged = on_pinged,
                                            .context = &rig });
}

// A ping of two topics.
static struct store_ping *ping(void)
{
    send("hub.mode=publish&hub.url=http://a.example/"
         "&hub.url=http://b.example/",
         false);
    return fake_store_take(STORE_PING);
}

// `count` followed topics come back for the prefix that is looked for.
static void find(size_t count)
{
    static char urls[REACH_PAGE][40];
    static struct store_topic items[REACH_PAGE];
    struct store_page_topics *page = fake_store_take(STORE_PAGE_TOPICS);
    assert_true(count <= REACH_PAGE);
    memset(items, 0, sizeof items);
    for (size_t i = 0; i < count; i++) {
        int len = snprintf(urls[i], sizeof urls[i], "http://a.example/x%zu", i);
        items[i].id = i + 1;
        items[i].url_normal = (struct bytes){ urls[i], (size_t)len };
    }
    page->items = fake_store_give(&page->op, items, count * sizeof *items);
    page->count = count;
    page->end = true;
    fake_store_finish(&page->op, STORE_OK);
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

static void M19_all_topics_of_a_prefix_are_pinged(void **state)
{
    (void)state;
    send("hub.mode=publish&hub.url=http://a.example/x*", false);
    find(10);
    struct store_ping *op = fake_store_take(STORE_PING);
    assert_int_equal(op->count, 10);
    op->known = 10;
    fake_store_finish(&op->op, STORE_OK);
    assert_int_equal(rig.request.status, 204);
    assert_int_equal(rig.pinged, 1);
    assert_int_equal(rig.metrics.counts[METRIC_PINGS], 10);
    assert_int_equal(rig.metrics.counts[METRIC_PINGS_PREFIX], 1);
}

static void M19_more_than_ten_are_refused_and_none_is_pinged(void **state)
{
    (void)state;
    send(
        "hub.mode=publish&hub.url=http://b.example/&hub.url=http://a.example/*",
        false);
    find(11);
    assert_int_equal(fake_store_waiting_all(), 0);
    assert_int_equal(rig.request.status, 403);
    assert_true(fake_request_has(&rig.request, "Hub-Error: signature.missing"));
}

static void M19_who_signs_may_ping_more(void **state)
{
    (void)state;
    send("hub.mode=publish&hub.url=http://a.example/*", true);
    find(11);
    struct store_ping *op = fake_store_take(STORE_PING);
    assert_int_equal(op->count, 11);
    fake_store_finish(&op->op, STORE_OK);
    assert_int_equal(rig.request.status, 204);
}

static void a_prefix_within_a_name_never_tells_what_it_found(void **state)
{
    (void)state;
    send(
        "hub.mode=publish&hub.url=http://b.example/&hub.url=http://a.example/x*"
        "&hub.url=http://a.example/y*",
        false);
    find(11);
    // It all begins anew without that one: the others are as before.
    find(2);
    struct store_ping *op = fake_store_take(STORE_PING);
    assert_int_equal(op->count, 4);
    fake_store_finish(&op->op, STORE_OK);
    assert_int_equal(rig.request.status, 204);
}

static void a_prefix_that_finds_nothing_is_written_all_the_same(void **state)
{
    (void)state;
    send("hub.mode=publish&hub.url=http://a.example/*", false);
    find(0);
    struct store_ping *op = fake_store_take(STORE_PING);
    assert_int_equal(op->count, 1);
    fake_store_finish(&op->op, STORE_OK);
    assert_int_equal(rig.request.status, 204);
    assert_int_equal(rig.pinged, 0);
    assert_int_equal(rig.metrics.counts[METRIC_PINGS], 0);
}

static void a_prefix_that_cannot_be_read_is_to_be_repeated(void **state)
{
    (void)state;
    send("hub.mode=publish&hub.url=http://a.example/*", false);
    struct store_page_topics *page = fake_store_take(STORE_PAGE_TOPICS);
    fake_store_finish(&page->op, STORE_AGAIN);
    assert_int_equal(rig.request.status, 503);
}

#define PINGED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PINGED(M5_a_ping_is_durable_before_its_204),
        PINGED(R75_a_ping_of_what_nobody_follows_looks_the_same),
        PINGED(a_ping_that_could_not_be_stored_is_to_be_repeated),
        PINGED(M19_all_topics_of_a_prefix_are_pinged),
        PINGED(M19_more_than_ten_are_refused_and_none_is_pinged),
        PINGED(M19_who_signs_may_ping_more),
        PINGED(a_prefix_within_a_name_never_tells_what_it_found),
        PINGED(a_prefix_that_finds_nothing_is_written_all_the_same),
        PINGED(a_prefix_that_cannot_be_read_is_to_be_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
