// SPDX-License-Identifier: MIT

#include "hub/given.h"

#include "fakes/observing.h"

static struct given given;
static size_t dones;

static const char one[] = "<rss version=\"2.0\"><channel><item><guid>1</guid>"
                          "</item></channel></rss>";
static const char two[] = "<rss version=\"2.0\"><channel><item><guid>2</guid>"
                          "</item><item><guid>1</guid></item></channel></rss>";

static void on_done(struct given *done)
{
    assert_ptr_equal(done, &given);
    assert_true(done->result > 0);
    dones++;
}

static void give(const char *document, const char *type)
{
    dones = 0;
    given = (struct given){
        .document = bytes(document),
        .content_type = type,
        .done = on_done,
    };
    observe_given(rig.observe, &given);
    assert_int_equal(dones, 0);
    assert_false(observe_idle(rig.observe));
}

static void find(void)
{
    struct store_topics *topics = fake_store_take(STORE_TOPICS);
    assert_int_equal(topics->count, 1);
    topics->items =
        fake_store_give(&topics->op, &rig.item.topic, sizeof rig.item.topic);
    fake_store_finish(&topics->op, STORE_OK);
}

static void remember(void)
{
    struct store_read_entries *memory = fake_store_take(STORE_READ_ENTRIES);
    memory->items =
        fake_store_give(&memory->op, rig.entries, sizeof rig.entries);
    memory->count = rig.entry_count;
    fake_store_finish(&memory->op, STORE_OK);
    fake_loop_work();
}

static struct store_publish *given_published(const char *document)
{
    give(document, "application/rss+xml");
    find();
    remember();
    return fake_store_take(STORE_PUBLISH);
}

static void expect(enum given_result result)
{
    assert_int_equal(dones, 1);
    assert_int_equal(given.result, result);
    assert_true(observe_idle(rig.observe));
}

static void M19_a_given_document_is_an_update(void **state)
{
    (void)state;
    struct store_publish *publish = given_published(one);
    assert_int_equal(publish->topic, TOPIC);
    assert_int_equal(publish->token, 0);
    assert_int_equal(publish->verdict, STORE_FETCH_UPDATE);
    assert_int_equal(publish->expected_head, 4);
    assert_int_equal(publish->kind, STORE_UPDATE_ENTRIES);
    assert_int_equal(publish->changed_count, 1);
    assert_memory_equal(publish->whole.inlined.at, one, sizeof one - 1);
    assert_string_equal(publish->content_type.at, "application/rss+xml");
    // What only an answer could say stays as it is.
    assert_false(publish->new_validators);
    assert_false(publish->new_links);
    assert_true(publish->new_plan);
    assert_int_equal(dones, 0);
    publish->number = 99;
    publish->walk_began = true;
    publish->walk = (struct store_walk){ .topic = TOPIC, .from = 4, .to = 5 };
    settle(publish);
    expect(GIVEN_TAKEN);
    assert_int_equal(given.topic, TOPIC);
    assert_int_equal(given.seq, 5);
    assert_int_equal(rig.updated, 99);
    assert_int_equal(rig.walk.to, 5);
}

static void M19_only_what_is_new_in_it_is_news(void **state)
{
    (void)state;
    settle(given_published(one));
    struct store_publish *publish = given_published(two);
    assert_int_equal(publish->changed_count, 1);
    settle(publish);
    // The same once more: durable already.
    give(two, "application/rss+xml");
    find();
    remember();
    expect(GIVEN_TAKEN);
    assert_int_equal(given.seq, 0);
}

static void M19_what_nobody_follows_is_unknown(void **state)
{
    (void)state;
    rig.item.topic.unfollowed_at = FAKE_UNIX;
    give(one, NULL);
    find();
    expect(GIVEN_UNKNOWN);
    rig.item.topic = (struct store_topic){ .id = 0 };
    give(one, NULL);
    find();
    expect(GIVEN_UNKNOWN);
    assert_int_equal(given.topic, 0);
}

static void R19_what_is_denied_is_as_if_nobody_followed_it(void **state)
{
    (void)state;
    fake_rule(STORE_RULE_DENY_TOPIC, "blog.example");
    give(one, NULL);
    find();
    expect(GIVEN_UNKNOWN);
}

static void M19_without_a_type_it_is_the_newest_versions(void **state)
{
    (void)state;
    give("<p>hello", NULL);
    find();
    struct store_events *newest = fake_store_take(STORE_EVENTS);
    assert_int_equal(newest->positions[0].topic, TOPIC);
    assert_int_equal(newest->positions[0].since, STORE_SINCE_LAST);
    assert_int_equal(newest->positions[0].value, 1);
    assert_false(newest->bodies);
    struct store_event event = { .content_type = bytes("text/html; a=b") };
    newest->items = fake_store_give(&newest->op, &event, sizeof event);
    newest->event_count = 1;
    fake_store_finish(&newest->op, STORE_OK);
    remember();
    struct store_publish *publish = fake_store_take(STORE_PUBLISH);
    assert_string_equal(publish->content_type.at, "text/html; a=b");
    settle(publish);
    expect(GIVEN_TAKEN);
    // Or none, if there never was one.
    give("<p>hello again", NULL);
    find();
    newest = fake_store_take(STORE_EVENTS);
    fake_store_finish(&newest->op, STORE_OK);
    remember();
    publish = fake_store_take(STORE_PUBLISH);
    assert_string_equal(publish->content_type.at, "application/octet-stream");
    settle(publish);
}

static void M5_what_is_no_document_is_refused(void **state)
{
    (void)state;
    settle(given_published(one));
    static const char *const none[] = { "", "<html><p>Sorry</html>", "{}" };
    for (size_t i = 0; i < 3; i++) {
        give(none[i], "text/html");
        find();
        remember();
        expect(GIVEN_REFUSED);
    }
}

static void M6_when_the_head_has_moved_it_is_compared_again(void **state)
{
    (void)state;
    struct store_publish *publish = given_published(one);
    fake_store_finish(&publish->op, STORE_CONFLICT);
    assert_int_equal(dones, 0);
    rig.item.topic.head = 5;
    find();
    remember();
    publish = fake_store_take(STORE_PUBLISH);
    assert_int_equal(publish->expected_head, 5);
    settle(publish);
    expect(GIVEN_TAKEN);
    // But not for ever.
    publish = given_published(two);
    for (int i = 0; i < 3; i++) {
        fake_store_finish(&publish->op, STORE_CONFLICT);
        find();
        remember();
        publish = fake_store_take(STORE_PUBLISH);
    }
    fake_store_finish(&publish->op, STORE_CONFLICT);
    expect(GIVEN_LATER);
}

static void M6_its_signature_proves_that_it_is_not_stale(void **state)
{
    (void)state;
    settle(given_published(one));
    settle(given_published(two));
    struct store_publish *publish = given_published(one);
    assert_int_equal(publish->kind, STORE_UPDATE_REMOVAL_ONLY);
    settle(publish);
    expect(GIVEN_TAKEN);
}

static void what_the_store_could_not_keep_is_said(void **state)
{
    (void)state;
    static const struct {
        enum store_status status;
        enum given_result result;
    } cases[] = {
        { STORE_FULL, GIVEN_FULL },       { STORE_NOT_FOUND, GIVEN_UNKNOWN },
        { STORE_UNKNOWN, GIVEN_LATER },   { STORE_AGAIN, GIVEN_LATER },
        { STORE_DUPLICATE, GIVEN_TAKEN },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct store_publish *publish = given_published(one);
        fake_store_finish(&publish->op, cases[i].status);
        expect(cases[i].result);
    }
    give(one, NULL);
    struct store_topics *topics = fake_store_take(STORE_TOPICS);
    fake_store_finish(&topics->op, STORE_AGAIN);
    expect(GIVEN_LATER);
}

static char *long_text(char filling)
{
    char *text = malloc(2 * STORE_CHUNK + 1);
    assert_non_null(text);
    memset(text, filling, 2 * STORE_CHUNK);
    text[2 * STORE_CHUNK] = '\0';
    return text;
}

static void take_chunk(enum store_status status)
{
    struct store_put_chunk *chunk = fake_store_take(STORE_PUT_CHUNK);
    assert_int_equal(chunk->seq, rig.item.topic.head + 1);
    fake_store_finish(&chunk->op, status);
}

// Two of them would lie in the same place.
static void documents_of_a_topic_are_put_one_after_the_other(void **state)
{
    (void)state;
    char *first = long_text('a'), *second = long_text('b');
    // A fetch has put one piece of two.
    struct exchange *x = claimed();
    fake_engine_answer(x, 200, first);
    end_with(x);
    take_chunk(STORE_OK);
    give(second, "text/plain");
    find();
    remember();
    assert_int_equal(fake_store_waiting(STORE_PUT_CHUNK), 1);
    take_chunk(STORE_OK);
    settle(fake_store_take(STORE_PUBLISH));
    // Now the other, against what is there now.
    find();
    remember();
    take_chunk(STORE_OK);
    // And the other way round: the fetch gives way.
    first[0] = 'c';
    x = claimed();
    fake_engine_answer(x, 200, first);
    end_with(x);
    struct store_release_claim *release = fake_store_take(STORE_RELEASE);
    assert_int_equal(release->due, loop_now().unix + 1000);
    fake_store_finish(&release->op, STORE_OK);
    take_chunk(STORE_OK);
    settle(fake_store_take(STORE_PUBLISH));
    expect(GIVEN_TAKEN);
    assert_int_equal(given.seq, 6);
    free(first);
    free(second);
}

static void small_ones_do_not_wait(void **state)
{
    (void)state;
    struct exchange *x = claimed();
    fake_engine_answer(x, 200, one);
    end_with(x);
    struct store_publish *fetch = fake_store_take(STORE_PUBLISH);
    struct store_publish *publish = given_published(two);
    settle(publish);
    assert_int_equal(given.result, GIVEN_TAKEN);
    // M6: what was fetched meanwhile is fetched again.
    fake_store_finish(&fetch->op, STORE_CONFLICT);
    struct store_release_claim *release = fake_store_take(STORE_RELEASE);
    assert_int_equal(release->due, 0);
    fake_store_finish(&release->op, STORE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OBSERVED(M19_a_given_document_is_an_update),
        OBSERVED(M19_only_what_is_new_in_it_is_news),
        OBSERVED(M19_what_nobody_follows_is_unknown),
        OBSERVED(R19_what_is_denied_is_as_if_nobody_followed_it),
        OBSERVED(M19_without_a_type_it_is_the_newest_versions),
        OBSERVED(M5_what_is_no_document_is_refused),
        OBSERVED(M6_when_the_head_has_moved_it_is_compared_again),
        OBSERVED(M6_its_signature_proves_that_it_is_not_stale),
        OBSERVED(what_the_store_could_not_keep_is_said),
        OBSERVED(documents_of_a_topic_are_put_one_after_the_other),
        OBSERVED(small_ones_do_not_wait),
    };
    document_setup();
    log_setup(LOG_ERROR, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
