// SPDX-License-Identifier: MIT

#include "hub/observe.h"

#include "fakes/observing.h"

enum { HOUR = 3600000, DAY = 24 * HOUR, MINUTE = 60000 };

#define ENTRY(n) "<item><guid>" n "</guid><title>entry " n "</title></item>"
#define RSS(entries)                                                           \
    "<rss version=\"2.0\"><channel><title>t</title>" entries "</channel></"    \
    "rss>"

static const char one[] = RSS(ENTRY("1"));
static const char two[] = RSS(ENTRY("2") ENTRY("1"));
static const char three[] = RSS(ENTRY("3") ENTRY("2") ENTRY("1"));
static const char page[] = "<!doctype html><html><head><title>Sorry</title>"
                           "</head><body>Back soon</body></html>";

static struct store_publish *fetched(const char *body)
{
    return published(claimed(), 200, body);
}

// As settled.
static enum store_verdict verdict_on(const char *body)
{
    struct store_publish *publish = fetched(body);
    enum store_verdict verdict = publish->verdict;
    settle(publish);
    return verdict;
}

// ------------------------------------------------- M5: what is no document

static void M5_a_page_in_the_place_of_a_feed_is_a_failed_fetch(void **state)
{
    (void)state;
    assert_int_equal(verdict_on(one), STORE_FETCH_UPDATE);
    struct store_publish *publish = fetched(page);
    assert_int_equal(publish->verdict, STORE_FETCH_FAILED);
    assert_int_equal(publish->status, 200);
    assert_false(publish->new_validators);
    assert_false(publish->new_entries);
    assert_int_equal(publish->whole.inlined.len, 0);
    settle(publish);
    // And makes nothing new later.
    assert_int_equal(verdict_on(one), STORE_FETCH_UNCHANGED);
}

static void M5_so_is_an_empty_answer(void **state)
{
    (void)state;
    assert_int_equal(verdict_on(one), STORE_FETCH_UPDATE);
    assert_int_equal(verdict_on(""), STORE_FETCH_FAILED);
    assert_int_equal(verdict_on(" \r\n\t"), STORE_FETCH_FAILED);
    assert_int_equal(verdict_on("{}"), STORE_FETCH_FAILED);
    assert_int_equal(verdict_on(two), STORE_FETCH_UPDATE);
}

static void M5_no_topic_is_ever_emptied_by_accident(void **state)
{
    (void)state;
    assert_int_equal(verdict_on("just words"), STORE_FETCH_UPDATE);
    assert_int_equal(verdict_on(""), STORE_FETCH_FAILED);
    assert_int_equal(verdict_on("just words"), STORE_FETCH_UNCHANGED);
    assert_int_equal(verdict_on("other words"), STORE_FETCH_UPDATE);
}

static void M5_nothing_is_no_baseline(void **state)
{
    (void)state;
    rig.item.topic.last_fetch = 0;
    rig.item.topic.head = 0;
    assert_int_equal(verdict_on(""), STORE_FETCH_UNCHANGED);
    assert_int_equal(rig.entry_count, 0);
    assert_int_equal(verdict_on("hello"), STORE_FETCH_UPDATE);
}

static void M5_what_is_no_feed_for_more_than_a_day_is_believed(void **state)
{
    (void)state;
    assert_int_equal(verdict_on(one), STORE_FETCH_UPDATE);
    assert_int_equal(verdict_on(page), STORE_FETCH_FAILED);
    fake_loop_pass(25 * HOUR);
    assert_int_equal(verdict_on(page), STORE_FETCH_FAILED);
    struct store_publish *publish = fetched(page);
    assert_int_equal(publish->verdict, STORE_FETCH_UPDATE);
    assert_int_equal(publish->kind, STORE_UPDATE_WHOLE);
    settle(publish);
    assert_int_equal(verdict_on(page), STORE_FETCH_UNCHANGED);
}

static void M5_three_pages_in_an_hour_are_not(void **state)
{
    (void)state;
    assert_int_equal(verdict_on(one), STORE_FETCH_UPDATE);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(verdict_on(page), STORE_FETCH_FAILED);
        fake_loop_pass(2 * HOUR);
    }
    assert_int_equal(verdict_on(one), STORE_FETCH_UNCHANGED);
    fake_loop_pass(DAY);
    assert_int_equal(verdict_on(page), STORE_FETCH_FAILED);
}

static void M5_a_page_after_an_outage_is_not(void **state)
{
    (void)state;
    assert_int_equal(verdict_on(one), STORE_FETCH_UPDATE);
    for (int i = 0; i < 5; i++) {
        settle(published(claimed(), 502, "<h1>Bad Gateway"));
        fake_loop_pass(12 * HOUR);
    }
    assert_int_equal(verdict_on(page), STORE_FETCH_FAILED);
    assert_int_equal(verdict_on(one), STORE_FETCH_UNCHANGED);
}

static void a_page_is_a_topic_like_any_other(void **state)
{
    (void)state;
    assert_int_equal(verdict_on(page), STORE_FETCH_UPDATE);
    assert_int_equal(verdict_on("<html><p>other"), STORE_FETCH_UPDATE);
    assert_int_equal(verdict_on(one), STORE_FETCH_UPDATE);
}

// ------------------------------------------------------ M6: stale answers

static void M6_what_was_there_a_moment_ago_is_asked_for_again(void **state)
{
    (void)state;
    verdict_on(one);
    fake_loop_pass(3 * DAY);
    verdict_on(two);
    fake_loop_pass(10 * MINUTE);
    struct store_publish *publish = fetched(one);
    assert_int_equal(publish->verdict, STORE_FETCH_UNCHANGED);
    assert_false(publish->new_validators);
    assert_false(publish->new_entries);
    assert_int_equal(wait_of(publish), 90000);
    settle(publish);
    // The right one came after all.
    fake_loop_pass(90000);
    assert_int_equal(verdict_on(two), STORE_FETCH_UNCHANGED);
    assert_int_equal(rig.item.topic.head, 6);
}

static void M6_a_confirmed_revert_is_an_update(void **state)
{
    (void)state;
    verdict_on(one);
    verdict_on(two);
    assert_int_equal(verdict_on(one), STORE_FETCH_UNCHANGED);
    fake_loop_pass(60000);
    struct store_publish *publish = fetched(one);
    assert_int_equal(publish->verdict, STORE_FETCH_UNCHANGED);
    assert_int_equal(wait_of(publish), 30000);
    settle(publish);
    fake_loop_pass(30000);
    publish = fetched(one);
    assert_int_equal(publish->verdict, STORE_FETCH_UPDATE);
    assert_int_equal(publish->kind, STORE_UPDATE_REMOVAL_ONLY);
    settle(publish);
    assert_int_equal(verdict_on(one), STORE_FETCH_UNCHANGED);
}

static void M6_news_in_between_end_the_doubt(void **state)
{
    (void)state;
    verdict_on(one);
    verdict_on(two);
    assert_int_equal(verdict_on(one), STORE_FETCH_UNCHANGED);
    assert_int_equal(verdict_on(three), STORE_FETCH_UPDATE);
    fake_loop_pass(90000);
    assert_int_equal(verdict_on(one), STORE_FETCH_UNCHANGED);
    // A 304 says that what we have is right.
    rig.item.topic.etag = bytes("\"v3\"");
    settle(published(claimed(), 304, NULL));
    fake_loop_pass(90000);
    assert_int_equal(verdict_on(one), STORE_FETCH_UNCHANGED);
}

static void M6_what_was_replaced_long_ago_is_not_doubted(void **state)
{
    (void)state;
    verdict_on(one);
    verdict_on(two);
    fake_loop_pass(15 * MINUTE);
    assert_int_equal(verdict_on(one), STORE_FETCH_UPDATE);
}

static struct exchange *dated(const char *body, const char *modified)
{
    struct exchange *x = claimed();
    fake_engine_answer(x, 200, body);
    fake_engine_field(x, "last-modified", modified);
    fake_engine_field(x, "date", "Sat, 28 Nov 2026 09:00:00 GMT");
    end_with(x);
    return x;
}

static void M6_a_later_date_proves_that_it_is_newer(void **state)
{
    (void)state;
    dated(one, "Sat, 28 Nov 2026 07:00:00 GMT");
    settle(fake_store_take(STORE_PUBLISH));
    dated(two, "Sat, 28 Nov 2026 07:10:00 GMT");
    settle(fake_store_take(STORE_PUBLISH));
    dated(one, "Sat, 28 Nov 2026 07:00:00 GMT");
    struct store_publish *publish = fake_store_take(STORE_PUBLISH);
    assert_int_equal(publish->verdict, STORE_FETCH_UNCHANGED);
    settle(publish);
    dated(one, "Sat, 28 Nov 2026 07:11:00 GMT");
    publish = fake_store_take(STORE_PUBLISH);
    assert_int_equal(publish->verdict, STORE_FETCH_UPDATE);
    settle(publish);
}

static void M6_a_pinged_one_is_looked_at_sooner(void **state)
{
    (void)state;
    verdict_on(one);
    verdict_on(two);
    rig.item.topic.dirty++;
    struct store_publish *publish = fetched(one);
    assert_int_equal(publish->verdict, STORE_FETCH_UNCHANGED);
    assert_int_equal(wait_of(publish), 15000);
    settle(publish);
    fake_loop_pass(15000);
    publish = fetched(one);
    assert_int_equal(wait_of(publish), 75000);
    settle(publish);
    fake_loop_pass(75000);
    assert_int_equal(verdict_on(one), STORE_FETCH_UPDATE);
}

// ------------------------------------------------------- RFC 3229: A-IM

static void im(struct exchange *x, const char *body)
{
    fake_engine_answer(x, 226, body);
    fake_engine_field(x, "im", "feed");
    fake_engine_field(x, "etag", "\"v2\"");
    end_with(x);
}

static void a_poll_asks_for_what_is_new_alone(void **state)
{
    (void)state;
    struct exchange *x = claimed();
    assert_string_equal(fake_engine_line(x, "A-IM"), "A-IM: feed");
    settle(published(x, 304, NULL));
    // But a ping means news, which are needed whole.
    rig.item.topic.dirty++;
    x = claimed();
    assert_null(fake_engine_line(x, "A-IM"));
    settle(published(x, 304, NULL));
    // And so does another look after it.
    x = claimed();
    assert_null(fake_engine_line(x, "A-IM"));
    settle(published(x, 304, NULL));
    // Without a tag there is nothing to tell it by.
    rig.item.topic.id++;
    rig.item.topic.etag = bytes("");
    x = claimed();
    assert_null(fake_engine_line(x, "A-IM"));
    settle(published(x, 200, one));
}

static void what_is_new_alone_and_old_to_us_is_nothing(void **state)
{
    (void)state;
    verdict_on(two);
    rig.item.topic.etag = bytes("\"v1\"");
    rig.item.topic.hubs = bytes("https://hub.example/");
    im(claimed(), RSS(ENTRY("2")));
    struct store_publish *publish = fake_store_take(STORE_PUBLISH);
    assert_int_equal(publish->verdict, STORE_FETCH_UNCHANGED);
    assert_memory_equal(publish->etag.at, "\"v2\"", 5);
    assert_false(publish->new_links);
    settle(publish);
    assert_int_equal(verdict_on(two), STORE_FETCH_UNCHANGED);
}

static void what_is_new_alone_is_fetched_whole(void **state)
{
    (void)state;
    verdict_on(two);
    rig.item.topic.etag = bytes("\"v1\"");
    im(claimed(), RSS(ENTRY("3")));
    assert_int_equal(fake_store_waiting_all(), 0);
    struct exchange *x = fake_engine_take();
    assert_null(fake_engine_line(x, "A-IM"));
    assert_null(fake_engine_line(x, "If-"));
    struct store_publish *publish = published(x, 200, three);
    assert_int_equal(publish->verdict, STORE_FETCH_UPDATE);
    assert_int_equal(publish->changed_count, 1);
    assert_int_equal(publish->whole.inlined.len, sizeof three - 1);
    settle(publish);
}

static void who_has_nothing_else_is_taken_at_his_word(void **state)
{
    (void)state;
    verdict_on(two);
    rig.item.topic.etag = bytes("\"v1\"");
    im(claimed(), RSS(ENTRY("3")));
    im(fake_engine_take(), RSS(ENTRY("3")));
    struct store_publish *publish = fake_store_take(STORE_PUBLISH);
    assert_int_equal(publish->verdict, STORE_FETCH_UPDATE);
    assert_int_equal(publish->changed_count, 1);
    settle(publish);
    // The others are not gone, but who takes all had only this one.
    assert_int_equal(verdict_on(three), STORE_FETCH_UPDATE);
    assert_int_equal(verdict_on(three), STORE_FETCH_UNCHANGED);
}

static void a_226_that_nobody_asked_for_is_a_failure(void **state)
{
    (void)state;
    rig.item.topic.dirty++;
    im(claimed(), one);
    struct store_publish *publish = fake_store_take(STORE_PUBLISH);
    assert_int_equal(publish->verdict, STORE_FETCH_FAILED);
    settle(publish);
    // Nor is one in another manipulation understood.
    rig.item.topic.fetched = rig.item.topic.dirty;
    struct exchange *x = claimed();
    fake_engine_answer(x, 226, one);
    fake_engine_field(x, "im", "vcdiff, gzip");
    end_with(x);
    publish = fake_store_take(STORE_PUBLISH);
    assert_int_equal(publish->verdict, STORE_FETCH_FAILED);
    settle(publish);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OBSERVED(M5_a_page_in_the_place_of_a_feed_is_a_failed_fetch),
        OBSERVED(M5_so_is_an_empty_answer),
        OBSERVED(M5_no_topic_is_ever_emptied_by_accident),
        OBSERVED(M5_nothing_is_no_baseline),
        OBSERVED(M5_what_is_no_feed_for_more_than_a_day_is_believed),
        OBSERVED(M5_three_pages_in_an_hour_are_not),
        OBSERVED(M5_a_page_after_an_outage_is_not),
        OBSERVED(a_page_is_a_topic_like_any_other),
        OBSERVED(M6_what_was_there_a_moment_ago_is_asked_for_again),
        OBSERVED(M6_a_confirmed_revert_is_an_update),
        OBSERVED(M6_news_in_between_end_the_doubt),
        OBSERVED(M6_what_was_replaced_long_ago_is_not_doubted),
        OBSERVED(M6_a_later_date_proves_that_it_is_newer),
        OBSERVED(M6_a_pinged_one_is_looked_at_sooner),
        OBSERVED(a_poll_asks_for_what_is_new_alone),
        OBSERVED(what_is_new_alone_and_old_to_us_is_nothing),
        OBSERVED(what_is_new_alone_is_fetched_whole),
        OBSERVED(who_has_nothing_else_is_taken_at_his_word),
        OBSERVED(a_226_that_nobody_asked_for_is_a_failure),
    };
    document_setup();
    log_setup(LOG_ERROR, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
