// SPDX-License-Identifier: MIT
//
// What an operator is shown of those who lag.

#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TOPIC    "https://example.org/feed"
#define OTHER    "https://example.org/other"
#define CALLBACK "https://callback.example/a"

enum {
    ALL = STORE_LAGGING_TRIED | STORE_LAGGING_STOPPED | STORE_LAGGING_WAITING
          | STORE_LAGGING_PAUSED,
    KINDS = 4,
};

static enum store_outcome_kind nothing_arrives(uint64_t subscription)
{
    (void)subscription;
    return STORE_OWED;
}

static struct store_subscriber look(struct session *s, struct scene_name name)
{
    struct store_subscriber subscriber;
    assert_true(scene_subscriber(s, name, &subscriber));
    return subscriber;
}

// Of one topic: one that is tried, one stopped, one waiting, one paused, in
// this order, and one who does not lag.
static void furnish(struct session *s, const char *topic,
                    struct scene_name names[KINDS])
{
    char callback[64];
    for (int i = 0; i < KINDS; i++) {
        snprintf(callback, sizeof callback, CALLBACK "/%d", i);
        names[i] = scene_subscribe(s, topic, callback);
    }
    scene_update(s, topic, "body");
    scene_walk_all(s, names[0].topic, nothing_arrives);
    scene_subscribe(s, topic, CALLBACK "/new");
    for (int i = 0; i < KINDS; i++) {
        struct store_outcome outcome =
            scene_outcome(s, STORE_OWED, names[i], 1);
        outcome.token = scene_claim_delivery(s, names[i]);
        outcome.waits = i == 2;
        if (i == 1)
            outcome.due = 0;
        scene_record(s, outcome);
    }
    struct store_pause pause = scene_pause_one(names[3], true);
    session_must(s, &pause.op);
}

static struct store_page_lagging page_of(unsigned set)
{
    return (struct store_page_lagging){
        .op.verb = STORE_PAGE_LAGGING,
        .set = set,
        .max = SCENE_MAX,
    };
}

static void each_kind_is_told_by_itself(void **state)
{
    struct session *s = *state;
    struct scene_name names[KINDS];
    furnish(s, TOPIC, names);
    for (int i = 0; i < KINDS; i++) {
        struct store_page_lagging page = page_of(1U << i);
        session_must(s, &page.op);
        assert_true(page.end);
        assert_int_equal(page.count, 1);
        assert_true(page.items[0].id == names[i].id);
        assert_true(page.items[0].lagging);
        assert_int_equal(page.items[0].waits, i == 2);
        assert_int_equal(page.items[0].paused, i == 3);
        assert_int_equal(page.items[0].last_status, 503);
        assert_true(scene_same(page.items[0].topic_url, TOPIC));
        store_release(&page.op);
    }
    struct store_page_lagging both =
        page_of(STORE_LAGGING_STOPPED | STORE_LAGGING_WAITING);
    session_must(s, &both.op);
    assert_int_equal(both.count, 2);
    store_release(&both.op);
}

static void they_are_told_by_topic_and_id(void **state)
{
    struct session *s = *state;
    struct scene_name names[2][KINDS];
    furnish(s, TOPIC, names[0]);
    furnish(s, OTHER, names[1]);
    struct store_page_lagging page = page_of(ALL);
    page.max = 3;
    size_t seen = 0;
    do {
        session_must(s, &page.op);
        for (size_t i = 0; i < page.count; i++, seen++) {
            const struct scene_name *name = &names[seen / KINDS][seen % KINDS];
            assert_true(page.items[i].topic == name->topic);
            assert_true(page.items[i].id == name->id);
        }
        store_release(&page.op);
    } while (!page.end);
    assert_int_equal(seen, 2 * KINDS);
}

static void those_of_one_topic_are_told_alone(void **state)
{
    struct session *s = *state;
    struct scene_name names[2][KINDS];
    furnish(s, TOPIC, names[0]);
    furnish(s, OTHER, names[1]);
    for (int t = 0; t < 2; t++) {
        struct store_page_lagging page = page_of(ALL);
        page.topic = names[t][0].topic;
        session_must(s, &page.op);
        assert_true(page.end);
        assert_int_equal(page.count, KINDS);
        assert_true(page.items[0].id == names[t][0].id);
        store_release(&page.op);
    }
}

static void a_page_without_sense_is_refused(void **state)
{
    struct session *s = *state;
    struct store_page_lagging page = page_of(0);
    assert_int_equal(session_run(s, &page.op), STORE_INVALID);
    page = page_of(ALL + 1);
    assert_int_equal(session_run(s, &page.op), STORE_INVALID);
    page = page_of(ALL);
    page.max = 0;
    assert_int_equal(session_run(s, &page.op), STORE_INVALID);
    page.max = 1;
    session_must(s, &page.op);
    assert_true(page.end);
    store_release(&page.op);
}

static void only_so_many_are_looked_at_in_one_go(void **state)
{
    enum { COUNT = 2500 };
    struct session *s = *state;
    static struct store_take takes[COUNT];
    static char callbacks[COUNT][64];
    for (int i = 0; i < COUNT; i++) {
        snprintf(callbacks[i], sizeof callbacks[i], CALLBACK "/%d", i);
        takes[i] = scene_asks(STORE_SUBSCRIBE, TOPIC, callbacks[i]);
        session_submit(s, &takes[i].op);
    }
    session_wait(s);
    struct store_claim claim = {
        .op.verb = STORE_CLAIM,
        .kind = STORE_DUE_VERIFY,
        .max = 500,
        .hold_ms = HOLD,
    };
    for (int i = 0; i < COUNT / 500; i++) {
        static struct store_settle settles[500];
        session_must(s, &claim.op);
        assert_int_equal(claim.count, 500);
        for (int k = 0; k < 500; k++) {
            settles[k] = (struct store_settle){
                .op.verb = STORE_SETTLE,
                .request = claim.items[k].request.id,
                .token = claim.items[k].token,
                .verdict = STORE_VERIFIED,
                .sent_at = session_now(s),
                .lease = LEASE,
            };
            session_submit(s, &settles[k].op);
        }
        session_wait(s);
        store_release(&claim.op);
    }
    uint64_t topic = scene_topic(s, TOPIC).id;
    scene_update(s, TOPIC, "body");
    scene_walk_all(s, topic, nothing_arrives);
    assert_int_equal(scene_stats(s).lagging, COUNT);
    struct store_page_lagging page = page_of(STORE_LAGGING_STOPPED);
    session_must(s, &page.op);
    assert_int_equal(page.count, 0);
    assert_false(page.end);
    store_release(&page.op);
    session_must(s, &page.op);
    assert_true(page.end);
    store_release(&page.op);
}

// ------------------------------------------------------- the last attempts

static void an_attempt(struct session *s, struct scene_name name,
                       int32_t status, uint32_t took_ms)
{
    struct store_outcome outcome = scene_outcome(s, STORE_OWED, name, 1);
    session_advance(s, MINUTE);
    outcome.token = scene_claim_delivery(s, name);
    assert_true(outcome.token != 0);
    outcome.due = session_now(s) + SECOND;
    outcome.tried = true;
    outcome.status = status;
    outcome.took_ms = took_ms;
    scene_record(s, outcome);
}

static struct scene_name lagging_one(struct session *s)
{
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    scene_update(s, TOPIC, "body");
    scene_walk_all(s, name.topic, nothing_arrives);
    return name;
}

static void the_last_four_attempts_are_kept_the_newest_first(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s);
    assert_int_equal(look(s, name).last_count, 0);
    for (uint32_t i = 1; i <= 6; i++) {
        an_attempt(s, name, 500 + (int32_t)i, i * 10);
        struct store_subscriber now = look(s, name);
        assert_int_equal(now.last_count, i < 4 ? i : 4);
        for (uint32_t k = 0; k < now.last_count; k++) {
            assert_int_equal(now.last[k].status, 500 + i - k);
            assert_int_equal(now.last[k].took_ms, (i - k) * 10);
            assert_true(now.last[k].at == session_now(s) - k * MINUTE);
        }
    }
    session_reopen(s);
    assert_int_equal(look(s, name).last_count, 4);
}

static void what_was_not_tried_is_no_attempt(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s);
    an_attempt(s, name, -7, 10);
    session_advance(s, MINUTE);
    struct store_outcome waits = scene_outcome(s, STORE_OWED, name, 1);
    waits.token = scene_claim_delivery(s, name);
    waits.waits = true;
    waits.status = 0;
    scene_record(s, waits);
    struct store_subscriber now = look(s, name);
    assert_int_equal(now.last_count, 1);
    assert_int_equal(now.last[0].status, -7);
    assert_int_equal(now.last_status, -7);
    assert_true(now.first_failure != 0);
}

static void attempts_are_forgotten_with_what_was_owed(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s);
    an_attempt(s, name, 500, 10);
    scene_update(s, TOPIC, "two");
    scene_walk_all(s, name.topic, NULL);
    session_advance(s, MINUTE);
    struct store_outcome arrived = scene_outcome(s, STORE_DELIVERED, name, 1);
    arrived.token = scene_claim_delivery(s, name);
    scene_record(s, arrived);
    assert_int_equal(look(s, name).last_count, 1);
    arrived = scene_outcome(s, STORE_DELIVERED, name, 2);
    arrived.token = scene_claim_delivery(s, name);
    scene_record(s, arrived);
    assert_int_equal(look(s, name).last_count, 0);
}

static void what_is_shown_is_the_same_wherever_it_is_asked_for(void **state)
{
    struct session *s = *state;
    struct scene_name names[KINDS];
    furnish(s, TOPIC, names);
    session_advance(s, MINUTE);
    an_attempt(s, names[0], 502, 20);
    struct store_key origin = scene_origin();
    for (int i = 0; i < KINDS; i++) {
        struct store_page_subscribers page = {
            .op.verb = STORE_PAGE_SUBSCRIBERS,
            .origin = &origin,
            .after_topic = names[i].topic,
            .after = names[i].id - 1,
            .max = 1,
        };
        char callback[64];
        snprintf(callback, sizeof callback, CALLBACK "/%d", i);
        struct store_find find = {
            .op.verb = STORE_FIND,
            .topic_key = scene_key(TOPIC),
            .callback_key = scene_key(callback),
        };
        struct store_subscriber now = look(s, names[i]);
        session_must(s, &page.op);
        session_must(s, &find.op);
        const struct store_subscriber *others[] = {
            &page.items[0],
            &find.subscriber,
        };
        for (size_t k = 0; k < 2; k++) {
            assert_true(others[k]->id == names[i].id);
            assert_int_equal(others[k]->waits, now.waits);
            assert_int_equal(others[k]->paused, now.paused);
            assert_int_equal(others[k]->last_count, now.last_count);
            assert_true(others[k]->due == now.due);
            assert_true(others[k]->request == now.request);
        }
        store_release(&page.op);
        store_release(&find.op);
    }
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup_cheap, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_kind_is_told_by_itself),
        TEST(they_are_told_by_topic_and_id),
        TEST(those_of_one_topic_are_told_alone),
        TEST(a_page_without_sense_is_refused),
        TEST(only_so_many_are_looked_at_in_one_go),
        TEST(the_last_four_attempts_are_kept_the_newest_first),
        TEST(what_was_not_tried_is_no_attempt),
        TEST(attempts_are_forgotten_with_what_was_owed),
        TEST(what_is_shown_is_the_same_wherever_it_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
