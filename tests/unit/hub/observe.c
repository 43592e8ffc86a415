// SPDX-License-Identifier: MIT

#include "hub/observe.h"

#include "fakes/observing.h"

static void a_304_settles_without_a_document(void **state)
{
    (void)state;
    struct exchange *x = claimed();
    assert_int_equal(x->class, EXCHANGE_FETCH);
    assert_string_equal(x->url, "https://blog.example/feed");
    assert_string_equal(fake_engine_line(x, "If-"), "If-None-Match: \"v1\"");
    assert_int_equal(x->body_max, BODY_MAX);
    assert_int_equal(x->timeout_ms, 30000);
    struct store_publish *publish = published(x, 304, NULL);
    assert_int_equal(publish->verdict, STORE_FETCH_UNCHANGED);
    assert_int_equal(publish->topic, TOPIC);
    assert_int_equal(publish->token, 60);
    assert_int_equal(publish->status, 304);
    assert_false(publish->new_validators);
    assert_in_range(wait_of(publish), POLL_MIN, POLL_MAX);
    end(publish);
    assert_int_equal(rig.metrics.counts[METRIC_FETCHES_UNCHANGED], 1);
}

static void R81_a_304_of_another_resource_is_asked_for_again(void **state)
{
    (void)state;
    struct exchange *x = claimed();
    fake_engine_moved(x, "https://elsewhere.example/");
    fake_engine_answer(x, 304, NULL);
    end_with(x);
    assert_int_equal(fake_store_waiting_all(), 0);
    x = fake_engine_take();
    assert_null(fake_engine_line(x, "If-"));
    struct store_publish *publish = published(x, 200, "hello");
    assert_int_equal(publish->verdict, STORE_FETCH_UPDATE);
    end(publish);
}

static void a_304_that_nobody_asked_for_is_a_failure(void **state)
{
    (void)state;
    rig.item.topic.etag = bytes("");
    struct store_publish *publish = published(claimed(), 304, NULL);
    assert_int_equal(publish->verdict, STORE_FETCH_FAILED);
    end(publish);
}

static void news_are_told_of_once_they_are_stored(void **state)
{
    (void)state;
    struct store_publish *publish = published(claimed(), 200, "hello");
    assert_int_equal(publish->verdict, STORE_FETCH_UPDATE);
    assert_int_equal(publish->expected_head, 4);
    assert_memory_equal(publish->whole.inlined.at, "hello", 5);
    assert_int_equal(rig.updated, 0);
    publish->seq = 5;
    publish->number = 99;
    publish->walk_began = true;
    publish->walk = (struct store_walk){ .topic = TOPIC, .from = 4, .to = 5 };
    end(publish);
    assert_int_equal(rig.updated, 99);
    assert_int_equal(rig.walk.to, 5);
    assert_int_equal(rig.metrics.counts[METRIC_UPDATES], 1);
    // A ping meanwhile has left the topic due (R76).
    assert_int_equal(observe_patience(rig.observe, loop_now()), 0);
}

static void R83_only_a_whole_200_is_distributed(void **state)
{
    (void)state;
    static const unsigned statuses[] = { 201, 204, 206, 301, 404, 410, 500 };
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        struct store_publish *publish =
            published(claimed(), statuses[i], "hello");
        assert_int_equal(publish->verdict, STORE_FETCH_FAILED);
        assert_int_equal(publish->status, statuses[i]);
        end(publish);
    }
    static const enum exchange_result results[] = { EXCHANGE_CUT,
                                                    EXCHANGE_TOO_LARGE,
                                                    EXCHANGE_TIMEOUT };
    for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
        struct exchange *x = claimed();
        x->result = results[i];
        x->status = 200;
        end_with(x);
        struct store_publish *publish = fake_store_take(STORE_PUBLISH);
        assert_int_equal(publish->verdict, STORE_FETCH_FAILED);
        assert_int_equal(publish->status, -(int)results[i]);
        end(publish);
    }
    assert_int_equal(rig.metrics.counts[METRIC_FETCHES_FAILED], 10);
    assert_int_equal(rig.updated, 0);
}

static int64_t due_after_failure(const char *retry_after)
{
    struct exchange *x = claimed();
    if (retry_after)
        fake_engine_field(x, "retry-after", retry_after);
    struct store_publish *publish = published(x, 503, NULL);
    int64_t due = publish->due - loop_now().unix;
    end(publish);
    return due;
}

static void M5_a_failing_pinged_fetch_backs_off(void **state)
{
    (void)state;
    rig.item.topic.dirty = 3;
    assert_in_range(due_after_failure(NULL), 24000, 36000);
    rig.item.topic.failures = 3;
    rig.item.topic.failing_since = FAKE_UNIX - 300000;
    assert_in_range(due_after_failure(NULL), 192000, 288000);
    // After two days it is like any poll, never nothing.
    rig.config.poll_max = 6 * 3600000;
    rig.item.topic.failing_since = FAKE_UNIX - INT64_C(49) * 3600000;
    assert_in_range(due_after_failure(NULL), 17280000, 25920000);
}

static void large_bodies_go_ahead_in_pieces(void **state)
{
    (void)state;
    size_t len = 2 * STORE_CHUNK + 10;
    char *body = malloc(len + 1);
    assert_non_null(body);
    for (size_t i = 0; i < len; i++)
        body[i] = (char)('a' + i / STORE_CHUNK);
    body[len] = '\0';
    struct exchange *x = claimed();
    fake_engine_answer(x, 200, body);
    end_with(x);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(fake_store_waiting(STORE_PUBLISH), 0);
        struct store_put_chunk *chunk = fake_store_take(STORE_PUT_CHUNK);
        assert_int_equal(chunk->topic, TOPIC);
        assert_int_equal(chunk->seq, 5);
        assert_int_equal(chunk->which, STORE_WHOLE);
        assert_int_equal(chunk->index, i);
        assert_int_equal(chunk->piece.len, i < 2 ? STORE_CHUNK : 10);
        assert_int_equal(chunk->piece.at[0], 'a' + i);
        fake_store_finish(&chunk->op, STORE_OK);
    }
    struct store_publish *publish = fake_store_take(STORE_PUBLISH);
    assert_int_equal(publish->whole.chunked, len);
    assert_int_equal(publish->delta.chunked, 0);
    end(publish);
    free(body);
}

static char *long_feed(void)
{
    size_t len = 2 * STORE_CHUNK;
    char *feed = malloc(len + 200);
    assert_non_null(feed);
    static const char head[] = "<rss version=\"2.0\"><channel><item><guid>1"
                               "</guid><description>",
                      tail[] = "</description></item></channel></rss>";
    memcpy(feed, head, sizeof head - 1);
    memset(feed + sizeof head - 1, 'x', len);
    memcpy(feed + sizeof head - 1 + len, tail, sizeof tail);
    return feed;
}

static void a_large_delta_follows_the_whole(void **state)
{
    (void)state;
    char *feed = long_feed();
    struct exchange *x = claimed();
    fake_engine_answer(x, 200, feed);
    fake_engine_field(x, "content-type", "application/rss+xml");
    end_with(x);
    for (uint32_t i = 0; i < 6; i++) {
        struct store_put_chunk *chunk = fake_store_take(STORE_PUT_CHUNK);
        assert_int_equal(chunk->which, i < 3 ? STORE_WHOLE : STORE_DELTA);
        assert_int_equal(chunk->index, i % 3);
        fake_store_finish(&chunk->op, STORE_OK);
    }
    struct store_publish *publish = fake_store_take(STORE_PUBLISH);
    assert_int_equal(publish->whole.chunked, strlen(feed));
    assert_true(publish->delta.chunked > 2 * STORE_CHUNK);
    end(publish);
    free(feed);
}

static void a_document_that_finds_no_room_is_a_failed_fetch(void **state)
{
    (void)state;
    char *feed = long_feed();
    struct exchange *x = claimed();
    fake_engine_answer(x, 200, feed);
    end_with(x);
    struct store_put_chunk *chunk = fake_store_take(STORE_PUT_CHUNK);
    fake_store_finish(&chunk->op, STORE_FULL);
    struct store_publish *publish = fake_store_take(STORE_PUBLISH);
    assert_int_equal(publish->verdict, STORE_FETCH_FAILED);
    assert_true(wait_of(publish) >= POLL_MIN);
    // If there is not even room for that, the topic is given back.
    fake_store_finish(&publish->op, STORE_FULL);
    struct store_release_claim *release = fake_store_take(STORE_RELEASE);
    assert_int_equal(release->due, loop_now().unix + 10000);
    fake_store_finish(&release->op, STORE_OK);
    assert_int_equal(observe_patience(rig.observe, loop_now()), 10000);
    assert_int_equal(rig.metrics.counts[METRIC_STORE_FULL], 2);
    free(feed);
}

static void M6_a_chunk_for_another_head_makes_the_fetch_anew(void **state)
{
    (void)state;
    char *feed = long_feed();
    struct exchange *x = claimed();
    fake_engine_answer(x, 200, feed);
    end_with(x);
    struct store_put_chunk *chunk = fake_store_take(STORE_PUT_CHUNK);
    fake_store_finish(&chunk->op, STORE_CONFLICT);
    struct store_release_claim *release = fake_store_take(STORE_RELEASE);
    assert_int_equal(release->due, 0);
    fake_store_finish(&release->op, STORE_OK);
    free(feed);
}

static void M6_when_the_head_has_moved_the_topic_is_fetched_again(void **state)
{
    (void)state;
    struct store_publish *publish = published(claimed(), 200, "hello");
    fake_store_finish(&publish->op, STORE_CONFLICT);
    assert_int_equal(rig.updated, 0);
    struct store_release_claim *release = fake_store_take(STORE_RELEASE);
    assert_int_equal(release->kind, STORE_DUE_FETCH);
    assert_int_equal(release->id, TOPIC);
    assert_int_equal(release->token, 60);
    assert_int_equal(release->due, 0);
    fake_store_finish(&release->op, STORE_OK);
    assert_int_equal(observe_patience(rig.observe, loop_now()), 0);
}

static void a_settlement_that_failed_gives_the_topic_back(void **state)
{
    (void)state;
    struct store_publish *publish = published(claimed(), 200, "hello");
    fake_store_finish(&publish->op, STORE_UNKNOWN);
    struct store_release_claim *release = fake_store_take(STORE_RELEASE);
    assert_int_equal(release->due, loop_now().unix + 10000);
    fake_store_finish(&release->op, STORE_OK);
    // One whose claim is not ours any more is simply over.
    publish = published(claimed(), 200, "hello");
    fake_store_finish(&publish->op, STORE_STALE);
    assert_int_equal(fake_store_waiting_all(), 0);
}

static void M12_a_ping_without_news_is_looked_into_twice_more(void **state)
{
    (void)state;
    static const int64_t delays[] = { 15000, 75000 };
    rig.item.topic.dirty = 3;
    for (size_t i = 0; i < 2; i++) {
        struct store_publish *publish = published(claimed(), 304, NULL);
        assert_int_equal(wait_of(publish), delays[i]);
        end(publish);
        fake_loop_pass(delays[i]);
        rig.item.topic.fetched = 3;
    }
    // And then not again, until the next ping.
    for (size_t i = 0; i < 2; i++) {
        struct store_publish *publish = published(claimed(), 304, NULL);
        assert_in_range(wait_of(publish), POLL_MIN, POLL_MAX);
        end(publish);
    }
    rig.item.topic.dirty = 4;
    struct store_publish *publish = published(claimed(), 304, NULL);
    assert_int_equal(wait_of(publish), 15000);
    end(publish);
    // What brings news is not silent any more.
    rig.item.topic.fetched = 4;
    publish = published(claimed(), 200, "hello");
    assert_in_range(wait_of(publish), POLL_MIN, POLL_MAX);
    end(publish);
}

static void have_claimed(void)
{
    observe_poke(rig.observe);
    observe_step(rig.observe, loop_now());
    struct store_claim *claim = fake_store_take(STORE_CLAIM);
    claim->items = fake_store_give(&claim->op, &rig.item, sizeof rig.item);
    claim->count = 1;
    claim->next_due = INT64_MAX;
    fake_store_finish(&claim->op, STORE_OK);
}

// The topic is claimed, but not fetched: until when?
static int64_t deferred(void)
{
    have_claimed();
    assert_int_equal(fake_engine_waiting(), 0);
    struct store_release_claim *release = fake_store_take(STORE_RELEASE);
    assert_int_equal(release->kind, STORE_DUE_FETCH);
    int64_t wait = release->due - loop_now().unix;
    fake_store_finish(&release->op, STORE_OK);
    return wait;
}

// The budget for idle pings, used up by one topic.
static void use_up(size_t fetches)
{
    rig.item.topic.dirty = 3;
    for (size_t i = 0; i < fetches; i++)
        end(published(claimed(), i % 2 ? 304 : 503, NULL));
}

static void R85_retry_after_is_only_ever_later(void **state)
{
    (void)state;
    rig.item.topic.dirty = 3;
    rig.item.topic.failures = 3;
    rig.item.topic.failing_since = FAKE_UNIX - 300000;
    assert_in_range(due_after_failure("1"), 192000, 288000);
    rig.item.topic.id++;
    assert_int_equal(due_after_failure("1800"), 1800000);
    // Not even a ping comes before.
    rig.item.topic.dirty++;
    assert_in_range(deferred(), 1800000, 2250000);
}

static void S7_pings_that_bring_nothing_have_to_wait(void **state)
{
    (void)state;
    use_up(10);
    // At 60 an hour.
    assert_in_range(deferred(), 59000, 76000);
    assert_int_equal(rig.metrics.counts[METRIC_FETCHES_DELAYED], 1);
    fake_loop_pass(61000);
    end(published(claimed(), 304, NULL));
    assert_in_range(deferred(), 50000, 76000);
}

static void S7_another_look_after_a_silent_ping_counts_too(void **state)
{
    (void)state;
    use_up(10);
    rig.item.topic.fetched = 3;
    assert_in_range(deferred(), 59000, 76000);
}

static void S7_polls_do_not_wait_for_pings(void **state)
{
    (void)state;
    use_up(10);
    rig.item.topic.id = TOPIC + 1;
    rig.item.topic.fetched = 3;
    have_claimed();
    end(published(fake_engine_take(), 304, NULL));
}

static void S7_pings_with_news_are_not_delayed(void **state)
{
    (void)state;
    rig.item.topic.dirty = 3;
    for (uint64_t i = 0; i < 100; i++) {
        rig.item.topic.id = TOPIC + i;
        end(published(claimed(), 200, "news"));
    }
    assert_int_equal(rig.metrics.counts[METRIC_FETCHES_DELAYED], 0);
    // But not without an end: pages may be others each time.
    assert_true(deferred() > 0);
}

static void S7_a_topic_that_always_changes_has_to_wait(void **state)
{
    (void)state;
    rig.item.topic.dirty = 3;
    for (size_t i = 0; i < 10; i++)
        end(published(claimed(), 200, "news"));
    assert_in_range(deferred(), 2000, 2500);
    fake_loop_pass(10000);
    end(published(claimed(), 200, "news"));
    assert_in_range(deferred(), 2000, 2500);
    // Which took nothing from the budget of idle pings.
    for (uint64_t i = 1; i <= 10; i++) {
        rig.item.topic.id = TOPIC + i;
        end(published(claimed(), 304, NULL));
    }
    assert_true(deferred() > 2500);
}

static void S7_nothing_waits_longer_than_an_hour(void **state)
{
    (void)state;
    use_up(10);
    rig.item.topic.last_fetch = FAKE_UNIX - 3600000;
    rig.item.topic.id = TOPIC + 1;
    end(published(claimed(), 304, NULL));
}

static void S7_what_never_was_there_is_not_overdue_for_ever(void **state)
{
    (void)state;
    use_up(10);
    rig.item.topic.last_fetch = 0;
    rig.item.topic.failures = 1;
    assert_true(deferred() > 0);
    rig.item.topic.last_fetch = FAKE_UNIX - INT64_C(7) * 86400000;
    assert_true(deferred() > 0);
}

static void S7_a_subscription_to_nothing_is_a_few_fetches(void **state)
{
    (void)state;
    rig.config.poll_max = 86400000;
    rig.item.topic.last_fetch = 0;
    rig.item.topic.failures = 3;
    assert_in_range(due_after_failure(NULL), 192000, 288000);
    // The fifth was the last for a while.
    rig.item.topic.failures = 4;
    assert_in_range(due_after_failure(NULL), 7680000, 11520000);
}

static void S7_an_address_that_was_fetched_too_often_is_spared(void **state)
{
    (void)state;
    // By the engine, which is told who is worth it.
    struct exchange *x = claimed();
    assert_false(x->stranger);
    end(published(x, 304, NULL));
    rig.item.topic.dirty = 3;
    x = claimed();
    assert_true(x->stranger);
    fake_engine_fail(x, EXCHANGE_LIMITED);
    end_with(x);
    struct store_release_claim *release = fake_store_take(STORE_RELEASE);
    assert_in_range(release->due - loop_now().unix, 60000, 120000);
    fake_store_finish(&release->op, STORE_OK);
    rig.item.topic.last_update = rig.item.topic.last_fetch;
    x = claimed();
    assert_false(x->stranger);
    end(published(x, 200, "news"));
}

static void R85_the_doubtful_share_half_of_the_places(void **state)
{
    (void)state;
    struct exchange *hung[5];
    rig.item.topic.last_fetch = 0;
    for (size_t i = 0; i < 5; i++)
        hung[i] = claimed();
    assert_in_range(deferred(), 200, 1000);
    rig.item.topic.last_fetch = FAKE_UNIX - 1000000;
    rig.item.topic.failures = 1;
    assert_in_range(deferred(), 200, 1000);
    rig.item.topic.failures = 0;
    end(published(claimed(), 200, "news"));
    for (size_t i = 0; i < 5; i++)
        end(published(hung[i], 503, NULL));
    rig.item.topic.failures = 1;
    end(published(claimed(), 503, NULL));
}

static void what_was_not_fetched_after_all_is_free(void **state)
{
    (void)state;
    use_up(9);
    struct exchange *x = claimed();
    fake_engine_fail(x, EXCHANGE_LIMITED);
    end_with(x);
    struct store_release_claim *release = fake_store_take(STORE_RELEASE);
    fake_store_finish(&release->op, STORE_OK);
    rig.item.topic.id = TOPIC + 1;
    end(published(claimed(), 304, NULL));
    assert_true(deferred() > 2500);
}

static void a_topic_that_is_gone_is_told_of(void **state)
{
    (void)state;
    end(published(claimed(), 404, NULL));
    assert_int_equal(rig.gone, 0);
    end(published(claimed(), 410, NULL));
    assert_int_equal(rig.gone, 1);
    // Of what was not stored nothing is told.
    struct store_publish *publish = published(claimed(), 410, NULL);
    fake_store_finish(&publish->op, STORE_STALE);
    assert_int_equal(rig.gone, 1);
}

static void R19_a_redirect_does_not_get_around_a_rule(void **state)
{
    (void)state;
    fake_rule(STORE_RULE_DENY_TOPIC, "denied.example");
    struct exchange *x = claimed();
    fake_engine_answer(x, 200, "hello");
    fake_engine_moved(x, "https://www.denied.example/feed");
    end_with(x);
    struct store_publish *publish = fake_store_take(STORE_PUBLISH);
    assert_int_equal(publish->verdict, STORE_FETCH_FAILED);
    assert_int_equal(publish->status, -EXCHANGE_REFUSED);
    end(publish);
    // What was followed before there was a rule is not fetched any more.
    rig.item.topic.url = bytes("https://denied.example/feed");
    have_claimed();
    publish = fake_store_take(STORE_PUBLISH);
    assert_int_equal(publish->verdict, STORE_FETCH_FAILED);
    assert_int_equal(publish->status, -EXCHANGE_REFUSED);
    end(publish);
}

static void R82_the_origin_is_told_for_how_many_it_is(void **state)
{
    (void)state;
    rig.item.topic.subscriptions = 12;
    struct exchange *x = claimed();
    assert_int_equal(x->subscribers, 12);
    end(published(x, 304, NULL));
}

static void R86a_caches_on_the_way_are_asked_to_step_aside(void **state)
{
    (void)state;
    rig.item.topic.dirty = 3;
    struct exchange *x = claimed();
    assert_string_equal(fake_engine_line(x, "Cache-Control"),
                        "Cache-Control: no-cache");
    end(published(x, 304, NULL));
}

static void without_memory_for_the_reading_the_topic_is_given_back(void **state)
{
    (void)state;
    struct exchange *x = claimed();
    fake_engine_answer(x, 200, "hello");
    fake_loop_starve();
    end_with(x);
    struct store_release_claim *release = fake_store_take(STORE_RELEASE);
    fake_store_finish(&release->op, STORE_OK);
}

static void draining_begins_no_fetch(void **state)
{
    (void)state;
    struct exchange *x = claimed();
    observe_drain(rig.observe);
    observe_poke(rig.observe);
    observe_step(rig.observe, loop_now());
    assert_int_equal(fake_store_waiting_all(), 0);
    assert_false(observe_idle(rig.observe));
    end(published(x, 304, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OBSERVED(a_304_settles_without_a_document),
        OBSERVED(R81_a_304_of_another_resource_is_asked_for_again),
        OBSERVED(a_304_that_nobody_asked_for_is_a_failure),
        OBSERVED(news_are_told_of_once_they_are_stored),
        OBSERVED(R83_only_a_whole_200_is_distributed),
        OBSERVED(M5_a_failing_pinged_fetch_backs_off),
        OBSERVED(R85_retry_after_is_only_ever_later),
        OBSERVED(large_bodies_go_ahead_in_pieces),
        OBSERVED(a_large_delta_follows_the_whole),
        OBSERVED(a_document_that_finds_no_room_is_a_failed_fetch),
        OBSERVED(M6_a_chunk_for_another_head_makes_the_fetch_anew),
        OBSERVED(M6_when_the_head_has_moved_the_topic_is_fetched_again),
        OBSERVED(a_settlement_that_failed_gives_the_topic_back),
        OBSERVED(M12_a_ping_without_news_is_looked_into_twice_more),
        OBSERVED(S7_pings_that_bring_nothing_have_to_wait),
        OBSERVED(S7_another_look_after_a_silent_ping_counts_too),
        OBSERVED(S7_polls_do_not_wait_for_pings),
        OBSERVED(S7_pings_with_news_are_not_delayed),
        OBSERVED(S7_a_topic_that_always_changes_has_to_wait),
        OBSERVED(S7_nothing_waits_longer_than_an_hour),
        OBSERVED(S7_what_never_was_there_is_not_overdue_for_ever),
        OBSERVED(S7_a_subscription_to_nothing_is_a_few_fetches),
        OBSERVED(S7_an_address_that_was_fetched_too_often_is_spared),
        OBSERVED(R85_the_doubtful_share_half_of_the_places),
        OBSERVED(what_was_not_fetched_after_all_is_free),
        OBSERVED(a_topic_that_is_gone_is_told_of),
        OBSERVED(R19_a_redirect_does_not_get_around_a_rule),
        OBSERVED(R82_the_origin_is_told_for_how_many_it_is),
        OBSERVED(R86a_caches_on_the_way_are_asked_to_step_aside),
        OBSERVED(without_memory_for_the_reading_the_topic_is_given_back),
        OBSERVED(draining_begins_no_fetch),
    };
    document_setup();
    log_setup(LOG_ERROR, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
