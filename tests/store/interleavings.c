// SPDX-License-Identifier: MIT
//
// Every order of {walk reads, walk says, new update, retry succeeds, retry
// fails, unsubscribe, renew} for one subscriber, and of {walk reads, walk says,
// new update, retry succeeds, lease ends, that is noticed, renew}, and of some
// of these with {told to wait in the lane, taken from it, paused, goes on, sent
// again}; and in each: nobody who is owed is forgotten, nobody is owed again
// what has arrived, and records are gone when there is nothing left to deliver.

#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TOPIC    "https://example.org/feed"
#define CALLBACK "https://callback.example/a"

enum step {
    WALK_READS,
    WALK_SAYS,
    UPDATE,
    RETRY_SUCCEEDS,
    RETRY_FAILS,
    UNSUBSCRIBE,
    RENEW,
    LEASE_ENDS,
    EXPIRE,
    WAITS,
    LANE_SUCCEEDS,
    LANE_FAILS,
    PAUSE,
    GO_ON,
    RESEND,
};

enum { STEPS = 7 }; // of one story

// What a hub knows of the one subscriber.
struct story {
    struct session *session;
    struct scene_name name;
    bool starts_lagging;
    bool last_attempt; // a failing retry is the last one
    bool short_lease;
    uint64_t renewal; // the request that waits, if its lease is short
    bool ended;
    bool read; // the walk has read it, and `seen` is what it saw
    struct store_subscriber seen;
    bool uncalled; // its lease was over, or it is paused
    bool outdated; // its cursor was set back after that
    struct store_walk walk;
    // The retry that is under way.
    struct store_outcome attempt;
    bool overtaken; // by an operator who set the cursor back
    uint64_t head;
    uint64_t arrived;  // everything up to here
    uint64_t given_up; // everything up to here was in an attempt that failed
    bool blind;        // a reminder met a record that was gone
    char steps[STEPS * 2 + 1];
};

// By himself, or from his lane.
static void begin_attempt_at(struct story *story, bool lane)
{
    struct session *s = story->session;
    struct store_subscriber now = { .lease_end = 0 };
    if (story->ended || story->attempt.token != 0
        || !scene_subscriber(s, story->name, &now)
        || now.lease_end <= session_now(s))
        return;
    uint64_t token = lane ? scene_claim_waiting(s, story->name, scene_origin())
                          : scene_claim_delivery(s, story->name);
    if (token == 0)
        return;
    story->overtaken = false;
    story->attempt =
        scene_outcome(s, STORE_DELIVERED, story->name, story->head);
    story->attempt.token = token;
}

static void begin_attempt(struct story *story)
{
    begin_attempt_at(story, false);
}

static void update(struct story *story)
{
    story->head = scene_update(story->session, TOPIC, "body").seq;
}

static void walk_reads(struct story *story)
{
    struct session *s = story->session;
    bool walks = scene_walk(s, story->name.topic, &story->walk);
    if (!walks && !story->ended)
        fail_msg("%s: there is no walk", story->steps);
    story->read = scene_subscriber(s, story->name, &story->seen);
    story->uncalled =
        story->seen.lease_end <= session_now(s) || story->seen.paused;
    story->outdated = false;
    if (story->read && !story->seen.lagging && walks
        && story->walk.to < story->arrived)
        fail_msg("%s: an older one after a newer", story->steps);
}

static void walk_says(struct story *story)
{
    struct store_outcome outcome = {
        .kind = story->seen.lagging ? STORE_REMINDED : STORE_DELIVERED,
        .topic = story->name.topic,
        .subscription = story->name.id,
        .rev = story->seen.rev,
        .upto = story->walk.to,
    };
    if (story->uncalled && !story->seen.lagging)
        outcome.kind = STORE_PASSED;
    struct store_checkpoint end = {
        .op.verb = STORE_CHECKPOINT,
        .walk = story->walk,
        .finish = true,
        .outcomes = &outcome,
        .count = story->read ? 1 : 0,
    };
    struct store_subscriber now;
    if (story->walk.topic == 0)
        return;
    bool there = scene_subscriber(story->session, story->name, &now);
    end.walk.position = story->name.id;
    session_must(story->session, &end.op);
    if (!story->read)
        return;
    if (outcome.kind == STORE_DELIVERED && story->arrived < outcome.upto
        && !story->outdated)
        story->arrived = outcome.upto;
    if (outcome.kind == STORE_REMINDED && there && !now.lagging)
        story->blind = true;
}

static void end_attempt(struct story *story, bool success)
{
    begin_attempt(story);
    struct store_outcome *attempt = &story->attempt;
    if (attempt->token == 0)
        return;
    if (success && story->arrived < attempt->upto && !story->overtaken)
        story->arrived = attempt->upto;
    if (!success) {
        struct store_subscriber now;
        bool there = scene_subscriber(story->session, story->name, &now);
        bool renewed = there && now.rev != attempt->rev;
        attempt->kind = STORE_OWED;
        if (story->last_attempt)
            attempt->due = 0;
        if (!renewed && !story->overtaken)
            story->given_up = attempt->upto;
    }
    scene_record(story->session, *attempt);
    attempt->token = 0;
    begin_attempt(story);
}

// The attempt is not made: it waits for its origin.
static void wait_in_lane(struct story *story)
{
    begin_attempt(story);
    struct store_outcome *attempt = &story->attempt;
    if (attempt->token == 0)
        return;
    attempt->kind = STORE_OWED;
    attempt->waits = true;
    scene_record(story->session, *attempt);
    attempt->token = 0;
}

static void take_from_lane(struct story *story, bool success)
{
    begin_attempt_at(story, true);
    if (story->attempt.token != 0)
        end_attempt(story, success);
}

static void pause_or_go_on(struct story *story, bool paused)
{
    struct store_pause pause = scene_pause_one(story->name, paused);
    enum store_status status = session_run(story->session, &pause.op);
    assert_int_equal(status, story->ended ? STORE_NOT_FOUND : STORE_OK);
}

// The newest update.
static void resend(struct story *story)
{
    struct store_resend resend = {
        .op.verb = STORE_RESEND,
        .topic = story->name.topic,
        .subscription = story->name.id,
    };
    if (session_run(story->session, &resend.op) != STORE_OK)
        return;
    if (story->arrived == story->head)
        story->arrived--;
    story->given_up = 0;
    story->overtaken = story->attempt.token != 0;
    story->outdated = true;
}

static void end_lease(struct story *story)
{
    struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    story->renewal = scene_take(story->session, &take);
    session_advance(story->session, 2 * SECOND);
}

static void notice(struct story *story)
{
    struct store_expire expire = { .op.verb = STORE_EXPIRE, .max = 10 };
    session_must(story->session, &expire.op);
    assert_int_equal(expire.count, 0);
    store_release(&expire.op);
}

static void renew(struct story *story)
{
    if (story->renewal != 0) {
        scene_settle(story->session, story->renewal, STORE_VERIFIED);
        story->renewal = 0;
        story->given_up = 0;
        return;
    }
    struct scene_name name = scene_subscribe(story->session, TOPIC, CALLBACK);
    if (story->ended)
        scene_unsubscribe(story->session, TOPIC, CALLBACK);
    else
        assert_true(name.id == story->name.id);
    // It deserves an attempt, whatever was given up before.
    story->given_up = 0;
}

static void take_step(struct story *story, enum step step)
{
    static const char letters[] = "rwusfxnleWSFpgR";
    size_t len = strlen(story->steps);
    story->steps[len] = letters[step];
    switch (step) {
    case WALK_READS:
        walk_reads(story);
        break;
    case WALK_SAYS:
        walk_says(story);
        break;
    case UPDATE:
        update(story);
        break;
    case RETRY_SUCCEEDS:
    case RETRY_FAILS:
        end_attempt(story, step == RETRY_SUCCEEDS);
        break;
    case UNSUBSCRIBE:
        scene_unsubscribe(story->session, TOPIC, CALLBACK);
        story->ended = true;
        break;
    case RENEW:
        renew(story);
        break;
    case LEASE_ENDS:
        end_lease(story);
        break;
    case EXPIRE:
        notice(story);
        break;
    case WAITS:
        wait_in_lane(story);
        break;
    case LANE_SUCCEEDS:
    case LANE_FAILS:
        take_from_lane(story, step == LANE_SUCCEEDS);
        break;
    case PAUSE:
    case GO_ON:
        pause_or_go_on(story, step == PAUSE);
        break;
    case RESEND:
        resend(story);
        break;
    }
}

// Up to where the walks have yet to come by.
static bool walk_will_come(const struct story *story, uint64_t *from)
{
    struct store_walk walk;
    if (!scene_walk(story->session, story->name.topic, &walk))
        return false;
    *from = store_walk_cursor(&walk, story->name.id);
    return true;
}

static void check(struct story *story)
{
    struct store_subscriber now;
    bool there = scene_subscriber(story->session, story->name, &now);
    if (there == story->ended)
        fail_msg("%s: it is %s", story->steps, there ? "back" : "gone");
    if (!there)
        return;
    if ((now.paused || now.waits)
        && scene_claim_delivery(story->session, story->name) != 0)
        fail_msg("%s: claimed all the same", story->steps);
    uint64_t walks_from = 0;
    bool walks = walk_will_come(story, &walks_from);
    if (!now.lagging) {
        uint64_t cursor = walks ? walks_from : story->head;
        if (story->arrived < cursor)
            fail_msg("%s: forgotten", story->steps);
        return;
    }
    if (now.next > story->arrived + 1)
        fail_msg("%s: %llu is skipped", story->steps,
                 (unsigned long long)story->arrived + 1);
    if (now.next <= story->arrived && !story->blind)
        fail_msg("%s: owed again", story->steps);
    uint64_t reminded = walks ? walks_from : story->head;
    bool waits = now.lease_end <= session_now(story->session);
    if (now.due == 0 && !waits && now.next <= reminded
        && story->given_up < reminded)
        fail_msg("%s: stopped before an attempt", story->steps);
}

static void begin(struct story *story)
{
    struct session *s = story->session;
    story->name = scene_subscribe(s, TOPIC, CALLBACK);
    story->head = story->arrived = scene_topic(s, TOPIC).head;
    if (story->short_lease)
        session_advance(s, LEASE - SECOND);
    if (story->starts_lagging) {
        update(story);
        struct store_walk walk;
        assert_true(scene_walk(s, story->name.topic, &walk));
        struct store_outcome owed =
            scene_outcome(s, STORE_OWED, story->name, story->head);
        owed.next = story->head;
        owed.due = session_now(s);
        struct store_checkpoint end = {
            .op.verb = STORE_CHECKPOINT,
            .walk = walk,
            .finish = true,
            .outcomes = &owed,
            .count = 1,
        };
        end.walk.position = story->name.id;
        session_must(s, &end.op);
        begin_attempt(story);
        assert_true(story->attempt.token != 0);
    }
    update(story);
    check(story);
}

static enum store_outcome_kind arrives(uint64_t subscription)
{
    (void)subscription;
    return STORE_DELIVERED;
}

// Let everything arrive; then nothing may be left.
static void finish(struct story *story)
{
    struct session *s = story->session;
    struct store_subscriber now;
    if (story->attempt.token != 0)
        end_attempt(story, true);
    update(story);
    for (int i = 0; i < 4; i++) {
        scene_walk_all(s, story->name.topic, arrives);
        session_advance(s, DAY / 100);
        story->attempt.token = 0;
        end_attempt(story, true);
        take_from_lane(story, true);
    }
    bool there = scene_subscriber(s, story->name, &now);
    assert_true(there == !story->ended);
    if (there && now.lagging)
        fail_msg("%s: it still lags", story->steps);
    struct store_keep_lane keep = {
        .op.verb = STORE_KEEP_LANE,
        .lane.origin = scene_origin(),
    };
    session_must(s, &keep.op);
    struct store_numbers numbers = scene_stats(s);
    assert_int_equal(numbers.lanes, 0);
    assert_int_equal(numbers.lagging, 0);
    assert_int_equal(numbers.walks, 0);
    assert_int_equal(numbers.requests, 0);
    if (there)
        scene_unsubscribe(s, TOPIC, CALLBACK);
}

static void tell(struct story story, const enum step steps[STEPS])
{
    begin(&story);
    for (int i = 0; i < STEPS; i++) {
        take_step(&story, steps[i]);
        check(&story);
    }
    finish(&story);
}

// Heap's algorithm, without recursion.
static bool next_order(enum step steps[STEPS], int counters[STEPS])
{
    for (int i = 1; i < STEPS; i++) {
        if (counters[i] == i) {
            counters[i] = 0;
            continue;
        }
        int other = i % 2 ? counters[i] : 0;
        enum step held = steps[other];
        steps[other] = steps[i];
        steps[i] = held;
        counters[i]++;
        return true;
    }
    return false;
}

// Of the two steps the former comes first, if they are there.
static bool in_order(const enum step steps[STEPS], enum step former,
                     enum step latter)
{
    int i = 0;
    while (i < STEPS && steps[i] != former && steps[i] != latter)
        i++;
    return i == STEPS || steps[i] == former;
}

// Only a lease that has ended is noticed, and renewed by what waited.
static bool ends_before_all_that(const enum step steps[STEPS])
{
    int i = 0;
    while (i < STEPS && steps[i] != LEASE_ENDS)
        if (steps[i] == RENEW || steps[i] == EXPIRE)
            return false;
        else
            i++;
    return true;
}

static int tell_all(struct story story, const enum step of[STEPS])
{
    enum step steps[STEPS];
    int counters[STEPS] = { 0 };
    memcpy(steps, of, sizeof steps);
    int count = 0;
    do {
        if (!in_order(steps, WALK_READS, WALK_SAYS)
            || !in_order(steps, PAUSE, GO_ON)
            || (story.short_lease && !ends_before_all_that(steps)))
            continue;
        tell(story, steps);
        count++;
    } while (next_order(steps, counters));
    return count;
}

static void serve(struct session *s, bool starts_lagging, bool last_attempt)
{
    static const enum step steps[STEPS] = {
        WALK_READS,  WALK_SAYS,   UPDATE, RETRY_SUCCEEDS,
        RETRY_FAILS, UNSUBSCRIBE, RENEW,
    };
    struct story story = {
        .session = s,
        .starts_lagging = starts_lagging,
        .last_attempt = last_attempt,
    };
    assert_int_equal(tell_all(story, steps), 2520);
}

static void outlive_the_lease(struct session *s, bool starts_lagging)
{
    static const enum step steps[STEPS] = {
        WALK_READS, WALK_SAYS, UPDATE, RETRY_SUCCEEDS,
        LEASE_ENDS, EXPIRE,    RENEW,
    };
    struct story story = {
        .session = s,
        .starts_lagging = starts_lagging,
        .short_lease = true,
    };
    assert_int_equal(tell_all(story, steps), 840);
}

static void tell_of(struct session *s, const enum step steps[STEPS], int count)
{
    for (int i = 0; i < 4; i++) {
        struct story story = {
            .session = s,
            .starts_lagging = i & 1,
            .last_attempt = i & 2,
        };
        assert_int_equal(tell_all(story, steps), count);
    }
}

// Somebody else keeps the topic, so that it is the same one in all stories.
static int with_a_witness(void **state)
{
    session_setup_cheap(state);
    struct session *s = *state;
    scene_follow(s, TOPIC, true, 100000 * (int64_t)DAY);
    return 0;
}

static void M1_nobody_is_forgotten_while_retries_go_on(void **state)
{
    serve(*state, true, false);
}

static void M4_nobody_is_forgotten_after_the_last_attempt(void **state)
{
    serve(*state, true, true);
}

static void M1_nobody_is_forgotten_who_was_up_to_date(void **state)
{
    serve(*state, false, false);
}

static void B_nobody_is_forgotten_whose_renewal_comes_after_the_lease(
    void **state)
{
    outlive_the_lease(*state, false);
}

static void B_nobody_is_forgotten_who_lags_when_the_lease_ends(void **state)
{
    outlive_the_lease(*state, true);
}

static void M4_nobody_is_forgotten_in_a_lane(void **state)
{
    static const enum step steps[STEPS] = {
        WALK_READS, WALK_SAYS, UPDATE, WAITS, LANE_SUCCEEDS, LANE_FAILS, RENEW,
    };
    tell_of(*state, steps, 2520);
}

static void nobody_is_forgotten_who_was_paused(void **state)
{
    static const enum step steps[STEPS] = {
        WALK_READS, WALK_SAYS, UPDATE, WAITS, LANE_SUCCEEDS, PAUSE, GO_ON,
    };
    static const enum step others[STEPS] = {
        WALK_READS, WALK_SAYS, RETRY_FAILS, UNSUBSCRIBE, RENEW, PAUSE, GO_ON,
    };
    tell_of(*state, steps, 1260);
    tell_of(*state, others, 1260);
}

static void what_is_sent_again_arrives_after_that(void **state)
{
    static const enum step steps[STEPS] = {
        WALK_READS,     WALK_SAYS,   UPDATE, RESEND,
        RETRY_SUCCEEDS, RETRY_FAILS, RENEW,
    };
    static const enum step others[STEPS] = {
        WALK_READS, WALK_SAYS, RESEND, WAITS, LANE_SUCCEEDS, PAUSE, GO_ON,
    };
    tell_of(*state, steps, 2520);
    tell_of(*state, others, 1260);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, with_a_witness, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(M1_nobody_is_forgotten_while_retries_go_on),
        TEST(M4_nobody_is_forgotten_after_the_last_attempt),
        TEST(M1_nobody_is_forgotten_who_was_up_to_date),
        TEST(B_nobody_is_forgotten_whose_renewal_comes_after_the_lease),
        TEST(B_nobody_is_forgotten_who_lags_when_the_lease_ends),
        TEST(M4_nobody_is_forgotten_in_a_lane),
        TEST(nobody_is_forgotten_who_was_paused),
        TEST(what_is_sent_again_arrives_after_that),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
