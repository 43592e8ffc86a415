// SPDX-License-Identifier: MIT
//
// A map without room: a clear answer, nothing lost or half done, and what
// makes room goes on working.

#include "postbox.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#define TOPIC    "https://example.org/feed"
#define CALLBACK "https://callback.example/a"

enum { LARGE = 60000, MIDDLE = 4000, SMALL = 50, ENOUGH = 100000 };

static const int64_t LONG = 1000 * (int64_t)DAY;

static int set_up_small(void **state)
{
    struct session *s = session_new(true);
    *state = s;
    s->options.map_bytes = 4 << 20;
    session_open(s);
    return 0;
}

// The body of seq `seq`: nothing that could be mistaken for another.
static void write_body(char *body, size_t len, uint64_t seq)
{
    for (size_t i = 0; i < len; i++)
        body[i] = (char)('a' + (seq * 7 + i * seq) % 26);
}

static enum store_status publish(struct session *s, size_t len)
{
    static char body[LARGE];
    struct store_publish fetch = scene_fetch(s, TOPIC, STORE_FETCH_UPDATE);
    write_body(body, len, fetch.expected_head + 1);
    fetch.whole.inlined = (struct bytes){ body, len };
    fetch.new_validators = true;
    fetch.etag = (struct bytes){ body, 16 };
    enum store_status status = session_run(s, &fetch.op);
    if (status == STORE_OK)
        return status;
    struct store_release_claim release = {
        .op.verb = STORE_RELEASE,
        .kind = STORE_DUE_FETCH,
        .id = fetch.topic,
        .token = fetch.token,
    };
    session_must(s, &release.op);
    return status;
}

// Publishes until there is no room. Returns how many were.
static uint64_t fill(struct session *s, size_t len)
{
    for (uint64_t count = 0; count < ENOUGH; count++) {
        enum store_status status = publish(s, len);
        if (status == STORE_OK)
            continue;
        assert_int_equal(status, STORE_FULL);
        return count;
    }
    fail_msg("the map is never full");
    return 0;
}

static enum store_status take(struct session *s, unsigned who, uint64_t *id)
{
    char callback[64];
    snprintf(callback, sizeof callback, CALLBACK "/%u", who);
    struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, callback);
    enum store_status status = session_run(s, &take.op);
    *id = take.id;
    return status;
}

static unsigned fill_with_requests(struct session *s)
{
    static unsigned who = 1000;
    uint64_t id;
    for (unsigned count = 0; count < ENOUGH; count++) {
        enum store_status status = take(s, who++, &id);
        if (status == STORE_OK)
            continue;
        assert_int_equal(status, STORE_FULL);
        return count;
    }
    fail_msg("the map is never full");
    return 0;
}

static void fill_up(struct session *s)
{
    fill(s, LARGE);
    fill(s, MIDDLE);
    fill(s, SMALL);
    fill_with_requests(s);
}

static void expect_body(struct session *s, uint64_t topic, uint64_t seq,
                        size_t len)
{
    static char body[LARGE];
    struct store_read_body read = {
        .op.verb = STORE_READ_BODY,
        .topic = topic,
        .seq = seq,
    };
    session_must(s, &read.op);
    write_body(body, len, seq);
    assert_int_equal(read.body.len, len);
    assert_memory_equal(read.body.at, body, len);
    store_release(&read.op);
}

static void a_full_map_says_so_and_loses_nothing(void **state)
{
    struct session *s = *state;
    uint64_t topic = scene_subscribe(s, TOPIC, CALLBACK).topic;
    uint64_t large = fill(s, LARGE);
    uint64_t small = fill(s, SMALL);
    assert_true(large > 10);
    for (int i = 0; i < 2; i++) {
        assert_true(scene_topic(s, TOPIC).head == large + small);
        for (uint64_t seq = 1; seq <= large + small; seq++)
            expect_body(s, topic, seq, seq <= large ? LARGE : SMALL);
        session_reopen(s);
    }
}

static void what_did_not_fit_is_not_there_in_part(void **state)
{
    struct session *s = *state;
    uint64_t topic = scene_subscribe(s, TOPIC, CALLBACK).topic;
    fill(s, LARGE);
    struct store_numbers before = scene_stats(s);
    struct store_topic then = scene_topic(s, TOPIC);
    assert_int_equal(publish(s, LARGE), STORE_FULL);
    struct store_topic now = scene_topic(s, TOPIC);
    assert_true(now.head == then.head);
    assert_true(now.fetched == then.fetched);
    assert_true(now.dirty > now.fetched);
    assert_true(now.body_bytes == then.body_bytes);
    assert_true(now.last_update == then.last_update);
    assert_true(scene_stats(s).events == before.events);
    struct store_read_body read = {
        .op.verb = STORE_READ_BODY,
        .topic = topic,
        .seq = then.head + 1,
    };
    assert_int_equal(session_run(s, &read.op), STORE_NOT_FOUND);
    store_release(&read.op);
    struct store_key key = scene_key(TOPIC);
    struct store_topics topics = {
        .op.verb = STORE_TOPICS,
        .keys = &key,
        .count = 1,
    };
    char etag[17] = "";
    write_body(etag, 16, then.head);
    session_must(s, &topics.op);
    assert_true(scene_same(topics.items[0].etag, etag));
    store_release(&topics.op);
}

static void what_takes_room_away_is_refused_when_full(void **state)
{
    struct session *s = *state;
    uint64_t id;
    scene_subscribe(s, TOPIC, CALLBACK);
    fill_up(s);
    uint64_t requests = scene_stats(s).requests;
    assert_int_equal(take(s, 1, &id), STORE_FULL);
    assert_true(scene_stats(s).requests == requests);
    assert_int_equal(publish(s, MIDDLE), STORE_FULL);
}

static void pings_and_failed_fetches_are_kept_when_full(void **state)
{
    struct session *s = *state;
    scene_subscribe(s, TOPIC, CALLBACK);
    fill_up(s);
    for (int i = 0; i < 20; i++) {
        uint32_t dirty = scene_topic(s, TOPIC).dirty;
        assert_int_equal(scene_ping(s, TOPIC), 1);
        assert_int_equal(scene_topic(s, TOPIC).dirty, dirty + 1);
    }
    struct store_publish failed = scene_fetch(s, TOPIC, STORE_FETCH_FAILED);
    failed.due = session_now(s) + MINUTE;
    session_must(s, &failed.op);
    assert_int_equal(scene_topic(s, TOPIC).failures, 1);
}

static void settlements_are_kept_when_full(void **state)
{
    struct session *s = *state;
    uint64_t ids[10];
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(take(s, i, &ids[i]), STORE_OK);
    scene_subscribe(s, TOPIC, CALLBACK);
    // Claims must find these among the many that are due: be the oldest.
    session_advance(s, SECOND);
    fill_up(s);
    for (unsigned i = 0; i < 10; i++) {
        enum store_verification verdict =
            i % 2 ? STORE_VERIFIED : STORE_VERIFY_FAILED;
        struct store_settle settled = scene_settle(s, ids[i], verdict);
        assert_int_equal(settled.effect,
                         i % 2 ? STORE_EFFECT_ACTIVE : STORE_EFFECT_FAILED);
    }
    assert_int_equal(scene_stats(s).subscriptions, 6);
}

static void outcomes_and_endings_are_kept_when_full(void **state)
{
    struct session *s = *state;
    struct scene_name names[6];
    for (unsigned i = 0; i < 6; i++) {
        char callback[64];
        snprintf(callback, sizeof callback, CALLBACK "/%u", i);
        names[i] = scene_subscribe(s, TOPIC, callback);
    }
    fill_up(s);
    struct store_walk walk;
    assert_true(scene_walk(s, names[0].topic, &walk));
    struct store_outcome outcomes[6];
    for (unsigned i = 0; i < 6; i++) {
        outcomes[i] = scene_outcome(s, i % 2 ? STORE_DELIVERED : STORE_OWED,
                                    names[i], walk.to);
        outcomes[i].next = walk.from + 1;
    }
    struct store_checkpoint end = {
        .op.verb = STORE_CHECKPOINT,
        .walk = walk,
        .finish = true,
        .outcomes = outcomes,
        .count = 6,
    };
    end.walk.position = names[5].id;
    session_must(s, &end.op);
    assert_int_equal(scene_stats(s).lagging, 3);
    struct store_outcome arrived =
        scene_outcome(s, STORE_DELIVERED, names[0], scene_topic(s, TOPIC).head);
    assert_int_equal(scene_record(s, arrived), 1);
    struct store_remove remove = {
        .op.verb = STORE_REMOVE,
        .topic = names[1].topic,
        .subscription = names[1].id,
    };
    session_must(s, &remove.op);
    session_advance(s, LEASE + 1);
    struct store_expire expire = { .op.verb = STORE_EXPIRE, .max = 10 };
    session_must(s, &expire.op);
    assert_int_equal(expire.count, 5);
    store_release(&expire.op);
    assert_int_equal(scene_stats(s).subscriptions, 0);
}

// Full, relieved by retention, in use again: some times over.
static void it_goes_on_after_room_is_made(struct session *s, uint64_t topic)
{
    uint64_t id;
    for (int i = 0; i < 3; i++) {
        fill_up(s);
        uint64_t head = scene_topic(s, TOPIC).head;
        struct store_trim trim = scene_trim(s, topic, LONG, 5, ENOUGH);
        assert_true(trim.removed > 0);
        for (int k = 0; k < 1000 && trim.removed > 0; k++)
            trim = scene_trim(s, topic, LONG, 5, ENOUGH);
        assert_true(scene_topic(s, TOPIC).removed == head - 5);
        assert_int_equal(publish(s, LARGE), STORE_OK);
        assert_int_equal(take(s, (unsigned)i, &id), STORE_OK);
        expect_body(s, topic, head + 1, LARGE);
    }
}

static void it_works_again_after_room_is_made(void **state)
{
    struct session *s = *state;
    uint64_t topic = scene_subscribe(s, TOPIC, CALLBACK).topic;
    it_goes_on_after_room_is_made(s, topic);
}

// A limit on the size of files stands for a disk that is full: write(2) fails
// in the same places.
static void limit_files(struct session *s, uint64_t more, struct rlimit *before)
{
    const struct sigaction ignore = { .sa_handler = SIG_IGN };
    const uint64_t used = scene_stats(s).used_bytes;
    assert_int_equal(sigaction(SIGXFSZ, &ignore, NULL), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, before), 0);
    const struct rlimit limit = { used + more, before->rlim_max };
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void what_makes_room_works_on_a_full_disk(void **state)
{
    struct session *s = *state;
    struct rlimit before;
    session_close(s);
    s->options.map_bytes = 256 << 20;
    session_open(s);
    uint64_t topic = scene_subscribe(s, TOPIC, CALLBACK).topic;
    limit_files(s, 3 << 20, &before);
    it_goes_on_after_room_is_made(s, topic);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
}

static void of_many_at_the_brim_each_is_kept_or_refused(void **state)
{
    enum { COUNT = 400 };
    struct session *s = *state;
    static struct store_take takes[COUNT];
    static char callbacks[COUNT][64];
    scene_subscribe(s, TOPIC, CALLBACK);
    fill(s, LARGE);
    uint64_t kept = 0, refused = 0;
    for (unsigned round = 0; round < 500 && refused == 0; round++) {
        for (unsigned i = 0; i < COUNT; i++) {
            snprintf(callbacks[i], sizeof callbacks[i], CALLBACK "/%u-%u",
                     round, i);
            takes[i] = scene_asks(STORE_SUBSCRIBE, TOPIC, callbacks[i]);
            session_submit(s, &takes[i].op);
        }
        session_wait(s);
        for (unsigned i = 0; i < COUNT; i++) {
            assert_true(takes[i].op.status == STORE_OK
                        || takes[i].op.status == STORE_FULL);
            kept += takes[i].op.status == STORE_OK;
            refused += takes[i].op.status == STORE_FULL;
        }
        assert_true(scene_stats(s).requests == kept);
    }
    assert_true(refused > 0);
    session_reopen(s);
    assert_true(scene_stats(s).requests == kept);
}

static void mailboxes_are_read_and_ended_when_full(void **state)
{
    struct session *s = *state;
    scene_subscribe(s, TOPIC, CALLBACK);
    static const enum store_ack acks[] = {
        STORE_ACK_NONE,
        STORE_ACK_CURSOR,
        STORE_ACK_EXPLICIT,
    };
    static const char *const names[] = { "none", "cursor", "explicit" };
    uint64_t boxes[3];
    for (int i = 0; i < 3; i++) {
        boxes[i] = postbox_make(s, names[i], acks[i]);
        postbox_listen(s, boxes[i], postbox_topic(TOPIC));
    }
    fill_up(s);
    struct store_put_mailbox put = postbox_asks("new", STORE_ACK_CURSOR);
    assert_int_equal(session_run(s, &put.op), STORE_FULL);
    for (int i = 0; i < 3; i++) {
        struct store_collect collect = postbox_reads(boxes[i], 0);
        collect.limit = 1;
        session_must(s, &collect.op);
        assert_int_equal(collect.count, 1);
        struct store_letter letter = collect.items[0];
        uint64_t place = collect.place;
        store_release(&collect.op);
        if (acks[i] == STORE_ACK_CURSOR)
            postbox_ack(s, boxes[i], place);
        if (acks[i] == STORE_ACK_EXPLICIT)
            assert_int_equal(
                postbox_mark(s, boxes[i], STORE_MARK_ACK, &letter, 0),
                STORE_OK);
        struct store_remove_mailbox remove = {
            .op.verb = STORE_REMOVE_MAILBOX,
            .mailbox = boxes[i],
        };
        session_must(s, &remove.op);
    }
    assert_int_equal(scene_stats(s).mailboxes, 0);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, set_up_small, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_full_map_says_so_and_loses_nothing),
        TEST(what_did_not_fit_is_not_there_in_part),
        TEST(what_takes_room_away_is_refused_when_full),
        TEST(pings_and_failed_fetches_are_kept_when_full),
        TEST(settlements_are_kept_when_full),
        TEST(outcomes_and_endings_are_kept_when_full),
        TEST(mailboxes_are_read_and_ended_when_full),
        TEST(it_works_again_after_room_is_made),
        TEST(what_makes_room_works_on_a_full_disk),
        TEST(of_many_at_the_brim_each_is_kept_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
