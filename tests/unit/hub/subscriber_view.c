// SPDX-License-Identifier: MIT

#include "hub/subscriber_view.h"

#include "hub/page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW ((int64_t)1800000000000)

static struct bytes text(const char *at)
{
    return (struct bytes){ at, strlen(at) };
}

static struct store_subscriber lagging(void)
{
    return (struct store_subscriber){
        .lease_end = NOW + 3600 * 1000,
        .topic_url = { "http://t.example/", 17 },
        .callback = { "https://c.example/cb?key=hidden", 31 },
        .profile = { .secret = { "s3cr3t", 6 } },
        .lagging = true,
        .next = 4,
        .attempts = 2,
        .first_failure = NOW - 60000,
        .due = NOW + 30000,
        .last_status = 503,
        .last = { { NOW - 1000, 503, 42 }, { NOW - 60000, -8, 1500 } },
        .last_count = 2,
    };
}

static json_t *view(const struct store_subscriber *subscriber)
{
    const struct subscriber_view view = {
        .subscriber = subscriber,
        .topic = subscriber->topic_url,
        .head = 6,
        .now = NOW,
    };
    json_t *root = subscriber_view_json(&view);
    assert_non_null(root);
    char *dumped = json_dumps(root, 0);
    assert_null(strstr(dumped, "s3cr3t"));
    assert_null(strstr(dumped, "hidden"));
    free(dumped);
    return root;
}

static const char *string_of(const json_t *root, const char *name)
{
    const char *value = json_string_value(json_object_get(root, name));
    return value ? value : "(none)";
}

static json_int_t number_of(const json_t *root, const char *name)
{
    return json_integer_value(json_object_get(root, name));
}

static void who_is_up_to_date_owes_nothing(void **state)
{
    (void)state;
    struct store_subscriber subscriber = lagging();
    subscriber.lagging = false;
    json_t *root = view(&subscriber);
    assert_string_equal(string_of(root, "state"), "active");
    assert_true(json_is_null(json_object_get(root, "last_outcome")));
    assert_true(json_is_null(json_object_get(root, "last_status")));
    assert_int_equal(number_of(root, "lease_left_seconds"), 3600);
    assert_true(json_is_null(json_object_get(root, "owed")));
    assert_true(json_is_null(json_object_get(root, "next_try")));
    assert_int_equal(json_array_size(json_object_get(root, "last_attempts")),
                     0);
    json_decref(root);
}

static void M18_attempts_are_told_newest_first(void **state)
{
    (void)state;
    struct store_subscriber subscriber = lagging();
    json_t *root = view(&subscriber);
    assert_string_equal(string_of(root, "state"), "lagging");
    const json_t *owed = json_object_get(root, "owed");
    assert_int_equal(number_of(owed, "from"), 4);
    assert_int_equal(number_of(owed, "to"), 6);
    assert_int_equal(number_of(root, "attempts"), 2);
    assert_string_equal(string_of(root, "next_try"), "2027-01-15T08:00:30Z");
    const json_t *last = json_object_get(root, "last_attempts");
    assert_int_equal(json_array_size(last), 2);
    const json_t *newest = json_array_get(last, 0);
    assert_string_equal(string_of(newest, "time"), "2027-01-15T07:59:59Z");
    assert_int_equal(number_of(newest, "status"), 503);
    assert_string_equal(string_of(newest, "outcome"),
                        "HTTP 503 (Service Unavailable)");
    assert_int_equal(number_of(newest, "latency_ms"), 42);
    const json_t *older = json_array_get(last, 1);
    assert_true(json_is_null(json_object_get(older, "status")));
    json_decref(root);
}

static void there_is_no_next_try_of_what_stands_still(void **state)
{
    (void)state;
    struct store_subscriber stopped = lagging(), paused = lagging(),
                            waiting = lagging(), suspended = lagging();
    stopped.due = 0;
    paused.paused = true;
    waiting.waits = true;
    suspended.suspended = true;
    const struct {
        const struct store_subscriber *subscriber;
        const char *state;
    } all[] = {
        { &stopped, "stopped" },
        { &paused, "paused" },
        { &waiting, "waiting" },
        { &suspended, "suspended" },
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        json_t *root = view(all[i].subscriber);
        assert_string_equal(string_of(root, "state"), all[i].state);
        assert_true(json_is_null(json_object_get(root, "next_try")));
        assert_int_equal(json_is_true(json_object_get(root, "waits_for_host")),
                         all[i].subscriber->waits);
        assert_int_equal(json_is_true(json_object_get(root, "paused")),
                         all[i].subscriber->paused);
        json_decref(root);
    }
}

static void M18_of_the_callback_only_its_host_is_told(void **state)
{
    (void)state;
    static const char *const hosts[][2] = {
        { "https://c.example/cb", "c.example" },
        { "http://c.example:8080/cb", "c.example" },
        { "http://c.example?x=http://d.example/", "c.example" },
        { "http://[::1]:8080/cb", "[::1]" },
        { "http://192.0.2.1", "192.0.2.1" },
    };
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct store_subscriber subscriber = lagging();
        subscriber.callback = text(hosts[i][0]);
        json_t *root = view(&subscriber);
        assert_string_equal(string_of(root, "callback_host"), hosts[i][1]);
        json_decref(root);
    }
}

static void M18_people_are_told_the_same(void **state)
{
    (void)state;
    struct store_subscriber subscriber = lagging();
    const struct subscriber_view view = { &subscriber, subscriber.topic_url, 6,
                                          NOW };
    static const char *const sentences[] = {
        "It is lagging.",
        "Deliveries go to c.example.",
        "It is owed versions 4 to 6.",
        "HTTP 503 (Service Unavailable), after 42 ms.",
        "The next try is 2027-01-15 08:00:30 UTC (in 30 seconds).",
    };
    struct page page = { .at = NULL };
    subscriber_view_page(&page, &view);
    page_markup(&page, "\n");
    assert_false(page.failed);
    for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++)
        assert_non_null(
            memmem(page.at, page.len, sentences[i], strlen(sentences[i])));
    assert_null(memmem(page.at, page.len, "hidden", 6));
    assert_null(memmem(page.at, page.len, "s3cr3t", 6));
    page_drop(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_up_to_date_owes_nothing),
        cmocka_unit_test(M18_attempts_are_told_newest_first),
        cmocka_unit_test(there_is_no_next_try_of_what_stands_still),
        cmocka_unit_test(M18_of_the_callback_only_its_host_is_told),
        cmocka_unit_test(M18_people_are_told_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
