// SPDX-License-Identifier: MIT
//
// Ceilings that change while the store is open; and what it tells of its sizes.

#include "postbox.h"
#include "storage/steering.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TOPIC    "https://example.org/feed"
#define OTHER    "https://example.org/other"
#define CALLBACK "https://callback.example/a"

static enum store_status take(struct session *s, const char *topic,
                              const char *callback)
{
    struct store_take op = scene_asks(STORE_SUBSCRIBE, topic, callback);
    return session_run(s, &op.op);
}

static void S20_a_ceiling_of_subscriptions_counts_at_once(void **state)
{
    struct session *s = *state;
    scene_subscribe(s, TOPIC, CALLBACK);
    scene_subscribe(s, TOPIC, CALLBACK "/b");
    store_limits(s->store, &(struct store_limits){ .max_subscriptions = 1 });
    assert_int_equal(take(s, TOPIC, CALLBACK "/c"), STORE_FULL);
    // What exists stays, and is renewed.
    assert_int_equal(take(s, TOPIC, CALLBACK), STORE_OK);
    assert_int_equal(scene_stats(s).subscriptions, 2);
    store_limits(s->store, &(struct store_limits){ .max_subscriptions = 0 });
    assert_int_equal(take(s, TOPIC, CALLBACK "/c"), STORE_OK);
}

static void a_ceiling_of_topics_counts_at_once(void **state)
{
    struct session *s = *state;
    scene_subscribe(s, TOPIC, CALLBACK);
    store_limits(s->store, &(struct store_limits){ .max_topics = 1 });
    assert_int_equal(take(s, OTHER, CALLBACK), STORE_FULL);
    assert_int_equal(take(s, TOPIC, CALLBACK "/b"), STORE_OK);
    store_limits(s->store, &(struct store_limits){ .max_topics = 2 });
    assert_int_equal(take(s, OTHER, CALLBACK), STORE_OK);
}

// Nothing was counted before there was a ceiling.
static void a_first_ceiling_for_an_origin_knows_what_is_there(void **state)
{
    struct session *s = *state;
    scene_subscribe(s, TOPIC, CALLBACK);
    scene_subscribe(s, OTHER, CALLBACK);
    store_limits(s->store,
                 &(struct store_limits){ .subscriptions_per_origin = 2 });
    assert_int_equal(take(s, TOPIC, CALLBACK "/b"), STORE_CONFLICT);
    scene_unsubscribe(s, OTHER, CALLBACK);
    assert_int_equal(take(s, TOPIC, CALLBACK "/b"), STORE_OK);
    store_limits(s->store, &(struct store_limits){ .max_topics = 0 });
    assert_int_equal(take(s, TOPIC, CALLBACK "/c"), STORE_OK);
}

static void ceilings_of_requests_and_mailboxes_too(void **state)
{
    struct session *s = *state;
    struct store_take op = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    op.request.host = 1;
    session_must(s, &op.op);
    store_limits(s->store, &(struct store_limits){ .pending_per_host = 1,
                                                   .max_mailboxes = 1 });
    op = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK "/b");
    op.request.host = 1;
    assert_int_equal(session_run(s, &op.op), STORE_CONFLICT);
    postbox_make(s, "one", STORE_ACK_CURSOR);
    struct store_put_mailbox put = postbox_asks("two", STORE_ACK_CURSOR);
    assert_int_equal(session_run(s, &put.op), STORE_FULL);
}

static const struct store_table *table_of(const struct store_stats *stats,
                                          const char *name)
{
    for (size_t i = 0; i < stats->table_count; i++)
        if (strcmp(stats->items[i].name, name) == 0)
            return &stats->items[i];
    fail_msg("there is no table %s", name);
    return NULL;
}

static void each_table_tells_its_size(void **state)
{
    struct session *s = *state;
    for (int i = 0; i < 20; i++) {
        char callback[64];
        snprintf(callback, sizeof callback, CALLBACK "/%d", i);
        scene_subscribe(s, TOPIC, callback);
    }
    scene_update(s, TOPIC, "body");
    struct store_stats stats = { .op.verb = STORE_STATS, .tables = true };
    session_must(s, &stats.op);
    assert_int_equal(table_of(&stats, "subscriptions")->entries, 20);
    assert_in_range(table_of(&stats, "subscriptions")->bytes, 20 * 100,
                    1 << 20);
    assert_int_equal(table_of(&stats, "bodies")->entries, 1);
    assert_int_equal(table_of(&stats, "rules")->entries, 0);
    assert_int_equal(table_of(&stats, "rules")->bytes, 0);
    uint64_t all = 0;
    for (size_t i = 0; i < stats.table_count; i++)
        all += stats.items[i].bytes;
    assert_in_range(all, 1, stats.numbers.used_bytes);
    assert_true(stats.numbers.format >= 7);
    store_release(&stats.op);
}

// Bodies that cannot be compressed away, until it is told.
static void it_is_told_well_before_it_is_full(void **state)
{
    struct session *s = *state;
    static char body[STORE_CHUNK];
    session_close(s);
    s->options.map_bytes = 4 << 20;
    session_open(s);
    scene_subscribe(s, TOPIC, CALLBACK);
    assert_int_equal(scene_stats(s).filling, STORE_ROOMY);
    enum store_filling last = STORE_ROOMY;
    enum store_status status = STORE_OK;
    for (int i = 0; i < 100 && status == STORE_OK; i++) {
        struct store_publish op = scene_fetch(s, TOPIC, STORE_FETCH_UPDATE);
        memset(body, i, sizeof body);
        op.whole.inlined = (struct bytes){ body, sizeof body };
        status = session_run(s, &op.op);
        struct store_numbers now = scene_stats(s);
        assert_true(now.filling == last || now.filling == last + 1);
        assert_true(now.room_bytes < now.map_bytes);
        last = now.filling;
    }
    assert_int_equal(status, STORE_FULL);
    assert_int_equal(last, STORE_FILLS_NOW);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup_cheap, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(S20_a_ceiling_of_subscriptions_counts_at_once),
        TEST(a_ceiling_of_topics_counts_at_once),
        TEST(a_first_ceiling_for_an_origin_knows_what_is_there),
        TEST(ceilings_of_requests_and_mailboxes_too),
        TEST(each_table_tells_its_size),
        TEST(it_is_told_well_before_it_is_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
