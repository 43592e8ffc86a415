// SPDX-License-Identifier: MIT

#include "hub/content.h"

#include "content_rig.h"
#include "fakes/fake_loop.h"
#include "fakes/fake_store.h"

// --------------------------------------------------------------- which one

static void M3_the_whole_is_the_document_as_of_that_seq(void **state)
{
    (void)state;
    ask(4, 6, CONTENT_WHOLE);
    give_topic();
    give_body(STORE_WHOLE, 6, STORE_UPDATE_ENTRIES, newest);
    const struct content *content = got();
    assert_body(content, newest);
    assert_int_equal(content->upto, 6);
    assert_false(content->nothing);
    assert_string_equal(content->type_line,
                        "Content-Type: application/rss+xml");
    assert_string_equal(content->link_line,
                        "Link: <https://hub.example/>; rel=\"hub\", "
                        "<https://blog.example/feed>; rel=\"self\"");
    assert_string_equal(content->sequence_line,
                        "Hub-Sequence: 0000000000000abc.6");
    assert_string_equal(content->gap_line, "");
    assert_int_equal(content->incarnation, 0xabc);
}

static void without_a_seq_it_is_the_head(void **state)
{
    (void)state;
    ask(4, 0, CONTENT_WHOLE);
    give_topic();
    give_body(STORE_WHOLE, HEAD, STORE_UPDATE_ENTRIES, newest);
    assert_int_equal(got()->upto, HEAD);
}

static void M10_if_retention_took_it_the_newest_is_sent(void **state)
{
    (void)state;
    ask(4, 6, CONTENT_WHOLE);
    give_topic();
    give_body(STORE_WHOLE, 6, STORE_UPDATE_ENTRIES, NULL);
    give_body(STORE_WHOLE, HEAD, STORE_UPDATE_ENTRIES, newest);
    assert_int_equal(got()->upto, HEAD);
}

static void who_has_everything_is_sent_nothing(void **state)
{
    (void)state;
    ask(HEAD, 0, CONTENT_WHOLE);
    give_topic();
    assert_true(got()->nothing);
    assert_int_equal(got()->upto, HEAD);
}

// ------------------------------------------------------------- whose wish

static void M3_the_first_is_whole_unless_the_topic_says_each(void **state)
{
    (void)state;
    static const enum store_content policies[] = {
        STORE_CONTENT_DEFAULT,
        STORE_CONTENT_FULL,
        STORE_CONTENT_ENTRIES,
    };
    rig.asker.drops = true;
    for (size_t i = 0; i < 3; i++) {
        rig.policy = policies[i];
        rig.asker.called = 0;
        ask(4, 0, CONTENT_FIRST);
        give_topic();
        give_body(STORE_WHOLE, HEAD, STORE_UPDATE_ENTRIES, newest);
        assert_int_equal(rig.asker.called, 1);
    }
    rig.policy = STORE_CONTENT_EACH;
    rig.asker.called = 0;
    ask(4, 0, CONTENT_FIRST);
    give_topic();
    give_body(STORE_WHOLE, 5, STORE_UPDATE_ENTRIES, newest);
    assert_int_equal(rig.asker.called, 1);
}

static void M3_the_topics_policy_counts_before_the_hubs(void **state)
{
    (void)state;
    rig.asker.drops = true;
    rig.config.feed_delivery = CONFIG_FEED_FULL;
    ask(11, 0, CONTENT_USUAL);
    give_topic();
    give_body(STORE_WHOLE, HEAD, STORE_UPDATE_ENTRIES, newest);
    assert_int_equal(rig.asker.called, 1);

    rig.policy = STORE_CONTENT_ENTRIES;
    rig.asker.called = 0;
    ask(11, 0, CONTENT_USUAL);
    give_topic();
    give_body(STORE_DELTA, HEAD, STORE_UPDATE_ENTRIES, FEED(ITEM("3")));
    assert_int_equal(rig.asker.called, 1);

    rig.config.feed_delivery = CONFIG_FEED_ENTRIES;
    rig.policy = STORE_CONTENT_FULL;
    rig.asker.called = 0;
    ask(11, 0, CONTENT_USUAL);
    give_topic();
    give_body(STORE_WHOLE, HEAD, STORE_UPDATE_ENTRIES, newest);
    assert_int_equal(rig.asker.called, 1);
}

static void M3_the_subscribers_own_wish_counts_before_both(void **state)
{
    (void)state;
    rig.asker.drops = true;
    rig.config.feed_delivery = CONFIG_FEED_FULL;
    rig.policy = STORE_CONTENT_EACH;
    ask(11, 0, CONTENT_NEWS);
    give_topic();
    give_body(STORE_DELTA, HEAD, STORE_UPDATE_ENTRIES, FEED(ITEM("3")));
    assert_int_equal(rig.asker.called, 1);

    rig.asker.called = 0;
    ask(4, 0, CONTENT_WHOLE);
    give_topic();
    give_body(STORE_WHOLE, HEAD, STORE_UPDATE_ENTRIES, newest);
    assert_int_equal(rig.asker.called, 1);
}

// -------------------------------------------------------------------- each

static void M3_each_version_comes_by_itself_and_whole(void **state)
{
    (void)state;
    rig.policy = STORE_CONTENT_EACH;
    ask(4, 9, CONTENT_USUAL);
    give_topic();
    give_body(STORE_WHOLE, 5, STORE_UPDATE_FEED_LEVEL, newest);
    assert_body(got(), newest);
    assert_int_equal(got()->upto, 5);
    assert_string_equal(got()->sequence_line,
                        "Hub-Sequence: 0000000000000abc.5");
    assert_string_equal(got()->gap_line, "");
}

static void M10_of_each_version_those_that_are_gone_are_a_gap(void **state)
{
    (void)state;
    rig.policy = STORE_CONTENT_EACH;
    rig.removed = 7;
    ask(4, 9, CONTENT_USUAL);
    give_topic();
    give_body(STORE_WHOLE, 8, STORE_UPDATE_ENTRIES, newest);
    assert_int_equal(got()->upto, 8);
    assert_string_equal(got()->gap_line,
                        "Hub-Gap: 0000000000000abc.5-7; reason=expired");
}

static void M10_one_that_is_just_gone_can_be_asked_for_again(void **state)
{
    (void)state;
    rig.policy = STORE_CONTENT_EACH;
    ask(4, 9, CONTENT_USUAL);
    give_topic();
    give_body(STORE_WHOLE, 5, STORE_UPDATE_ENTRIES, NULL);
    assert_int_equal(rig.asker.called, 1);
    assert_null(rig.asker.content);
    assert_false(rig.asker.gone);
}

// ------------------------------------------------------------------ failures

static void a_topic_that_is_gone_has_no_content(void **state)
{
    (void)state;
    ask(4, 6, CONTENT_WHOLE);
    struct store_topics *op = fake_store_take(STORE_TOPICS);
    struct store_topic none = { .id = 0 };
    op->items = fake_store_give(&op->op, &none, sizeof none);
    fake_store_finish(&op->op, STORE_OK);
    assert_int_equal(rig.asker.called, 1);
    assert_null(rig.asker.content);
    assert_true(rig.asker.gone);
}

static void what_could_not_be_read_can_be_asked_for_again(void **state)
{
    (void)state;
    ask(4, 6, CONTENT_WHOLE);
    give_topic();
    struct store_read_body *op = fake_store_take(STORE_READ_BODY);
    fake_store_finish(&op->op, STORE_CORRUPT);
    assert_int_equal(rig.asker.called, 1);
    assert_null(rig.asker.content);
    assert_false(rig.asker.gone);
    rig.asker.called = 0;
    ask(4, 6, CONTENT_WHOLE);
    give_topic();
    give_body(STORE_WHOLE, 6, STORE_UPDATE_ENTRIES, newest);
    assert_body(got(), newest);
}

// ------------------------------------------------------------------- sharing

static void all_who_are_owed_the_same_share_it(void **state)
{
    (void)state;
    struct asker second = { .wait = { .ready = ready } };
    ask(4, 6, CONTENT_WHOLE);
    assert_null(ask_as(&second, 4, 6, CONTENT_WHOLE));
    give_topic();
    give_body(STORE_WHOLE, 6, STORE_UPDATE_ENTRIES, newest);
    assert_int_equal(second.called, 1);
    assert_ptr_equal(second.content, got());
    struct content *third = ask_as(&second, 4, 6, CONTENT_WHOLE);
    assert_ptr_equal(third, second.content);
    assert_int_equal(fake_store_waiting_all(), 0);
    content_drop(rig.contents, second.content);
    content_drop(rig.contents, third);
}

static void the_first_of_several_may_drop_it_at_once(void **state)
{
    (void)state;
    struct asker others[2] = {
        { .wait = { .ready = ready }, .drops = true },
        { .wait = { .ready = ready }, .drops = true },
    };
    rig.asker.drops = true;
    ask(HEAD, 0, CONTENT_WHOLE);
    assert_null(ask_as(&others[0], HEAD, 0, CONTENT_WHOLE));
    assert_null(ask_as(&others[1], HEAD, 0, CONTENT_WHOLE));
    give_topic();
    assert_int_equal(rig.asker.called, 1);
    assert_int_equal(others[0].called, 1);
    assert_int_equal(others[1].called, 1);
    assert_ptr_equal(others[0].content, rig.asker.content);
}

static void the_head_is_never_found_again_for_it_moves(void **state)
{
    (void)state;
    rig.asker.drops = true;
    for (int i = 0; i < 2; i++) {
        rig.asker.called = 0;
        ask(4, 0, CONTENT_WHOLE);
        give_topic();
        give_body(STORE_WHOLE, HEAD, STORE_UPDATE_ENTRIES, newest);
        assert_int_equal(rig.asker.called, 1);
    }
}

static void the_head_is_shared_while_somebody_has_it(void **state)
{
    (void)state;
    struct asker others[3] = { { .wait = { .ready = ready } },
                               { .wait = { .ready = ready } },
                               { .wait = { .ready = ready } } };
    ask(4, 0, CONTENT_WHOLE);
    give_topic();
    // One comes while it is being read, one when it is there, and one that
    // has another cursor.
    assert_null(ask_as(&others[0], 4, 0, CONTENT_WHOLE));
    give_topic();
    give_body(STORE_WHOLE, HEAD, STORE_UPDATE_ENTRIES, newest);
    assert_null(ask_as(&others[1], 4, 0, CONTENT_WHOLE));
    give_topic();
    assert_null(ask_as(&others[2], 5, 0, CONTENT_WHOLE));
    give_topic();
    assert_int_equal(fake_store_waiting(STORE_READ_BODY), 0);
    const struct content *first = got();
    assert_ptr_equal(others[0].content, first);
    assert_ptr_equal(others[1].content, first);
    assert_ptr_not_equal(others[2].content, first);
    assert_ptr_equal(others[2].content->body, first->body);
    for (size_t i = 0; i < 3; i++)
        content_drop(rig.contents, others[i].content);
}

static void a_topics_new_policy_is_not_shared_with_the_old(void **state)
{
    (void)state;
    struct asker other = { .wait = { .ready = ready } };
    rig.policy = STORE_CONTENT_FULL;
    ask(5, 0, CONTENT_USUAL);
    give_topic();
    give_body(STORE_WHOLE, HEAD, STORE_UPDATE_ENTRIES, newest);
    rig.policy = STORE_CONTENT_EACH;
    assert_null(ask_as(&other, 5, 0, CONTENT_USUAL));
    give_topic();
    give_body(STORE_WHOLE, 6, STORE_UPDATE_ENTRIES, newest);
    assert_int_equal(other.content->upto, 6);
    content_drop(rig.contents, other.content);
}

static void a_few_that_nobody_holds_are_kept(void **state)
{
    (void)state;
    rig.asker.drops = true;
    for (uint64_t to = 1; to <= 40; to++) {
        rig.asker.called = 0;
        ask(0, to, CONTENT_WHOLE);
        give_topic();
        give_body(STORE_WHOLE, to, STORE_UPDATE_ENTRIES, newest);
    }
    struct content *kept = ask_as(&rig.asker, 0, 40, CONTENT_WHOLE);
    assert_non_null(kept);
    content_drop(rig.contents, kept);
    // The oldest have made way.
    rig.asker.called = 0;
    ask(0, 1, CONTENT_WHOLE);
    give_topic();
    give_body(STORE_WHOLE, 1, STORE_UPDATE_ENTRIES, newest);
}

#define CONTENT(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONTENT(M3_the_whole_is_the_document_as_of_that_seq),
        CONTENT(without_a_seq_it_is_the_head),
        CONTENT(M10_if_retention_took_it_the_newest_is_sent),
        CONTENT(who_has_everything_is_sent_nothing),
        CONTENT(M3_the_first_is_whole_unless_the_topic_says_each),
        CONTENT(M3_the_topics_policy_counts_before_the_hubs),
        CONTENT(M3_the_subscribers_own_wish_counts_before_both),
        CONTENT(M3_each_version_comes_by_itself_and_whole),
        CONTENT(M10_of_each_version_those_that_are_gone_are_a_gap),
        CONTENT(M10_one_that_is_just_gone_can_be_asked_for_again),
        CONTENT(a_topic_that_is_gone_has_no_content),
        CONTENT(what_could_not_be_read_can_be_asked_for_again),
        CONTENT(all_who_are_owed_the_same_share_it),
        CONTENT(the_first_of_several_may_drop_it_at_once),
        CONTENT(the_head_is_never_found_again_for_it_moves),
        CONTENT(the_head_is_shared_while_somebody_has_it),
        CONTENT(a_topics_new_policy_is_not_shared_with_the_old),
        CONTENT(a_few_that_nobody_holds_are_kept),
    };
    document_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
