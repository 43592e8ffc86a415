// SPDX-License-Identifier: MIT

#include "hub/news.h"

#include "content_rig.h"
#include "fakes/fake_loop.h"
#include "fakes/fake_store.h"

static const struct store_missed cuttable = {
    .updates = 3,
    .complete = true,
    .all_cuttable = true,
};

static void ask_news(uint64_t from, enum content_wish wish)
{
    ask(from, 0, wish);
    give_topic();
}

// The newest document, and what is done with it.
static void give_newest(void)
{
    give_body(STORE_WHOLE, HEAD, STORE_UPDATE_ENTRIES, newest);
    give_memory();
    assert_int_equal(rig.asker.called, 0);
    assert_int_equal(fake_loop_work(), 1);
}

static bool holds(const struct content *content, const char *text)
{
    return memmem(content->body, content->body_len, text, strlen(text));
}

static void assert_gap(const char *gap)
{
    assert_string_equal(got()->gap_line, gap);
    assert_int_equal(got()->upto, HEAD);
    assert_body(got(), newest);
}

// ------------------------------------------------------------- one update

static void M3_the_news_of_one_update_are_the_update_itself(void **state)
{
    (void)state;
    ask_news(11, CONTENT_USUAL);
    give_body(STORE_DELTA, HEAD, STORE_UPDATE_ENTRIES, FEED(ITEM("3")));
    assert_body(got(), FEED(ITEM("3")));
    assert_int_equal(got()->upto, HEAD);
}

static void M3_what_cannot_be_cut_is_sent_whole(void **state)
{
    (void)state;
    ask_news(11, CONTENT_NEWS);
    give_body(STORE_DELTA, HEAD, STORE_UPDATE_WHOLE, NULL);
    give_body(STORE_WHOLE, HEAD, STORE_UPDATE_WHOLE, "a poem");
    assert_body(got(), "a poem");
}

static void M14_changes_around_the_entries_are_nothing_to_send(void **state)
{
    (void)state;
    static const enum store_update_kind kinds[] = {
        STORE_UPDATE_FEED_LEVEL,
        STORE_UPDATE_REMOVAL_ONLY,
    };
    rig.asker.drops = true;
    for (size_t i = 0; i < 2; i++) {
        rig.asker.called = 0;
        ask_news(11, CONTENT_USUAL);
        give_body(STORE_DELTA, HEAD, kinds[i], NULL);
        give_body(STORE_WHOLE, HEAD, kinds[i], newest);
        assert_int_equal(rig.asker.called, 1);
    }
    rig.asker.drops = false;
    rig.asker.called = 0;
    ask_news(11, CONTENT_USUAL);
    give_body(STORE_DELTA, HEAD, STORE_UPDATE_FEED_LEVEL, NULL);
    give_body(STORE_WHOLE, HEAD, STORE_UPDATE_FEED_LEVEL, newest);
    assert_true(got()->nothing);
    assert_int_equal(got()->upto, HEAD);
}

static void M14_other_links_are_news_by_themselves(void **state)
{
    (void)state;
    ask_news(11, CONTENT_USUAL);
    give_body(STORE_DELTA, HEAD, STORE_UPDATE_FEED_LEVEL, FEED(""));
    assert_body(got(), FEED(""));
}

static void M3_what_is_cut_on_request_is_whole_for_all_others(void **state)
{
    (void)state;
    rig.on_request = true;
    ask_news(11, CONTENT_USUAL);
    give_body(STORE_DELTA, HEAD, STORE_UPDATE_ENTRIES, FEED(ITEM("3")));
    give_body(STORE_WHOLE, HEAD, STORE_UPDATE_ENTRIES, newest);
    assert_body(got(), newest);
}

static void M14_so_are_changes_around_its_entries(void **state)
{
    (void)state;
    rig.on_request = true;
    ask_news(11, CONTENT_USUAL);
    give_body(STORE_DELTA, HEAD, STORE_UPDATE_FEED_LEVEL, NULL);
    give_body(STORE_WHOLE, HEAD, STORE_UPDATE_FEED_LEVEL, newest);
    assert_body(got(), newest);
}

static void M3_it_is_cut_for_who_asks(void **state)
{
    (void)state;
    rig.on_request = true;
    ask_news(11, CONTENT_NEWS);
    give_body(STORE_DELTA, HEAD, STORE_UPDATE_ENTRIES, FEED(ITEM("3")));
    assert_body(got(), FEED(ITEM("3")));
}

static void M3_or_where_the_topic_says_so(void **state)
{
    (void)state;
    rig.on_request = true;
    rig.policy = STORE_CONTENT_ENTRIES;
    ask_news(11, CONTENT_USUAL);
    give_body(STORE_DELTA, HEAD, STORE_UPDATE_ENTRIES, FEED(ITEM("3")));
    assert_body(got(), FEED(ITEM("3")));
}

static void M14_around_its_entries_who_asks_is_sent_nothing(void **state)
{
    (void)state;
    rig.on_request = true;
    ask_news(11, CONTENT_NEWS);
    give_body(STORE_DELTA, HEAD, STORE_UPDATE_REMOVAL_ONLY, NULL);
    give_body(STORE_WHOLE, HEAD, STORE_UPDATE_REMOVAL_ONLY, newest);
    assert_true(got()->nothing);
}

// --------------------------------------------------------------- several

static void M13_the_newest_document_is_cut_to_all_that_was_missed(void **state)
{
    (void)state;
    static const struct missed_id ids[] = { { 2, 10 }, { 0, 12 } };
    ask_news(9, CONTENT_USUAL);
    give_missed(cuttable, ids, 2);
    give_newest();
    // In the publisher's order.
    const struct content *content = got();
    const char *third = memmem(content->body, content->body_len, ">3<", 3);
    const char *first = memmem(content->body, content->body_len, ">1<", 3);
    assert_true(third && first && third < first);
    assert_false(holds(content, ">2<"));
    assert_int_equal(content->upto, HEAD);
    assert_string_equal(content->gap_line, "");
}

static void M13_what_has_rolled_off_comes_first_of_its_last_version(
    void **state)
{
    (void)state;
    // With it comes all whose last update is that one or before, so that the
    // cursor can move there.
    static const struct missed_id ids[] = { { 2, 9 }, { 3, 10 }, { 0, 12 } };
    ask_news(8, CONTENT_USUAL);
    give_missed(cuttable, ids, 3);
    give_newest();
    give_body(STORE_WHOLE, 10, STORE_UPDATE_ENTRIES, older);
    assert_int_equal(rig.asker.called, 0);
    assert_int_equal(fake_loop_work(), 1);
    assert_body(got(), FEED(ITEM("1") ITEM("0")));
    assert_int_equal(got()->upto, 10);
    assert_string_equal(got()->sequence_line,
                        "Hub-Sequence: 0000000000000abc.10");
    assert_string_equal(got()->gap_line, "");
}

static void M13_what_is_in_neither_is_a_gap(void **state)
{
    (void)state;
    static const struct missed_id ids[] = { { 7, 9 }, { 3, 10 }, { 0, 12 } };
    ask_news(8, CONTENT_USUAL);
    give_missed(cuttable, ids, 3);
    give_newest();
    give_body(STORE_WHOLE, 9, STORE_UPDATE_ENTRIES, older);
    assert_int_equal(fake_loop_work(), 1);
    give_body(STORE_WHOLE, HEAD, STORE_UPDATE_ENTRIES, newest);
    assert_gap("Hub-Gap: 0000000000000abc.9-12; reason=expired");
}

static void M13_more_than_eight_of_these_are_a_gap(void **state)
{
    (void)state;
    struct missed_id ids[10] = { { 0, 12 } };
    for (size_t i = 1; i < 10; i++)
        ids[i] = (struct missed_id){ 3 + i, 2 + i };
    ask_news(2, CONTENT_USUAL);
    give_missed(cuttable, ids, 10);
    give_newest();
    assert_gap("Hub-Gap: 0000000000000abc.3-12; reason=expired");
}

static void M13_of_eight_the_first_comes_first(void **state)
{
    (void)state;
    struct missed_id ids[9] = { { 0, 12 } };
    for (size_t i = 1; i < 9; i++)
        ids[i] = (struct missed_id){ 3 + i, 12 - i };
    ask_news(2, CONTENT_USUAL);
    give_missed(cuttable, ids, 9);
    give_newest();
    give_body(STORE_WHOLE, 4, STORE_UPDATE_ENTRIES, NULL);
    // Retention was quicker.
    give_body(STORE_WHOLE, HEAD, STORE_UPDATE_ENTRIES, newest);
    assert_gap("Hub-Gap: 0000000000000abc.3-12; reason=expired");
}

static void M10_what_the_log_does_not_reach_back_to_is_a_gap(void **state)
{
    (void)state;
    ask_news(2, CONTENT_USUAL);
    give_missed((struct store_missed){ .updates = 3 }, NULL, 0);
    give_body(STORE_WHOLE, HEAD, STORE_UPDATE_ENTRIES, newest);
    assert_gap("Hub-Gap: 0000000000000abc.3-12; reason=expired");
}

static void M10_to_who_is_sent_all_of_it_anyway_it_is_none(void **state)
{
    (void)state;
    rig.on_request = true;
    ask_news(2, CONTENT_USUAL);
    give_missed((struct store_missed){ .updates = 3 }, NULL, 0);
    give_body(STORE_WHOLE, HEAD, STORE_UPDATE_ENTRIES, newest);
    assert_gap("");
}

static void M3_one_that_is_cut_on_request_makes_it_the_whole(void **state)
{
    (void)state;
    static const struct missed_id ids[] = { { 0, 12 } };
    struct store_missed missed = cuttable;
    missed.on_request = true;
    ask_news(9, CONTENT_USUAL);
    give_missed(missed, ids, 1);
    give_body(STORE_WHOLE, HEAD, STORE_UPDATE_ENTRIES, newest);
    assert_gap("");
    content_drop(rig.contents, rig.asker.content);

    rig.asker.content = NULL;
    rig.asker.called = 0;
    ask_news(9, CONTENT_NEWS);
    give_missed(missed, ids, 1);
    give_newest();
    assert_true(holds(got(), ">3<") && !holds(got(), ">2<"));
}

static void M3_where_one_of_them_cannot_be_cut_it_is_the_whole(void **state)
{
    (void)state;
    struct store_missed missed = cuttable;
    missed.all_cuttable = false;
    missed.whole = true;
    ask_news(2, CONTENT_USUAL);
    give_missed(missed, NULL, 0);
    give_body(STORE_WHOLE, HEAD, STORE_UPDATE_WHOLE, newest);
    assert_gap("");
}

static void M13_but_not_before_what_has_rolled_off(void **state)
{
    (void)state;
    static const struct missed_id ids[] = { { 0, 9 }, { 7, 10 } };
    struct store_missed missed = cuttable;
    missed.whole = true;
    ask_news(8, CONTENT_USUAL);
    give_missed(missed, ids, 1);
    give_newest();
    assert_gap("");
    content_drop(rig.contents, rig.asker.content);

    rig.asker.content = NULL;
    rig.asker.called = 0;
    ask_news(8, CONTENT_USUAL);
    give_missed(missed, ids, 2);
    give_newest();
    struct store_read_body *op = fake_store_take(STORE_READ_BODY);
    assert_int_equal(op->seq, 10);
    fake_store_finish(&op->op, STORE_CORRUPT);
    give_body(STORE_WHOLE, HEAD, STORE_UPDATE_ENTRIES, newest);
    assert_gap("Hub-Gap: 0000000000000abc.9-12; reason=expired");
}

static void M3_what_is_no_feed_any_more_is_the_whole(void **state)
{
    (void)state;
    static const struct missed_id ids[] = { { 0, 10 } };
    ask_news(9, CONTENT_USUAL);
    give_missed(cuttable, ids, 1);
    give_body(STORE_WHOLE, HEAD, STORE_UPDATE_WHOLE, "a poem");
    give_memory();
    fake_loop_work();
    assert_body(got(), "a poem");
    assert_string_equal(got()->gap_line, "");
}

static void M14_changes_around_the_entries_alone_are_nothing(void **state)
{
    (void)state;
    struct store_missed missed = cuttable;
    missed.all_cuttable = false;
    missed.feed_level = true;
    ask_news(9, CONTENT_USUAL);
    give_missed(missed, NULL, 0);
    give_body(STORE_WHOLE, HEAD, STORE_UPDATE_FEED_LEVEL, newest);
    assert_true(got()->nothing);
    assert_int_equal(got()->upto, HEAD);
}

static void M14_nor_do_they_make_it_the_whole(void **state)
{
    (void)state;
    static const struct missed_id ids[] = { { 1, 10 } };
    struct store_missed missed = cuttable;
    missed.all_cuttable = false;
    missed.feed_level = true;
    ask_news(9, CONTENT_USUAL);
    give_missed(missed, ids, 1);
    give_newest();
    assert_true(holds(got(), ">2<") && !holds(got(), ">3<"));
}

static void M14_other_links_come_without_entries(void **state)
{
    (void)state;
    struct store_missed missed = cuttable;
    missed.feed_level = missed.links = true;
    ask_news(9, CONTENT_USUAL);
    give_missed(missed, NULL, 0);
    give_newest();
    assert_false(got()->nothing);
    assert_body(got(), FEED(""));
}

static void M7_baselines_alone_are_nothing_to_send(void **state)
{
    (void)state;
    struct store_missed none = { .complete = true, .all_cuttable = true };
    ask_news(2, CONTENT_USUAL);
    give_missed(none, NULL, 0);
    assert_true(got()->nothing);
    assert_int_equal(got()->upto, HEAD);
}

#define NEWS(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NEWS(M3_the_news_of_one_update_are_the_update_itself),
        NEWS(M3_what_cannot_be_cut_is_sent_whole),
        NEWS(M14_changes_around_the_entries_are_nothing_to_send),
        NEWS(M14_other_links_are_news_by_themselves),
        NEWS(M3_what_is_cut_on_request_is_whole_for_all_others),
        NEWS(M14_so_are_changes_around_its_entries),
        NEWS(M3_it_is_cut_for_who_asks),
        NEWS(M3_or_where_the_topic_says_so),
        NEWS(M14_around_its_entries_who_asks_is_sent_nothing),
        NEWS(M13_the_newest_document_is_cut_to_all_that_was_missed),
        NEWS(M13_what_has_rolled_off_comes_first_of_its_last_version),
        NEWS(M13_what_is_in_neither_is_a_gap),
        NEWS(M13_more_than_eight_of_these_are_a_gap),
        NEWS(M13_of_eight_the_first_comes_first),
        NEWS(M10_what_the_log_does_not_reach_back_to_is_a_gap),
        NEWS(M10_to_who_is_sent_all_of_it_anyway_it_is_none),
        NEWS(M3_one_that_is_cut_on_request_makes_it_the_whole),
        NEWS(M3_where_one_of_them_cannot_be_cut_it_is_the_whole),
        NEWS(M13_but_not_before_what_has_rolled_off),
        NEWS(M3_what_is_no_feed_any_more_is_the_whole),
        NEWS(M14_changes_around_the_entries_alone_are_nothing),
        NEWS(M14_nor_do_they_make_it_the_whole),
        NEWS(M14_other_links_come_without_entries),
        NEWS(M7_baselines_alone_are_nothing_to_send),
    };
    document_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
