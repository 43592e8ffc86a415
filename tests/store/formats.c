// SPDX-License-Identifier: MIT
//
// What a program of any earlier format has left is there, and goes on.

#include "fixture.h"
#include "postbox.h"
#include "storage/steering.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define FEED   "https://example.org/feed"
#define OLD    "https://example.org/old"
#define PULLED "https://example.org/pulled"
#define WALKED "https://example.org/walked"
#define BURIED "https://example.org/buried"
#define KEPT   "https://example.org/kept"
#define CALL   "https://callback.example/"

enum { BIG = 70000 };

// A test for each format, the first that has it on.
static void each(int first, void (*test)(struct session *s))
{
    for (int format = first; format <= FIXTURE_LAST; format++) {
        print_message("           format %d\n", format);
        struct session *s = fixture_open(format);
        test(s);
        session_free(s);
    }
}

// What there is of one callback of a topic; release.
static struct store_find find(struct session *s, const char *topic,
                              const char *callback)
{
    struct store_find find = {
        .op.verb = STORE_FIND,
        .topic_key = scene_key(topic),
        .callback_key = scene_key(callback),
    };
    session_must(s, &find.op);
    return find;
}

static struct scene_name name_of(struct session *s, const char *topic,
                                 const char *callback)
{
    struct store_find there = find(s, topic, callback);
    assert_true(there.subscribed);
    struct scene_name name = { there.subscriber.topic, there.subscriber.id };
    store_release(&there.op);
    return name;
}

// ----------------------------------------------------------- subscriptions

static void who_lags_has_his_place(struct session *s)
{
    struct store_find there = find(s, FEED, CALL "a");
    assert_false(there.subscriber.lagging);
    assert_true(scene_same(there.subscriber.profile.secret, "secret"));
    assert_true(scene_same(there.subscriber.callback, CALL "a"));
    assert_true(there.subscriber.lease_end > session_now(s));
    assert_true(there.subscriber.lease_end <= session_now(s) + LEASE);
    store_release(&there.op);
    there = find(s, FEED, CALL "b");
    assert_true(there.subscriber.lagging);
    assert_int_equal(there.subscriber.next, 2);
    assert_int_equal(there.subscriber.attempts, 3);
    assert_int_equal(there.subscriber.step, 4);
    assert_int_equal(there.subscriber.last_status, 503);
    assert_true(there.subscriber.due > 0);
    store_release(&there.op);
    there = find(s, FEED, CALL "c");
    assert_true(there.subscriber.lagging);
    assert_int_equal(there.subscriber.next, 2);
    assert_int_equal(there.subscriber.attempts, 9);
    assert_int_equal(there.subscriber.due, 0);
    store_release(&there.op);
    session_advance(s, 2 * DAY);
    assert_true(scene_claim_delivery(s, name_of(s, FEED, CALL "b")) != 0);
    assert_true(scene_claim_delivery(s, name_of(s, FEED, CALL "c")) == 0);
}

static void who_asked_for_much_gets_it(struct session *s)
{
    struct store_find there = find(s, FEED, CALL "f");
    const struct store_profile *profile = &there.subscriber.profile;
    assert_true(there.subscribed);
    assert_int_equal(profile->secret.len, STORE_SECRET_MAX);
    assert_int_equal(profile->secret.at[STORE_SECRET_MAX - 1], 's');
    assert_int_equal(profile->method, STORE_SHA512);
    assert_int_equal(profile->content, STORE_CONTENT_ENTRIES);
    assert_true(scene_same(profile->verify_token, "token"));
    assert_true(profile->old_client);
    store_release(&there.op);
}

static void what_waits_is_verified(struct session *s)
{
    struct store_find there = find(s, FEED, CALL "new");
    assert_false(there.subscribed);
    assert_int_equal(there.pending_count, 1);
    uint64_t request = there.pending[0].id;
    store_release(&there.op);
    struct store_settle settled = scene_settle(s, request, STORE_VERIFIED);
    assert_int_equal(settled.effect, STORE_EFFECT_ACTIVE);
    there = find(s, FEED, CALL "a");
    assert_int_equal(there.pending_count, 1);
    request = there.pending[0].id;
    store_release(&there.op);
    settled = scene_settle(s, request, STORE_VERIFIED);
    assert_int_equal(settled.effect, STORE_EFFECT_ENDED);
    // Its lease is over; the renewal is being verified.
    there = find(s, FEED, CALL "e");
    assert_true(there.subscriber.suspended);
    assert_int_equal(there.pending_count, 1);
    request = there.pending[0].id;
    store_release(&there.op);
    settled = scene_settle(s, request, STORE_VERIFIED);
    assert_int_equal(settled.effect, STORE_EFFECT_RENEWED);
}

static void leases_end(struct session *s)
{
    session_advance(s, LEASE + DAY);
    for (bool more = true; more;) {
        struct store_expire expire = { .op.verb = STORE_EXPIRE, .max = 3 };
        session_must(s, &expire.op);
        more = expire.more;
        store_release(&expire.op);
    }
    assert_int_equal(scene_stats(s).subscriptions, 0);
    assert_int_equal(scene_stats(s).requests, 0);
    assert_true(scene_topic(s, FEED).unfollowed_at == session_now(s));
}

// ----------------------------------------------------------------- the log

static void expect_body(struct session *s, uint64_t seq, enum store_body which,
                        const char *text)
{
    struct store_read_body read = {
        .op.verb = STORE_READ_BODY,
        .topic = scene_topic(s, FEED).id,
        .seq = seq,
        .which = which,
    };
    session_must(s, &read.op);
    assert_true(scene_same(read.body, text));
    store_release(&read.op);
}

static void bodies_are_whole(struct session *s)
{
    static char big[BIG + 1];
    memset(big, 'x', BIG);
    expect_body(s, 1, STORE_WHOLE, "<feed>old</feed>");
    expect_body(s, 2, STORE_WHOLE, "<feed>two, and old</feed>");
    expect_body(s, 2, STORE_DELTA, "<feed>two</feed>");
    expect_body(s, 3, STORE_WHOLE, big);
    struct store_missed missed = {
        .op.verb = STORE_MISSED,
        .topic = scene_topic(s, FEED).id,
        .from = 1,
        .to = 3,
    };
    session_must(s, &missed.op);
    assert_int_equal(missed.count, 2);
    assert_true(missed.complete);
    store_release(&missed.op);
}

static void a_document_is_remembered(struct session *s)
{
    struct store_key key = scene_key(FEED);
    struct store_topics topics = {
        .op.verb = STORE_TOPICS,
        .keys = &key,
        .count = 1,
    };
    session_must(s, &topics.op);
    const struct store_topic *topic = &topics.items[0];
    assert_int_equal(topic->head, 3);
    assert_int_equal(topic->baseline, 1);
    assert_true(scene_same(topic->etag, "\"e2\""));
    assert_true(scene_same(topic->moved, "https://example.org/moved"));
    assert_true(scene_same(topic->self, FEED));
    assert_true(scene_same(topic->hubs,
                           "https://hub.example/\nhttps://other.example/"));
    struct store_read_entries entries = {
        .op.verb = STORE_READ_ENTRIES,
        .topic = topic->id,
    };
    store_release(&topics.op);
    session_must(s, &entries.op);
    assert_int_equal(entries.count, 3);
    assert_int_equal(entries.items[2].id[0], 3);
    assert_int_equal(entries.items[2].content[0], 13);
    assert_int_equal(entries.items[0].seq, 2);
    assert_int_equal(entries.items[0].seen, 20000);
    store_release(&entries.op);
}

static void what_retention_took_is_a_gap(struct session *s)
{
    struct store_position position = {
        .topic = scene_topic(s, PULLED).id,
        .since = STORE_SINCE_NUMBER,
    };
    struct store_events events = {
        .op.verb = STORE_EVENTS,
        .positions = &position,
        .count = 1,
        .limit = 2,
        .max_bytes = 1000,
        .bodies = true,
    };
    session_must(s, &events.op);
    assert_int_equal(position.gap_count, 1);
    assert_int_equal(position.gap_to, 1);
    assert_int_equal(events.event_count, 2);
    assert_true(scene_same(events.items[0].body, "p2"));
    assert_true(scene_same(events.items[1].body, "p3"));
    store_release(&events.op);
}

static void M7_who_follows_is_known(struct session *s)
{
    assert_true(scene_topic(s, OLD).unfollowed_at != 0);
    assert_int_equal(scene_topic(s, OLD).fetch_due, 0);
    assert_int_equal(scene_topic(s, OLD).head, 1);
    assert_int_equal(scene_topic(s, PULLED).unfollowed_at, 0);
    assert_true(scene_topic(s, PULLED).pulled_until > session_now(s));
    assert_int_equal(scene_ping(s, OLD), 0);
    assert_int_equal(scene_ping(s, PULLED), 1);
}

// Those after the first have not been visited.
static void a_walk_goes_on_where_it_was(struct session *s)
{
    struct scene_name first = name_of(s, WALKED, CALL "a");
    struct store_walk walk;
    assert_true(scene_walk(s, first.topic, &walk));
    assert_true(walk.position == first.id);
    assert_int_equal(walk.to, 1);
    scene_walk_all(s, first.topic, NULL);
    assert_false(scene_walk(s, first.topic, &walk));
}

static void everything_goes_on(struct session *s)
{
    struct scene_name name = scene_subscribe(s, FEED, CALL "later");
    struct store_publish published = scene_update(s, FEED, "four");
    assert_int_equal(published.seq, 4);
    scene_walk_all(s, name.topic, NULL);
    session_advance(s, DAY);
    struct store_trim trim = scene_trim(s, name.topic, DAY, 1, 1 << 20);
    assert_int_equal(trim.removed, 3);
    session_reopen(s);
    assert_true(scene_update(s, FEED, "five").number == published.number + 1);
}

// ------------------------------------------------- what came with a format

static void a_goodbye_is_still_to_be_said(struct session *s)
{
    struct store_claim denials = scene_claim_denials(s);
    assert_int_equal(denials.count, 1);
    const struct store_denial *denial = &denials.items[0].denial;
    assert_int_equal(denial->reason, STORE_DENIAL_POLICY);
    assert_true(denial->verified);
    assert_true(scene_same(denial->callback, CALL "denied"));
    store_release(&denials.op);
}

static void a_plan_and_a_choice_stand(struct session *s)
{
    struct store_key key = scene_key(PULLED);
    struct store_topics topics = {
        .op.verb = STORE_TOPICS,
        .keys = &key,
        .count = 1,
    };
    session_must(s, &topics.op);
    assert_int_equal(topics.items[0].content, STORE_CONTENT_EACH);
    assert_true(scene_same(topics.items[0].plan, "a plan of polls"));
    store_release(&topics.op);
}

static void lanes_and_pauses_stand(struct session *s)
{
    struct store_key busy = scene_key("https://busy.example:443");
    struct store_subscriber subscriber;
    struct store_lane lane;
    struct scene_name name = name_of(s, WALKED, "https://busy.example/w");
    assert_true(scene_subscriber(s, name, &subscriber));
    assert_true(subscriber.waits);
    assert_int_equal(subscriber.last_count, 1);
    assert_int_equal(subscriber.last[0].took_ms, 77);
    assert_true(scene_claim_waiting(s, name, busy) != 0);
    assert_true(scene_lane(s, scene_key("https://paused.example:443"), &lane));
    assert_true(lane.paused);
    name = name_of(s, WALKED, CALL "paused");
    assert_true(scene_subscriber(s, name, &subscriber));
    assert_true(subscriber.paused);
    assert_true(scene_stats(s).paused);
    // What a request led to is told.
    struct store_request_status status = {
        .op.verb = STORE_STATUS,
        .request = subscriber.request,
    };
    session_must(s, &status.op);
    assert_int_equal(status.state, STORE_REQUEST_VERIFIED);
    store_release(&status.op);
}

static uint64_t mailbox(struct session *s, const char *name)
{
    struct store_read_mailbox read = {
        .op.verb = STORE_READ_MAILBOX,
        .owner = POSTBOX_OWNER,
        .name = scene_bytes(name),
    };
    session_must(s, &read.op);
    uint64_t id = read.mailbox.id;
    store_release(&read.op);
    return id;
}

static void mailboxes_have_what_they_had(struct session *s)
{
    postbox_expect(s, postbox_reads(mailbox(s, "cursor"), 0),
                   "c2 dead leased waiting");
    uint64_t letters = mailbox(s, "letters");
    postbox_expect(s, postbox_reads(letters, 0), "waiting");
    struct store_collect dead = postbox_reads(letters, 0);
    dead.dead = true;
    postbox_expect(s, dead, "dead leased");
    scene_subscribe(s, OLD, CALL "a");
    scene_update(s, OLD, "more");
    postbox_expect(s, postbox_reads(mailbox(s, "cursor"), 0),
                   "c2 dead leased waiting more");
}

static void tokens_and_graves_are_known(struct session *s)
{
    struct store_find_token token = {
        .op.verb = STORE_FIND_TOKEN,
        .hash = { 1, 2, 3 },
    };
    session_must(s, &token.op);
    assert_true(scene_same(token.token.name, "laptop"));
    assert_true(scene_same(token.token.scope, "https://example.org/*"));
    store_release(&token.op);
    uint64_t topic = scene_follow(s, BURIED, true, DAY).topic;
    scene_update(s, BURIED, "risen");
    struct store_position position = {
        .topic = topic,
        .since = STORE_SINCE_NUMBER,
        .value = 1,
    };
    struct store_events events = {
        .op.verb = STORE_EVENTS,
        .positions = &position,
        .count = 1,
        .limit = 1,
    };
    session_must(s, &events.op);
    assert_int_equal(position.gap_loss, STORE_LOST_RECREATED);
    store_release(&events.op);
}

static void what_operators_want_stands(struct session *s)
{
    struct store_page_rules page = { .op.verb = STORE_PAGE_RULES, .max = 10 };
    session_must(s, &page.op);
    assert_int_equal(page.count, 3);
    assert_true(scene_same(page.items[0].subject, "bad.example"));
    assert_true(scene_same(page.items[1].value, "a key"));
    assert_true(scene_same(page.items[2].by, "root"));
    store_release(&page.op);
    assert_true(scene_topic(s, KEPT).kept);
    assert_int_equal(scene_topic(s, KEPT).poll_every, HOUR);
    assert_int_equal(scene_topic(s, KEPT).unfollowed_at, 0);
}

#define SINCE(format, name)                                                    \
    static void name##_##format(void **state)                                  \
    {                                                                          \
        (void)state;                                                           \
        each(format, name);                                                    \
    }

SINCE(1, who_lags_has_his_place)
SINCE(1, who_asked_for_much_gets_it)
SINCE(1, what_waits_is_verified)
SINCE(1, leases_end)
SINCE(1, bodies_are_whole)
SINCE(1, a_document_is_remembered)
SINCE(1, what_retention_took_is_a_gap)
SINCE(1, M7_who_follows_is_known)
SINCE(1, a_walk_goes_on_where_it_was)
SINCE(1, everything_goes_on)
SINCE(2, a_goodbye_is_still_to_be_said)
SINCE(4, a_plan_and_a_choice_stand)
SINCE(5, lanes_and_pauses_stand)
SINCE(6, mailboxes_have_what_they_had)
SINCE(6, tokens_and_graves_are_known)
SINCE(7, what_operators_want_stands)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_lags_has_his_place_1),
        cmocka_unit_test(who_asked_for_much_gets_it_1),
        cmocka_unit_test(what_waits_is_verified_1),
        cmocka_unit_test(leases_end_1),
        cmocka_unit_test(bodies_are_whole_1),
        cmocka_unit_test(a_document_is_remembered_1),
        cmocka_unit_test(what_retention_took_is_a_gap_1),
        cmocka_unit_test(M7_who_follows_is_known_1),
        cmocka_unit_test(a_walk_goes_on_where_it_was_1),
        cmocka_unit_test(everything_goes_on_1),
        cmocka_unit_test(a_goodbye_is_still_to_be_said_2),
        cmocka_unit_test(a_plan_and_a_choice_stand_4),
        cmocka_unit_test(lanes_and_pauses_stand_5),
        cmocka_unit_test(mailboxes_have_what_they_had_6),
        cmocka_unit_test(tokens_and_graves_are_known_6),
        cmocka_unit_test(what_operators_want_stands_7),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
