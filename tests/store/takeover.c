// SPDX-License-Identifier: MIT
//
// A store as formats 4 to 6 left it is taken over: what it holds is served,
// and changes as it is touched.

#include "postbox.h"
#include "storage/lmdb/records.h"
#include "storage/lmdb/txn.h"
#include "storage/steering.h"

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
    // Version 4 of topics, 3 of counters.
    OF_TOPIC = 8,
    OF_STATE = 1 + 8 + 1 + 8,
    OF_COUNTERS = 2 * 8,
    // Version 5 of topics' state.
    OF_KEPT = 1 + 8,
};

static enum store_outcome_kind nothing_arrives(uint64_t subscription)
{
    (void)subscription;
    return STORE_OWED;
}

// Each record of the table from this key on, as the version before wrote it.
static void cut_from(struct txn *txn, enum table table, struct key at,
                     char version, size_t added)
{
    struct bytes key, value;
    bool more = txn_seek(txn, table, &at, &key, &value);
    while (more) {
        char record[RECORD_MAX];
        assert_true(value.len > added && value.len <= sizeof record);
        memcpy(record, value.at, value.len);
        memcpy(at.at, key.at, key.len);
        at.len = key.len;
        assert_int_equal(record[0], version);
        record[0] = (char)(version - 1);
        txn_put(txn, table, &at, (struct bytes){ record, value.len - added });
        key_u8(&at, 0);
        more = txn_seek(txn, table, &at, &key, &value);
    }
}

static void cut_all(struct txn *txn, enum table table, char version,
                    size_t added)
{
    struct key at;
    key_start(&at);
    cut_from(txn, table, at, version, added);
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

static void cut_counters(struct txn *txn)
{
    char record[RECORD_MAX];
    struct bytes value;
    struct key key;
    key_start(&key);
    key_text(&key, (struct bytes){ "counters", 8 });
    assert_true(txn_get(txn, TABLE_META, &key, &value));
    memcpy(record, value.at, value.len);
    assert_int_equal(record[0], 3);
    record[0] = 2;
    txn_put(txn, TABLE_META, &key,
            (struct bytes){ record, value.len - OF_COUNTERS });
}

// What format 7 has added is taken away; and so on.
static void cut_7(struct txn *txn)
{
    cut_all(txn, TABLE_TOPIC_STATE, 5, OF_KEPT);
    assert_int_equal(txn_count(txn, TABLE_RULES), 0);
}

static void cut_6(struct txn *txn)
{
    cut_all(txn, TABLE_TOPICS, 4, OF_TOPIC);
    cut_all(txn, TABLE_TOPIC_STATE, 4, OF_STATE);
    cut_counters(txn);
    for (enum table table = TABLE_GRAVES; table < TABLE_RULES; table++)
        assert_int_equal(txn_count(txn, table), 0);
}

static void cut_5(struct txn *txn)
{
    cut_all(txn, TABLE_SUBSCRIPTIONS, 2, OF_SUBSCRIPTION);
    cut_all(txn, TABLE_LAGGING, 2, OF_LAGGING);
    cut_all(txn, TABLE_WALKS, 2, OF_WALK);
    empty(txn, TABLE_WAITING);
    empty(txn, TABLE_LANES);
    empty(txn, TABLE_TICKETS);
}

static void as_format(struct session *s, uint64_t format)
{
    struct env env;
    struct txn txn;
    struct problem problem;
    session_close(s);
    assert_true(env_open(&env, session_directory(s), MAP, &problem));
    txn_begin_write(&txn, &env);
    cut_7(&txn);
    if (format < 6)
        cut_6(&txn);
    if (format < 5)
        cut_5(&txn);
    put_format(&txn, format);
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
    as_format(s, 4);
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
    as_format(s, 4);
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
    as_format(s, 4);
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

static void what_was_published_in_format_5_is_pulled(void **state)
{
    struct session *s = *state;
    uint64_t topic = scene_follow(s, TOPIC, true, DAY).topic;
    uint64_t first = scene_update(s, TOPIC, "one").number;
    as_format(s, 5);
    struct store_topic known = scene_topic(s, TOPIC);
    assert_int_equal(known.reach, STORE_REACH_UNTOLD);
    assert_int_equal(known.listeners, 0);
    assert_int_equal(scene_stats(s).mailboxes, 0);
    // The next fetch tells.
    struct store_publish publish = scene_fetch(s, TOPIC, STORE_FETCH_UNCHANGED);
    publish.reach = STORE_REACH_PUBLIC;
    session_must(s, &publish.op);
    struct store_follow follow = scene_follow(s, TOPIC, false, DAY);
    assert_int_equal(follow.reach, STORE_REACH_PUBLIC);
    assert_true(follow.newest == first);
    uint64_t box = postbox_make(s, "reader", STORE_ACK_CURSOR);
    assert_int_equal(box, 1);
    postbox_listen_since(s, box, postbox_topic(TOPIC), STORE_SINCE_EARLIEST, 0);
    assert_true(scene_update(s, TOPIC, "two").number == first + 1);
    postbox_expect(s, postbox_reads(box, 0), "one two");
    session_reopen(s);
    postbox_expect(s, postbox_reads(box, first), "two");
    assert_true(scene_topic(s, TOPIC).id == topic);
}

static void what_format_6_had_is_followed_as_it_was(void **state)
{
    struct session *s = *state;
    uint64_t topic = scene_follow(s, TOPIC, true, DAY).topic;
    as_format(s, 6);
    assert_false(scene_topic(s, TOPIC).kept);
    assert_int_equal(scene_topic(s, TOPIC).poll_every, 0);
    struct store_keep_topic keep = {
        .op.verb = STORE_KEEP_TOPIC,
        .key = scene_key(TOPIC),
        .url = scene_bytes(TOPIC),
        .url_normal = scene_bytes(TOPIC),
        .set_keep = true,
        .keep = true,
    };
    session_must(s, &keep.op);
    assert_true(keep.topic == topic);
    assert_false(keep.topic_new);
    session_reopen(s);
    assert_true(scene_topic(s, TOPIC).kept);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup_cheap, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_that_was_there_is_served),
        TEST(it_takes_part_in_what_is_new),
        TEST(one_without_a_ticket_gets_it_with_its_renewal),
        TEST(what_was_published_in_format_5_is_pulled),
        TEST(what_format_6_had_is_followed_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
