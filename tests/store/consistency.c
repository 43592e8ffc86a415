// SPDX-License-Identifier: MIT

#include "consistency.h"

#include "storage/lmdb/due.h"
#include "storage/lmdb/lanes.h"
#include "storage/lmdb/leases.h"
#include "storage/lmdb/letters.h"
#include "storage/lmdb/listens.h"
#include "storage/lmdb/mailboxes.h"
#include "storage/lmdb/tickets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MAP = 256 << 20, ID = 8, HASH = 32 };

struct look {
    struct txn txn;
    struct arena arena;
    uint64_t due, leases, waiting; // keys that there should be
    uint64_t listeners, listens;
};

static bool has(struct look *look, enum table table, const struct key *key)
{
    struct bytes value;
    return txn_get(&look->txn, table, key, &value);
}

static void want(struct look *look, enum table table, const struct key *key,
                 const char *what)
{
    if (!has(look, table, key))
        fail_msg("%s is missing", what);
}

static void want_due(struct look *look, struct work work, int64_t due)
{
    struct key key;
    if (due == 0)
        return;
    due_key(&key, work, due);
    if (!has(look, TABLE_DUE, &key))
        fail_msg("kind %d of %llu, %llu is not due at %lld", (int)work.kind,
                 (unsigned long long)work.topic, (unsigned long long)work.id,
                 (long long)due);
    look->due++;
}

static void want_lease(struct look *look, struct lease lease, int64_t end)
{
    struct key key;
    key_start(&key);
    key_u8(&key, (uint8_t)lease.kind);
    key_time(&key, end);
    key_u64(&key, lease.topic);
    key_u64(&key, lease.id);
    want(look, TABLE_LEASES, &key, "a key in leases");
    look->leases++;
}

// For each row of a table: its key's first two numbers.
static void each(struct look *look, enum table table,
                 void (*row)(struct look *look, uint64_t first,
                             uint64_t second))
{
    struct key from;
    struct bytes key, value;
    key_start(&from);
    bool more = txn_seek(&look->txn, table, &from, &key, &value);
    while (more) {
        // The row may move the cursor.
        memcpy(from.at, key.at, key.len);
        from.len = key.len;
        row(look, key_part(key, 0), key_part(key, ID));
        key_u8(&from, 0);
        more = txn_seek(&look->txn, table, &from, &key, &value);
        arena_reset(&look->arena);
    }
}

static void look_at_topic(struct look *look, uint64_t id, uint64_t none)
{
    struct topic topic;
    struct key key;
    (void)none;
    assert_true(topic_load(&look->txn, &look->arena, id, &topic));
    want_due(look, work_fetch(id), topic.shown.fetch_due);
    want_due(look, work_trim(id), topic.trim_due);
    key_start(&key);
    key_hash(&key, &topic.key);
    want(look, TABLE_TOPIC_IDS, &key, "a topic's number");
    look->listeners += topic.shown.listeners;
}

static void look_at_request(struct look *look, uint64_t id, uint64_t none)
{
    struct request request;
    (void)none;
    assert_true(request_load(&look->txn, &look->arena, id, &request));
    want_due(look, work_request(&request), request.due);
    want_lease(look, lease_of_request(id), request.shown.deadline);
}

static void look_at_denial(struct look *look, uint64_t id, uint64_t none)
{
    struct denial denial;
    (void)none;
    assert_true(denial_load(&look->txn, &look->arena, id, &denial));
    want_due(look, work_denial(id), denial.due);
}

static void look_at_subscription(struct look *look, uint64_t topic, uint64_t id)
{
    struct subscription subscription;
    struct ticket ticket;
    struct key key;
    assert_true(
        subscription_load(&look->txn, &look->arena, topic, id, &subscription));
    key_one(&key, topic);
    want(look, TABLE_TOPICS, &key, "the topic of a subscription");
    key_hash(&key, &subscription.callback_key);
    want(look, TABLE_SUBSCRIPTION_IDS, &key, "a subscription's number");
    lane_waiting_key(&key, &subscription.shown.origin, topic, id);
    want(look, TABLE_ORIGINS, &key, "a subscription at its origin");
    want_lease(look, lease_of(topic, id), subscription.lease_key);
    if (subscription.shown.request == 0)
        return;
    assert_true(ticket_load(&look->txn, subscription.shown.request, &ticket));
    assert_true(ticket.topic == topic && ticket.subscription == id);
}

static void look_at_lagging(struct look *look, uint64_t topic, uint64_t id)
{
    struct subscription subscription;
    struct lagging lagging;
    struct key key;
    if (!subscription_load(&look->txn, &look->arena, topic, id, &subscription))
        fail_msg("one lags that does not exist");
    assert_true(lagging_load(&look->txn, topic, id, &lagging));
    if (subscription.shown.paused || lagging.due == 0)
        return;
    if (!lagging.waits) {
        want_due(look, work_subscription(topic, id), lagging.due);
        return;
    }
    lane_waiting_key(&key, &subscription.shown.origin, topic, id);
    want(look, TABLE_WAITING, &key, "one in the lane that it waits in");
    look->waiting++;
    key_start(&key);
    key_hash(&key, &subscription.shown.origin);
    want(look, TABLE_LANES, &key, "the lane that somebody waits in");
}

static void look_at_lane(struct look *look, uint64_t first, uint64_t second)
{
    struct store_lane lane;
    struct due_place place = { 0, first, second };
    assert_true(lane_load_due(&look->txn, &look->arena, place, &lane));
    want_due(look, work_lane(&lane.origin), lane.paused ? 0 : lane.due);
}

static void look_at_ticket(struct look *look, uint64_t request, uint64_t none)
{
    struct subscription subscription;
    struct ticket ticket;
    (void)none;
    assert_true(ticket_load(&look->txn, request, &ticket));
    if (ticket.subscription == 0) {
        want_lease(look, lease_of_ticket(request), ticket.end);
        return;
    }
    assert_true(subscription_load(&look->txn, &look->arena, ticket.topic,
                                  ticket.subscription, &subscription));
    assert_true(subscription.shown.request == request);
}

static void look_at_mailbox(struct look *look, uint64_t id, uint64_t none)
{
    struct mailbox mailbox;
    struct listens listens;
    (void)none;
    bool alive = mailbox_load(&look->txn, &look->arena, id, &mailbox);
    assert_true(alive || mailbox.ending);
    want_lease(look, (struct lease){ LEASE_MAILBOX, 0, 0, id },
               mailbox.lease_key);
    uint64_t named =
        mailbox_find(&look->txn, mailbox.shown.owner, mailbox.shown.name);
    assert_true((named == id) == alive);
    assert_true(listens_load(&look->txn, &look->arena, id, &listens));
    assert_int_equal(mailbox.shown.listens, listens.count);
    look->listens += listens.count;
    for (size_t i = 0; i < listens.count; i++) {
        const struct store_listen *listen = &listens.items[i].shown;
        struct topic topic;
        if (listen->topic == 0)
            continue;
        assert_true(
            topic_load(&look->txn, &look->arena, listen->topic, &topic));
        assert_int_equal(topic.shown.unfollowed_at, 0);
        assert_true(listen->seq <= topic.shown.head);
        assert_true(listen_of_topic(&look->txn, id, listen->topic)
                    == listen->sid);
    }
}

// Of a mailbox: that it exists.
static void look_at_part(struct look *look, uint64_t mailbox, uint64_t number)
{
    struct key key;
    (void)number;
    key_one(&key, mailbox);
    want(look, TABLE_MAILBOXES, &key, "the mailbox of something");
}

static void look_at_grave(struct look *look, uint64_t first, uint64_t second)
{
    struct key key;
    struct bytes record;
    struct reader reader;
    key_two(&key, first, second);
    assert_true(txn_get(&look->txn, TABLE_GRAVES, &key, &record));
    reader_init(&reader, record);
    read_u64(&reader);
    int64_t end = read_time(&reader);
    want_lease(look, (struct lease){ LEASE_GRAVE, 0, first, second }, end);
    assert_true(reader_done(&reader));
}

static void look_at_mailboxes(struct look *look)
{
    each(look, TABLE_MAILBOXES, look_at_mailbox);
    each(look, TABLE_LETTERS, look_at_part);
    each(look, TABLE_DEAD, look_at_part);
    each(look, TABLE_DEAD_BODIES, look_at_part);
    each(look, TABLE_LISTENS, look_at_part);
    assert_int_equal(txn_count(&look->txn, TABLE_LISTEN_TOPICS),
                     look->listeners);
    assert_int_equal(txn_count(&look->txn, TABLE_LISTENS), look->listens);
    assert_int_equal(txn_count(&look->txn, TABLE_LISTEN_STATE), look->listens);
}

static void look_at_all(struct look *look)
{
    each(look, TABLE_TOPICS, look_at_topic);
    each(look, TABLE_REQUESTS, look_at_request);
    each(look, TABLE_DENIALS, look_at_denial);
    each(look, TABLE_SUBSCRIPTIONS, look_at_subscription);
    each(look, TABLE_LAGGING, look_at_lagging);
    each(look, TABLE_LANES, look_at_lane);
    each(look, TABLE_TICKETS, look_at_ticket);
    each(look, TABLE_GRAVES, look_at_grave);
    look_at_mailboxes(look);
    assert_int_equal(txn_count(&look->txn, TABLE_DUE), look->due);
    assert_int_equal(txn_count(&look->txn, TABLE_LEASES), look->leases);
    assert_int_equal(txn_count(&look->txn, TABLE_WAITING), look->waiting);
    uint64_t subscriptions = txn_count(&look->txn, TABLE_SUBSCRIPTIONS);
    assert_int_equal(txn_count(&look->txn, TABLE_SUBSCRIPTION_IDS),
                     subscriptions);
    assert_int_equal(txn_count(&look->txn, TABLE_ORIGINS), subscriptions);
    assert_true(txn_ok(&look->txn));
}

void consistency_check(const char *directory)
{
    struct env env;
    struct problem problem;
    if (!env_open(&env, directory, MAP, &problem))
        return;
    struct look look = { .due = 0 };
    txn_begin_read(&look.txn, &env);
    look_at_all(&look);
    txn_abort(&look.txn);
    arena_clear(&look.arena);
    env_close(&env);
}
