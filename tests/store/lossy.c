// SPDX-License-Identifier: MIT
//
// Table C when answers of the store are late, out of order, or lost.

#include "chance.h"
#include "postbox.h"
#include "unreliable.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TOPIC "https://example.org/feed"

enum { EVENTS = 150, LOST_PERCENT = 15 };

static void publish(struct session *s, uint64_t topic, uint64_t seq)
{
    struct store_publish publish = {
        .op.verb = STORE_PUBLISH,
        .topic = topic,
        .expected_head = seq - 1,
        .verdict = STORE_FETCH_UPDATE,
        .kind = STORE_UPDATE_WHOLE,
        .whole.inlined = scene_bytes("body"),
    };
    enum store_status status = session_run(s, &publish.op);
    assert_true(status == STORE_OK || status == STORE_DUPLICATE);
}

static uint64_t make(struct session *s, enum store_ack ack)
{
    uint64_t box = postbox_make(s, "reader", ack);
    postbox_listen(s, box, postbox_topic(TOPIC));
    assert_int_equal(scene_topic(s, TOPIC).listeners, 1);
    return box;
}

static void C_cursor_loses_nothing(void **state)
{
    struct session *s = *state;
    uint64_t box = make(s, STORE_ACK_CURSOR), place = 0, last = 0;
    uint64_t topic = scene_topic(s, TOPIC).id;
    for (uint64_t seq = 1; seq <= EVENTS; seq++) {
        publish(s, topic, seq);
        struct store_collect collect = postbox_reads(box, place);
        session_must(s, &collect.op);
        for (size_t i = 0; i < collect.count; i++) {
            assert_true(collect.items[i].event.seq == last + 1);
            last++;
        }
        assert_int_equal(collect.gap_count, 0);
        place = collect.place;
        store_release(&collect.op);
    }
    assert_int_equal(last, EVENTS);
}

static void C_none_tells_nothing_twice(void **state)
{
    struct session *s = *state;
    uint64_t box = make(s, STORE_ACK_NONE), last = 0;
    uint64_t topic = scene_topic(s, TOPIC).id;
    for (uint64_t seq = 1; seq <= EVENTS; seq++) {
        publish(s, topic, seq);
        struct store_collect collect = postbox_reads(box, 0);
        session_must(s, &collect.op);
        for (size_t i = 0; i < collect.count; i++) {
            assert_true(collect.items[i].event.seq > last);
            last = collect.items[i].event.seq;
        }
        store_release(&collect.op);
    }
}

static void C_explicit_keeps_the_order_until_all_is_done(void **state)
{
    struct session *s = *state;
    uint64_t box = make(s, STORE_ACK_EXPLICIT), done = 0;
    uint64_t topic = scene_topic(s, TOPIC).id;
    for (uint64_t seq = 1; seq <= EVENTS; seq++)
        publish(s, topic, seq);
    while (done < EVENTS) {
        struct store_collect collect = postbox_reads(box, 0);
        session_must(s, &collect.op);
        assert_true(collect.count <= 1);
        if (collect.count == 0) {
            // Somebody has it whose answer was lost.
            store_release(&collect.op);
            session_advance(s, MINUTE);
            continue;
        }
        struct store_letter letter = collect.items[0];
        store_release(&collect.op);
        assert_true(letter.event.seq == done + 1);
        assert_int_equal(postbox_mark(s, box, STORE_MARK_ACK, &letter, 0),
                         STORE_OK);
        done++;
    }
    struct store_collect collect = postbox_reads(box, 0);
    session_must(s, &collect.op);
    assert_int_equal(collect.count, 0);
    store_release(&collect.op);
}

static int set_up(void **state)
{
    session_setup_cheap(state);
    struct session *s = *state;
    s->faults = unreliable_new(s->store, chance_seed(), LOST_PERCENT);
    return 0;
}

static int tear_down(void **state)
{
    struct session *s = *state;
    struct unreliable *faults = s->faults;
    assert_true(unreliable_lost(faults) > 0);
    s->faults = NULL;
    unreliable_free(faults);
    session_free(s);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(C_cursor_loses_nothing),
        TEST(C_none_tells_nothing_twice),
        TEST(C_explicit_keeps_the_order_until_all_is_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
