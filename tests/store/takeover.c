// SPDX-License-Identifier: MIT
//
// A store as format 4 left it is taken over: what it holds is served, and
// changes as it is touched.

#include "scene.h"
#include "storage/lmdb/records.h"
#include "storage/lmdb/txn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define TOPIC    "https://example.org/feed"
#define CALLBACK "https://callback.example/a"

enum {
    MAP = 256 << 20,
    // What version 2 of these records has at their end.
    OF_SUBSCRIPTION = 1 + 8,
    OF_LAGGING = 1 + 1 + 1,
    OF_WALK = 8 + 1,
};

static enum store_outcome_kind nothing_arrives(uint64_t subscription)
{
    (void)subscription;
    return STORE_OWED;
}

// Each record of the table as version 1 wrote it.
static void cut_all(struct txn *txn, enum table table, size_t added)
{
    struct key at;
    struct bytes key, value;
    key_start(&at);
    bool more = txn_seek(txn, table, &at, &key, &value);
    while (more) {
        char record[RECORD_MAX];
        assert_true(value.len > added && value.len <= sizeof record);
        memcpy(record, value.at, value.len);
        memcpy(at.at, key.at, key.len);
        at.len = key.len;
        assert_int_equal(record[0], 2);
        record[0] = 1;
        txn_put(txn, table, &at, (struct bytes){ record, value.len - added });
        key_u8(&at, 0);
        more = txn_seek(txn, table, &at, &key, &value);
    }
}

static void empty(struct txn *txn, enum table table)
{
    struct key at;
    struct bytes key, value;
    key_start(&at);
    while (txn_seek(txn, table, &at, &key, &value)) {
        struct key one;
        memcpy(one.at, key.at, key.len);
        one.len = key.len;
        txn_remove(txn, table, &one);
    }
}

static void put_format(struct txn *txn, uint64_t format)
{
    uint8_t buffer[8];
    struct writer writer;
    struct key key;
    writer_init(&writer, buffer, sizeof buffer);
    write_u64(&writer, format);
    key_start(&key);
    key_text(&key, (struct bytes){ "format", 6 });
    txn_put(txn, TABLE_META, &key, writer_bytes(&writer));
}

static void as_format_4(struct session *s)
{
    struct env env;
    struct txn txn;
    struct problem problem;
    session_close(s);
    assert_true(env_open(&env, session_directory(s), MAP, &problem));
    txn_begin_write(&txn, &env);
    cut_all(&txn, TABLE_SUBSCRIPTIONS, OF_SUBSCRIPTION);
    cut_all(&txn, TABLE_LAGGING, OF_LAGGING);
    cut_all(&txn, TABLE_WALKS, OF_WALK);
    empty(&txn, TABLE_WAITING);
    empty(&txn, TABLE_LANES);
    empty(&txn, TABLE_TICKETS);
    put_format(&txn, 4);
    assert_int_equal(txn_commit(&txn), STORE_OK);
    env_close(&env);
    session_open(s);
}

static struct store_subscriber look(struct session *s, struct scene_name name)
{
    struct store_subscriber subscriber;
    assert_true(scene_subscriber(s, name, &subscriber));
    return subscriber;
}

// One who lags, one who does not, and a walk that has just begun.
static struct scene_name furnish(struct session *s, struct scene_name *other)
{
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    scene_update(s, TOPIC, "one");
    scene_walk_all(s, name.topic, nothing_arrives);
    *other = scene_subscribe(s, TOPIC, CALLBACK "/other");
    scene_update(s, TOPIC, "two");
    return name;
}

static void all_that_was_there_is_served(void **state)
{
    struct session *s = *state;
    struct scene_name other, name = furnish(s, &other);
    struct store_subscriber before = look(s, name);
    as_format_4(s);
    struct store_subscriber now = look(s, name);
    assert_true(now.lagging && now.next == before.next);
    assert_true(now.due == before.due && now.rev == before.rev);
    assert_false(now.paused);
    assert_false(now.waits);
    assert_int_equal(now.last_count, 0);
    assert_int_equal(now.request, 0);
    assert_false(look(s, other).lagging);
    struct store_walk walk;
    assert_true(scene_walk(s, name.topic, &walk));
    assert_int_equal(walk.step_count, 0);
    scene_walk_all(s, name.topic, NULL);
    assert_true(scene_claim_delivery(s, name) != 0);
}

static void it_takes_part_in_what_is_new(void **state)
{
    struct session *s = *state;
    struct scene_name other, name = furnish(s, &other);
    as_format_4(s);
    scene_walk_all(s, name.topic, NULL);
    struct store_outcome waits = scene_outcome(s, STORE_OWED, name, 2);
    waits.token = scene_claim_delivery(s, name);
    waits.waits = waits.tried = true;
    scene_record(s, waits);
    assert_true(look(s, name).waits);
    assert_int_equal(look(s, name).last_count, 1);
    struct store_pause pause = scene_pause_one(other, true);
    session_must(s, &pause.op);
    session_reopen(s);
    assert_true(look(s, other).paused);
    assert_true(scene_claim_waiting(s, name, scene_origin()) != 0);
}

static void one_without_a_ticket_gets_it_with_its_renewal(void **state)
{
    struct session *s = *state;
    struct scene_name other, name = furnish(s, &other);
    as_format_4(s);
    scene_unsubscribe(s, TOPIC, CALLBACK "/other");
    scene_subscribe(s, TOPIC, CALLBACK);
    struct store_request_status status = {
        .op.verb = STORE_STATUS,
        .request = look(s, name).request,
    };
    assert_true(status.request != 0);
    session_must(s, &status.op);
    assert_int_equal(status.state, STORE_REQUEST_VERIFIED);
    assert_true(status.subscriber.id == name.id);
    store_release(&status.op);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup_cheap, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_that_was_there_is_served),
        TEST(it_takes_part_in_what_is_new),
        TEST(one_without_a_ticket_gets_it_with_its_renewal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
