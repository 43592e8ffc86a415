// SPDX-License-Identifier: MIT
//
// Every order of {walk reads, walk says, new update, retry succeeds, retry
// fails, unsubscribe, renew} for one subscriber, and in each: nobody who is
// owed is forgotten, nobody is owed again what has arrived, and records are
// gone when there is nothing left to deliver.

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
    STEPS,
};

// What a hub knows of the one subscriber.
struct story {
    struct session *session;
    struct scene_name name;
    bool starts_lagging;
    bool last_attempt; // a failing retry is the last one
    bool ended;
    bool read; // the walk has read it, and `seen` is what it saw
    struct store_subscriber seen;
    struct store_walk walk;
    // The retry that is under way.
    struct store_outcome attempt;
    uint64_t head;
    uint64_t arrived;  // everything up to here
    uint64_t given_up; // everything up to here was in an attempt that failed
    bool blind;        // a reminder met a record that was gone
    char steps[STEPS * 2 + 1];
};

static void begin_attempt(struct story *story)
{
    struct session *s = story->session;
    if (story->ended || story->attempt.token != 0)
        return;
    uint64_t token = scene_claim_delivery(s, story->name);
    if (token == 0)
        return;
    story->attempt =
        scene_outcome(s, STORE_DELIVERED, story->name, story->head);
    story->attempt.token = token;
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
    if (outcome.kind == STORE_DELIVERED && story->arrived < outcome.upto)
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
    if (success && story->arrived < attempt->upto)
        story->arrived = attempt->upto;
    if (!success) {
        struct store_subscriber now;
        bool there = scene_subscriber(story->session, story->name, &now);
        bool renewed = there && now.rev != attempt->rev;
        attempt->kind = STORE_OWED;
        if (story->last_attempt)
            attempt->due = 0;
        if (!renewed)
            story->given_up = attempt->upto;
    }
    scene_record(story->session, *attempt);
    attempt->token = 0;
    begin_attempt(story);
}

static void renew(struct story *story)
{
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
    static const char letters[] = "rwusfxn";
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
    default:
        renew(story);
    }
}

// Up to where the walks have yet to come by.
static bool walk_will_come(const struct story *story, uint64_t *from)
{
    struct store_walk walk;
    if (!scene_walk(story->session, story->name.topic, &walk))
        return false;
    *from = story->name.id > walk.position ? walk.from : walk.to;
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
    if (now.due == 0 && story->given_up < reminded)
        fail_msg("%s: stopped before an attempt", story->steps);
}

static void begin(struct story *story)
{
    struct session *s = story->session;
    story->name = scene_subscribe(s, TOPIC, CALLBACK);
    story->head = story->arrived = scene_topic(s, TOPIC).head;
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
    }
    bool there = scene_subscriber(s, story->name, &now);
    assert_true(there == !story->ended);
    if (there && now.lagging)
        fail_msg("%s: it still lags", story->steps);
    struct store_numbers numbers = scene_stats(s);
    assert_int_equal(numbers.lagging, 0);
    assert_int_equal(numbers.walks, 0);
    assert_int_equal(numbers.requests, 0);
    if (there)
        scene_unsubscribe(s, TOPIC, CALLBACK);
}

static void tell(struct session *s, const enum step steps[STEPS],
                 bool starts_lagging, bool last_attempt)
{
    struct story story = {
        .session = s,
        .starts_lagging = starts_lagging,
        .last_attempt = last_attempt,
    };
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

static bool reads_before_it_says(const enum step steps[STEPS])
{
    int i = 0;
    while (steps[i] != WALK_READS && steps[i] != WALK_SAYS)
        i++;
    return steps[i] == WALK_READS;
}

static void tell_all(struct session *s, bool starts_lagging, bool last_attempt)
{
    enum step steps[STEPS];
    int counters[STEPS] = { 0 };
    for (int i = 0; i < STEPS; i++)
        steps[i] = (enum step)i;
    int count = 0;
    do {
        if (!reads_before_it_says(steps))
            continue;
        tell(s, steps, starts_lagging, last_attempt);
        count++;
    } while (next_order(steps, counters));
    assert_int_equal(count, 2520);
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
    tell_all(*state, true, false);
}

static void M4_nobody_is_forgotten_after_the_last_attempt(void **state)
{
    tell_all(*state, true, true);
}

static void M1_nobody_is_forgotten_who_was_up_to_date(void **state)
{
    tell_all(*state, false, false);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, with_a_witness, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(M1_nobody_is_forgotten_while_retries_go_on),
        TEST(M4_nobody_is_forgotten_after_the_last_attempt),
        TEST(M1_nobody_is_forgotten_who_was_up_to_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
