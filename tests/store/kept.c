// SPDX-License-Identifier: MIT
//
// Topics that an operator keeps (M7), and how often he wants them polled.

#include "scene.h"
#include "storage/steering.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define TOPIC    "https://example.org/feed"
#define CALLBACK "https://callback.example/a"

static struct store_keep_topic asks(void)
{
    return (struct store_keep_topic){
        .op.verb = STORE_KEEP_TOPIC,
        .key = scene_key(TOPIC),
        .url = scene_bytes(TOPIC),
        .url_normal = scene_bytes(TOPIC),
    };
}

static struct store_keep_topic keep(struct session *s, bool kept)
{
    struct store_keep_topic op = asks();
    op.set_keep = true;
    op.keep = kept;
    session_must(s, &op.op);
    return op;
}

static void poll(struct session *s, int64_t every)
{
    struct store_keep_topic op = asks();
    op.set_poll = true;
    op.poll_every = every;
    session_must(s, &op.op);
}

// A fetch that is due now, which goes well and plans the next for then.
static void fetch(struct session *s, enum store_verdict verdict, int64_t due)
{
    struct store_claimed claimed;
    uint64_t topic = scene_topic(s, TOPIC).id;
    assert_true(scene_claim_topic(s, STORE_DUE_FETCH, topic, &claimed));
    struct store_publish publish = {
        .op.verb = STORE_PUBLISH,
        .topic = topic,
        .token = claimed.token,
        .generation = claimed.topic.dirty,
        .expected_head = claimed.topic.head,
        .verdict = verdict,
        .due = due,
        .kind = STORE_UPDATE_WHOLE,
        .whole.inlined = scene_bytes("body"),
    };
    session_must(s, &publish.op);
}

static void M7_what_is_kept_is_followed_without_anybody_else(void **state)
{
    struct session *s = *state;
    struct store_keep_topic kept = keep(s, true);
    assert_true(kept.topic != 0);
    assert_true(kept.topic_new);
    struct store_topic topic = scene_topic(s, TOPIC);
    assert_true(topic.kept);
    assert_true(topic.fetch_due == session_now(s));
    fetch(s, STORE_FETCH_BASELINE, session_now(s) + HOUR);
    session_advance(s, (int64_t)100 * DAY);
    session_reopen(s);
    struct store_trim trim = scene_trim(s, kept.topic, DAY, 100, 1 << 20);
    assert_false(trim.topic_removed);
    topic = scene_topic(s, TOPIC);
    assert_int_equal(topic.unfollowed_at, 0);
    assert_int_equal(scene_ping(s, TOPIC), 1);
    struct store_keep_topic again = keep(s, true);
    assert_true(again.topic == kept.topic);
    assert_false(again.topic_new);
}

static void M7_who_keeps_it_no_longer_lets_it_end(void **state)
{
    struct session *s = *state;
    uint64_t id = keep(s, true).topic;
    fetch(s, STORE_FETCH_BASELINE, session_now(s) + HOUR);
    keep(s, false);
    struct store_topic topic = scene_topic(s, TOPIC);
    assert_false(topic.kept);
    assert_true(topic.unfollowed_at == session_now(s));
    assert_int_equal(topic.fetch_due, 0);
    session_advance(s, 2 * DAY);
    assert_true(scene_trim(s, id, DAY, 100, 1 << 20).topic_removed);
}

static void M7_others_who_follow_it_are_not_asked(void **state)
{
    struct session *s = *state;
    uint64_t id = scene_subscribe(s, TOPIC, CALLBACK).topic;
    struct store_keep_topic kept = keep(s, true);
    assert_true(kept.topic == id);
    assert_false(kept.topic_new);
    scene_unsubscribe(s, TOPIC, CALLBACK);
    assert_int_equal(scene_topic(s, TOPIC).unfollowed_at, 0);
    scene_subscribe(s, TOPIC, CALLBACK);
    keep(s, false);
    assert_int_equal(scene_topic(s, TOPIC).unfollowed_at, 0);
}

static void M7_one_that_nobody_followed_is_fetched_anew(void **state)
{
    struct session *s = *state;
    scene_subscribe(s, TOPIC, CALLBACK);
    scene_update(s, TOPIC, "one");
    scene_unsubscribe(s, TOPIC, CALLBACK);
    assert_true(scene_topic(s, TOPIC).unfollowed_at != 0);
    assert_true(keep(s, true).topic_new);
    struct store_topic topic = scene_topic(s, TOPIC);
    assert_int_equal(topic.last_fetch, 0);
    assert_true(topic.fetch_due == session_now(s));
}

static void only_what_is_to_be_kept_is_made(void **state)
{
    struct session *s = *state;
    struct store_keep_topic op = asks();
    op.set_poll = true;
    op.poll_every = HOUR;
    assert_int_equal(session_run(s, &op.op), STORE_NOT_FOUND);
    op.set_keep = true;
    assert_int_equal(session_run(s, &op.op), STORE_NOT_FOUND);
    op.keep = true;
    session_must(s, &op.op);
    assert_int_equal(scene_topic(s, TOPIC).poll_every, HOUR);
}

static void no_more_topics_than_there_may_be(void **state)
{
    struct session *s = *state;
    session_close(s);
    s->options.max_topics = 1;
    session_open(s);
    scene_subscribe(s, "https://example.org/other", CALLBACK);
    struct store_keep_topic op = asks();
    op.set_keep = op.keep = true;
    assert_int_equal(session_run(s, &op.op), STORE_CONFLICT);
    assert_int_equal(scene_stats(s).topics, 1);
}

static void it_is_polled_as_often_as_the_operator_says(void **state)
{
    struct session *s = *state;
    keep(s, true);
    fetch(s, STORE_FETCH_BASELINE, session_now(s) + DAY);
    int64_t fetched = session_now(s);
    session_advance(s, MINUTE);
    poll(s, HOUR);
    assert_true(scene_topic(s, TOPIC).fetch_due == fetched + HOUR);
    // From now on whatever is planned.
    session_advance(s, HOUR);
    fetch(s, STORE_FETCH_UNCHANGED, session_now(s) + 5 * DAY);
    assert_true(scene_topic(s, TOPIC).fetch_due == session_now(s) + HOUR);
    session_advance(s, HOUR);
    fetch(s, STORE_FETCH_UNCHANGED, session_now(s) + 50 * MINUTE);
    assert_true(scene_topic(s, TOPIC).fetch_due
                == session_now(s) + 50 * MINUTE);
    // A retry is the hub's to plan.
    session_advance(s, HOUR);
    fetch(s, STORE_FETCH_FAILED, session_now(s) + DAY);
    assert_true(scene_topic(s, TOPIC).fetch_due == session_now(s) + DAY);
    session_reopen(s);
    assert_int_equal(scene_topic(s, TOPIC).poll_every, HOUR);
}

static void what_is_never_polled_is_fetched_when_pinged(void **state)
{
    struct session *s = *state;
    keep(s, true);
    poll(s, -1);
    // What is old has to be learnt all the same.
    assert_true(scene_topic(s, TOPIC).fetch_due != 0);
    fetch(s, STORE_FETCH_BASELINE, 0);
    assert_int_equal(scene_topic(s, TOPIC).fetch_due, 0);
    session_reopen(s);
    assert_int_equal(scene_topic(s, TOPIC).poll_every, -1);
    assert_int_equal(scene_ping(s, TOPIC), 1);
    assert_true(scene_topic(s, TOPIC).fetch_due == session_now(s));
    // The ping is not taken away by saying it once more.
    poll(s, HOUR);
    poll(s, -1);
    assert_true(scene_topic(s, TOPIC).fetch_due == session_now(s));
    fetch(s, STORE_FETCH_FAILED, session_now(s) + MINUTE);
    assert_true(scene_topic(s, TOPIC).fetch_due == session_now(s) + MINUTE);
    session_advance(s, MINUTE);
    // Once more, for what a ping announced and was not there yet.
    fetch(s, STORE_FETCH_UNCHANGED, session_now(s) + SECOND);
    assert_true(scene_topic(s, TOPIC).fetch_due == session_now(s) + SECOND);
    session_advance(s, SECOND);
    fetch(s, STORE_FETCH_UNCHANGED, 0);
    assert_int_equal(scene_topic(s, TOPIC).fetch_due, 0);
    // As learnt: whoever has learnt it looks at once.
    poll(s, 0);
    assert_true(scene_topic(s, TOPIC).fetch_due == session_now(s));
}

static void what_is_overdue_by_the_new_plan_is_due_now(void **state)
{
    struct session *s = *state;
    keep(s, true);
    fetch(s, STORE_FETCH_BASELINE, session_now(s) + (int64_t)30 * DAY);
    session_advance(s, DAY);
    poll(s, HOUR);
    assert_true(scene_topic(s, TOPIC).fetch_due == session_now(s));
}

static void what_nobody_follows_is_not_polled(void **state)
{
    struct session *s = *state;
    keep(s, true);
    fetch(s, STORE_FETCH_BASELINE, session_now(s) + HOUR);
    keep(s, false);
    poll(s, HOUR);
    assert_int_equal(scene_topic(s, TOPIC).fetch_due, 0);
    assert_int_equal(scene_topic(s, TOPIC).poll_every, HOUR);
}

static void the_choice_is_made_with_it(void **state)
{
    struct session *s = *state;
    struct store_keep_topic op = asks();
    op.set_keep = op.keep = op.set_content = true;
    op.content = STORE_CONTENT_EACH;
    session_must(s, &op.op);
    session_reopen(s);
    assert_int_equal(scene_topic(s, TOPIC).content, STORE_CONTENT_EACH);
    op.content = (enum store_content)99;
    assert_int_equal(session_run(s, &op.op), STORE_INVALID);
    op.content = STORE_CONTENT_FULL;
    op.set_poll = true;
    op.poll_every = -2;
    assert_int_equal(session_run(s, &op.op), STORE_INVALID);
    assert_int_equal(scene_topic(s, TOPIC).content, STORE_CONTENT_EACH);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup_cheap, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(M7_what_is_kept_is_followed_without_anybody_else),
        TEST(M7_who_keeps_it_no_longer_lets_it_end),
        TEST(M7_others_who_follow_it_are_not_asked),
        TEST(M7_one_that_nobody_followed_is_fetched_anew),
        TEST(only_what_is_to_be_kept_is_made),
        TEST(no_more_topics_than_there_may_be),
        TEST(it_is_polled_as_often_as_the_operator_says),
        TEST(what_is_never_polled_is_fetched_when_pinged),
        TEST(what_is_overdue_by_the_new_plan_is_due_now),
        TEST(what_nobody_follows_is_not_polled),
        TEST(the_choice_is_made_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
