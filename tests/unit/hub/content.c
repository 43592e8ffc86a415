// SPDX-License-Identifier: MIT

#include "hub/content.h"

#include "fakes/fake_loop.h"
#include "fakes/fake_store.h"
#include "fetcher/document.h"
#include "hub/config.h"
#include "hub/services.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define ITEM(id) "<item><guid>" id "</guid></item>"
#define FEED(items)                                                            \
    "<rss version=\"2.0\"><channel><title>t</title>" items "</channel></rss>"
static const char newest[] = FEED(ITEM("3") ITEM("2") ITEM("1"));

enum { TOPIC = 7, HEAD = 12 };

struct asker {
    struct content_wait wait;
    size_t called;
    struct content *content;
    bool gone;
    bool drops; // what it is given, at once
};

struct rig {
    struct config config;
    struct contents *contents;
    struct asker asker;
};

static struct rig rig;

static void ready(struct content_wait *wait, struct content *content, bool gone)
{
    struct asker *asker = (struct asker *)wait;
    asker->called++;
    asker->content = content;
    asker->gone = gone;
    if (content && asker->drops)
        content_drop(rig.contents, content);
}

static int setup(void **state)
{
    (void)state;
    rig = (struct rig){ .asker = { .wait = { .ready = ready } } };
    struct services services = {
        .config = &rig.config,
        .store = fake_store(),
        .loop = fake_loop(),
        .hub_url = "https://hub.example/",
    };
    rig.contents = contents_new(&services);
    return rig.contents ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    if (rig.asker.content && !rig.asker.drops)
        content_drop(rig.contents, rig.asker.content);
    contents_free(rig.contents);
    return fake_store_clean() ? 0 : -1;
}

static struct content *ask_as(struct asker *asker, uint64_t from, uint64_t to,
                              enum content_wish wish)
{
    struct content_key key = {
        .topic = TOPIC, .from = from, .to = to, .wish = wish
    };
    return content_get(rig.contents, &key, &asker->wait);
}

static void ask(uint64_t from, uint64_t to, enum content_wish wish)
{
    assert_null(ask_as(&rig.asker, from, to, wish));
    assert_int_equal(rig.asker.called, 0);
}

static void give_topic(void)
{
    struct store_topics *op = fake_store_take(STORE_TOPICS);
    assert_int_equal(op->count, 1);
    assert_int_equal(op->ids[0], TOPIC);
    struct store_topic topic = { .id = TOPIC,
                                 .incarnation = 0xabc,
                                 .head = HEAD,
                                 .url = { "https://blog.example/feed", 25 } };
    op->items = fake_store_give(&op->op, &topic, sizeof topic);
    fake_store_finish(&op->op, STORE_OK);
}

static void give_body(enum store_body which, uint64_t seq,
                      enum store_update_kind kind, const char *body)
{
    struct store_read_body *op = fake_store_take(STORE_READ_BODY);
    assert_int_equal(op->topic, TOPIC);
    assert_int_equal(op->which, which);
    assert_int_equal(op->seq, seq);
    if (!body) {
        fake_store_finish(&op->op, STORE_NOT_FOUND);
        return;
    }
    op->kind = kind;
    op->body = (struct bytes){ fake_store_give(&op->op, body, strlen(body) + 1),
                               strlen(body) };
    op->content_type = (struct bytes){ "application/rss+xml", 19 };
    fake_store_finish(&op->op, STORE_OK);
}

// Answer what was missed: these items of `newest`, numbered from 0, and so
// many ids that are not in it.
static void give_missed(struct store_missed answer, const size_t *items,
                        size_t count, size_t elsewhere)
{
    struct store_missed *op = fake_store_take(STORE_MISSED);
    struct document_input input = { .bytes = newest,
                                    .len = sizeof newest - 1,
                                    .content_type = "application/rss+xml",
                                    .url = "https://blog.example/feed",
                                    .entries_max = 100 };
    struct document document;
    uint8_t ids[8][16] = { { 0 } };
    assert_true(document_read(&input, &document));
    assert_int_equal(document.changed_count, 3);
    for (size_t i = 0; i < count; i++)
        memcpy(ids[i], document.changed[items[i]], 16);
    for (size_t i = 0; i < elsewhere; i++)
        memset(ids[count + i], (int)(i + 1), 16);
    document_clear(&document);
    op->count = count + elsewhere;
    op->ids = fake_store_give(&op->op, ids, sizeof ids);
    op->updates = answer.updates;
    op->complete = answer.complete;
    op->all_cuttable = answer.all_cuttable;
    fake_store_finish(&op->op, STORE_OK);
}

static const struct content *got(void)
{
    assert_int_equal(rig.asker.called, 1);
    assert_non_null(rig.asker.content);
    return rig.asker.content;
}

static void assert_body(const struct content *content, const char *body)
{
    assert_int_equal(content->body_len, strlen(body));
    assert_memory_equal(content->body, body, content->body_len);
}

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

static void M3_the_news_of_one_update_are_the_update_itself(void **state)
{
    (void)state;
    ask(5, 6, CONTENT_NEWS);
    give_topic();
    give_body(STORE_DELTA, 6, STORE_UPDATE_ENTRIES, FEED(ITEM("3")));
    assert_body(got(), FEED(ITEM("3")));
    assert_int_equal(got()->upto, 6);
}

static void M3_what_cannot_be_cut_is_sent_whole(void **state)
{
    (void)state;
    ask(5, 6, CONTENT_NEWS);
    give_topic();
    give_body(STORE_DELTA, 6, STORE_UPDATE_WHOLE, NULL);
    give_body(STORE_WHOLE, 6, STORE_UPDATE_WHOLE, "a poem");
    assert_body(got(), "a poem");
}

static void M14_changes_around_the_entries_are_nothing_to_send(void **state)
{
    (void)state;
    ask(5, 6, CONTENT_NEWS);
    give_topic();
    give_body(STORE_DELTA, 6, STORE_UPDATE_FEED_LEVEL, NULL);
    give_body(STORE_WHOLE, 6, STORE_UPDATE_FEED_LEVEL, newest);
    assert_true(got()->nothing);
    assert_int_equal(got()->upto, 6);
}

static void who_has_everything_is_sent_nothing(void **state)
{
    (void)state;
    ask(HEAD, 0, CONTENT_WHOLE);
    give_topic();
    assert_true(got()->nothing);
    assert_int_equal(got()->upto, HEAD);
}

static void M13_the_newest_document_is_cut_to_all_that_was_missed(void **state)
{
    (void)state;
    static const size_t items[] = { 2, 0 };
    ask(9, 0, CONTENT_NEWS);
    give_topic();
    struct store_missed answer = { .updates = 3,
                                   .complete = true,
                                   .all_cuttable = true };
    give_missed(answer, items, 2, 0);
    give_body(STORE_WHOLE, HEAD, STORE_UPDATE_ENTRIES, newest);
    assert_int_equal(rig.asker.called, 0);
    assert_int_equal(fake_loop_work(), 1);
    // In the publisher's order.
    const struct content *content = got();
    const char *third = memmem(content->body, content->body_len, ">3<", 3);
    const char *first = memmem(content->body, content->body_len, ">1<", 3);
    assert_true(third && first && third < first);
    assert_null(memmem(content->body, content->body_len, ">2<", 3));
    assert_int_equal(content->upto, HEAD);
    assert_string_equal(content->gap_line, "");
}

static void M13_what_has_rolled_off_comes_first_one_update_at_a_time(
    void **state)
{
    (void)state;
    static const size_t items[] = { 0 };
    ask(9, 0, CONTENT_NEWS);
    give_topic();
    struct store_missed answer = { .updates = 3,
                                   .complete = true,
                                   .all_cuttable = true };
    give_missed(answer, items, 1, 1);
    give_body(STORE_WHOLE, HEAD, STORE_UPDATE_ENTRIES, newest);
    fake_loop_work();
    give_body(STORE_DELTA, 10, STORE_UPDATE_ENTRIES, FEED(ITEM("0")));
    assert_body(got(), FEED(ITEM("0")));
    assert_int_equal(got()->upto, 10);
    assert_string_equal(got()->sequence_line,
                        "Hub-Sequence: 0000000000000abc.10");
}

static void M13_more_than_eight_of_these_are_a_gap(void **state)
{
    (void)state;
    static const size_t items[] = { 0 };
    ask(2, 0, CONTENT_NEWS);
    give_topic();
    struct store_missed answer = { .updates = 9,
                                   .complete = true,
                                   .all_cuttable = true };
    give_missed(answer, items, 1, 1);
    give_body(STORE_WHOLE, HEAD, STORE_UPDATE_ENTRIES, newest);
    fake_loop_work();
    assert_body(got(), newest);
    assert_string_equal(got()->gap_line,
                        "Hub-Gap: 0000000000000abc.3-12; reason=expired");
    assert_int_equal(got()->upto, HEAD);
}

static void M10_what_the_log_does_not_reach_back_to_is_a_gap(void **state)
{
    (void)state;
    ask(2, 0, CONTENT_NEWS);
    give_topic();
    give_missed((struct store_missed){ .updates = 3 }, NULL, 0, 0);
    give_body(STORE_WHOLE, HEAD, STORE_UPDATE_ENTRIES, newest);
    assert_body(got(), newest);
    assert_string_equal(got()->gap_line,
                        "Hub-Gap: 0000000000000abc.3-12; reason=expired");
}

static void M3_where_one_of_them_cannot_be_cut_it_is_the_whole(void **state)
{
    (void)state;
    ask(2, 0, CONTENT_NEWS);
    give_topic();
    struct store_missed answer = { .updates = 3, .complete = true };
    give_missed(answer, NULL, 0, 0);
    give_body(STORE_WHOLE, HEAD, STORE_UPDATE_WHOLE, "a poem");
    assert_body(got(), "a poem");
    assert_string_equal(got()->gap_line, "");
}

static void M7_baselines_alone_are_nothing_to_send(void **state)
{
    (void)state;
    ask(2, 0, CONTENT_NEWS);
    give_topic();
    struct store_missed answer = { .complete = true, .all_cuttable = true };
    give_missed(answer, NULL, 0, 0);
    assert_true(got()->nothing);
    assert_int_equal(got()->upto, HEAD);
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
        CONTENT(M3_the_news_of_one_update_are_the_update_itself),
        CONTENT(M3_what_cannot_be_cut_is_sent_whole),
        CONTENT(M14_changes_around_the_entries_are_nothing_to_send),
        CONTENT(who_has_everything_is_sent_nothing),
        CONTENT(M13_the_newest_document_is_cut_to_all_that_was_missed),
        CONTENT(M13_what_has_rolled_off_comes_first_one_update_at_a_time),
        CONTENT(M13_more_than_eight_of_these_are_a_gap),
        CONTENT(M10_what_the_log_does_not_reach_back_to_is_a_gap),
        CONTENT(M3_where_one_of_them_cannot_be_cut_it_is_the_whole),
        CONTENT(M7_baselines_alone_are_nothing_to_send),
        CONTENT(a_topic_that_is_gone_has_no_content),
        CONTENT(what_could_not_be_read_can_be_asked_for_again),
        CONTENT(all_who_are_owed_the_same_share_it),
        CONTENT(the_first_of_several_may_drop_it_at_once),
        CONTENT(the_head_is_never_found_again_for_it_moves),
        CONTENT(a_few_that_nobody_holds_are_kept),
    };
    document_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
