// SPDX-License-Identifier: MIT

#include "storage/lmdb/records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct bytes text(const char *at)
{
    return (struct bytes){ at, strlen(at) };
}

static const struct store_profile profile = {
    .secret = { "secret", 6 },
    .method = STORE_SHA512,
    .content = STORE_CONTENT_ENTRIES,
    .verify_token = { "token", 5 },
    .old_client = true,
};

static struct request a_request(void)
{
    return (struct request){
        .shown = {
            .mode = STORE_UNSUBSCRIBE,
            .topic = text("https://a.example/%7Efeed"),
            .callback = text("https://b.example/"),
            .topic_normal = text("https://a.example/~feed"),
            .topic_key = { { 1 } },
            .callback_key = { { 2 } },
            .origin = { { 3 } },
            .lease = 1000,
            .profile = profile,
            .accepted = 5,
            .deadline = 6,
            .tries = 7,
            .host = 9,
            .asker = 11,
            .renews = true,
        },
        .due = 8,
        .idle = true,
    };
}

static struct subscription a_subscription(void)
{
    return (struct subscription){
        .shown = {
            .rev = 3,
            .start = 4,
            .lease_end = 5,
            .suspended = true,
            .topic_url = text("https://a.example/feed"),
            .callback = text("https://b.example/"),
            .origin = { { 3 } },
            .profile = profile,
            .paused = true,
            .request = 12,
        },
        .callback_key = { { 2 } },
        .lease_key = 9,
    };
}

static struct topic a_topic(void)
{
    return (struct topic){
        .shown = {
            .url = text("https://a.example/feed"),
            .url_normal = text("https://a.example/feed"),
            .self = text("https://a.example/self"),
            .hubs = text("https://h.example/\nhttps://i.example/"),
            .etag = text("\"e\""),
            .modified = text("yesterday"),
            .moved = text("https://c.example/"),
            .head = 9,
            .baseline = 8,
            .removed = 7,
            .last_status = -3,
            .baseline_owed = true,
            .subscriptions = 6,
            .gone = 10,
            .gone_since = 11,
            .content = STORE_CONTENT_EACH,
            .plan = text("plan"),
            .reach = STORE_REACH_INSIDE,
            .listeners = 12,
            .kept = true,
            .poll_every = -1,
        },
        .incarnation = 77,
        .earlier = 13,
        .resuming = true,
        .resumed = 9,
        .key = { { 4 } },
        .self_key = { { 5 } },
        .self_near = true,
        .trim_due = 5,
    };
}

static struct lagging a_lagging(void)
{
    return (struct lagging){
        .next = 1,
        .attempts = 2,
        .step = 3,
        .first_failure = 4,
        .due = 5,
        .last_status = -6,
        .waits = true,
        .resent = true,
        .last = { { 7, -8, 9 }, { 10, 503, 11 } },
        .last_count = 2,
    };
}

static struct store_lane a_lane(void)
{
    return (struct store_lane){
        .name = text("https://b.example:443"),
        .paused = true,
        .due = 1,
        .step = 2,
        .failures = 3,
        .failing_since = 4,
        .last_status = -5,
    };
}

static struct denial a_denial(void)
{
    return (struct denial){
        .shown = {
            .topic = text("https://a.example/feed"),
            .callback = text("https://b.example/"),
            .topic_key = { { 1 } },
            .callback_key = { { 2 } },
            .origin = { { 3 } },
            .reason = STORE_DENIAL_EXPIRED,
            .verified = true,
            .made = 4,
            .tries = 5,
        },
        .due = 6,
    };
}

static const uint8_t ids[32] = { 1, 2, 3 };

static struct update an_update(void)
{
    return (struct update){
        .number = 5,
        .time = 6,
        .kind = STORE_UPDATE_ENTRIES,
        .baseline = true,
        .content_type = text("application/atom+xml"),
        .self = text("https://a.example/self"),
        .hubs = text("https://h.example/"),
        .whole_size = 100000,
        .delta_size = 10,
        .changed_count = 2,
        .changed = ids,
        .on_request = true,
        .digest = { 7, 8, 9 },
    };
}

enum { SHAPES = 11 };

// Every kind of record by its number, so that the hostile tests cover all.
static struct bytes encode(int shape, uint8_t buffer[RECORD_MAX])
{
    struct writer writer;
    struct topic topic = a_topic();
    struct subscription subscription = a_subscription();
    struct request request = a_request();
    struct update update = an_update();
    struct lagging lagging = a_lagging();
    struct store_lane lane = a_lane();
    struct ticket ticket = { .topic = 1, .subscription = 2 };
    struct store_walk walk = {
        .from = 1,
        .to = 2,
        .start = 3,
        .position = 3,
        .step_count = 2,
        .steps = { { 5, 2 }, { 9, 1 } },
    };
    struct denial denial = a_denial();
    struct counters counters = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
    writer_init(&writer, buffer, RECORD_MAX);
    switch (shape) {
    case 0:
        topic_encode(&writer, &topic);
        break;
    case 1:
        topic_state_encode(&writer, &topic);
        break;
    case 2:
        subscription_encode(&writer, &subscription);
        break;
    case 3:
        request_encode(&writer, &request);
        break;
    case 4:
        update_encode(&writer, &update);
        break;
    case 5:
        lagging_encode(&writer, &lagging);
        break;
    case 6:
        walk_encode(&writer, &walk);
        break;
    case 7:
        denial_encode(&writer, &denial);
        break;
    case 8:
        counters_encode(&writer, &counters);
        break;
    case 9:
        lane_encode(&writer, &lane);
        break;
    default:
        ticket_encode(&writer, &ticket);
    }
    assert_false(writer.failed);
    return writer_bytes(&writer);
}

static bool decode(int shape, struct bytes record)
{
    union {
        struct topic topic;
        struct subscription subscription;
        struct request request;
        struct update update;
        struct lagging lagging;
        struct store_walk walk;
        struct denial denial;
        struct counters counters;
        struct store_lane lane;
        struct ticket ticket;
    } out;
    memset(&out, 0, sizeof out);
    switch (shape) {
    case 0:
        return topic_decode(record, &out.topic);
    case 1:
        return topic_state_decode(record, &out.topic);
    case 2:
        return subscription_decode(record, &out.subscription);
    case 3:
        return request_decode(record, &out.request);
    case 4:
        return update_decode(record, &out.update);
    case 5:
        return lagging_decode(record, &out.lagging);
    case 6:
        return walk_decode(record, &out.walk);
    case 7:
        return denial_decode(record, &out.denial);
    case 8:
        return counters_decode(record, &out.counters);
    case 9:
        return lane_decode(record, &out.lane);
    default:
        return ticket_decode(record, &out.ticket);
    }
}

static void a_request_comes_back_whole(void **state)
{
    uint8_t buffer[RECORD_MAX];
    struct request got = { .due = 0 }, put = a_request();
    assert_true(request_decode(encode(3, buffer), &got));
    assert_int_equal(got.shown.mode, STORE_UNSUBSCRIBE);
    assert_string_equal(got.shown.topic.at, put.shown.topic.at);
    assert_string_equal(got.shown.callback.at, put.shown.callback.at);
    assert_string_equal(got.shown.topic_normal.at, put.shown.topic_normal.at);
    assert_string_equal(got.shown.profile.secret.at, "secret");
    assert_string_equal(got.shown.profile.verify_token.at, "token");
    assert_int_equal(got.shown.profile.method, STORE_SHA512);
    assert_true(got.shown.profile.old_client);
    assert_memory_equal(&got.shown.origin, &put.shown.origin, 32);
    assert_int_equal(got.shown.deadline, 6);
    assert_int_equal(got.shown.tries, 7);
    assert_int_equal(got.due, 8);
    assert_int_equal(got.shown.host, 9);
    assert_int_equal(got.shown.asker, 11);
    assert_true(got.shown.renews);
    assert_true(got.idle);
    (void)state;
}

static void a_topic_comes_back_from_its_two_records(void **state)
{
    uint8_t buffer[RECORD_MAX], other[RECORD_MAX];
    struct topic got;
    memset(&got, 0, sizeof got);
    assert_true(topic_decode(encode(0, buffer), &got));
    assert_true(topic_state_decode(encode(1, other), &got));
    assert_string_equal(got.shown.hubs.at,
                        "https://h.example/\nhttps://i.example/");
    assert_string_equal(got.shown.etag.at, "\"e\"");
    assert_int_equal(got.shown.last_status, -3);
    assert_int_equal(got.shown.subscriptions, 6);
    assert_int_equal(got.shown.gone, 10);
    assert_int_equal(got.shown.gone_since, 11);
    assert_int_equal(got.shown.content, STORE_CONTENT_EACH);
    assert_string_equal(got.shown.plan.at, "plan");
    assert_true(got.incarnation == 77);
    assert_int_equal(got.self_key.bytes[0], 5);
    assert_true(got.self_near);
    assert_int_equal(got.trim_due, 5);
    assert_int_equal(got.shown.reach, STORE_REACH_INSIDE);
    assert_int_equal(got.shown.listeners, 12);
    assert_int_equal(got.earlier, 13);
    assert_true(got.resuming);
    assert_int_equal(got.resumed, 9);
    assert_true(got.shown.kept);
    assert_int_equal(got.shown.poll_every, -1);
    (void)state;
}

static void a_denial_comes_back_whole(void **state)
{
    uint8_t buffer[RECORD_MAX];
    struct denial got = { .due = 0 }, put = a_denial();
    assert_true(denial_decode(encode(7, buffer), &got));
    assert_string_equal(got.shown.topic.at, put.shown.topic.at);
    assert_string_equal(got.shown.callback.at, put.shown.callback.at);
    assert_memory_equal(&got.shown.topic_key, &put.shown.topic_key, 32);
    assert_memory_equal(&got.shown.callback_key, &put.shown.callback_key, 32);
    assert_memory_equal(&got.shown.origin, &put.shown.origin, 32);
    assert_int_equal(got.shown.reason, STORE_DENIAL_EXPIRED);
    assert_true(got.shown.verified);
    assert_int_equal(got.shown.made, 4);
    assert_int_equal(got.shown.tries, 5);
    assert_int_equal(got.due, 6);
    (void)state;
}

static void one_who_lags_comes_back_with_the_last_attempts(void **state)
{
    uint8_t buffer[RECORD_MAX];
    struct lagging got, put = a_lagging();
    assert_true(lagging_decode(encode(5, buffer), &got));
    assert_int_equal(got.next, 1);
    assert_int_equal(got.last_status, -6);
    assert_true(got.waits);
    assert_true(got.resent);
    assert_int_equal(got.last_count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(got.last[i].at, put.last[i].at);
        assert_int_equal(got.last[i].status, put.last[i].status);
        assert_int_equal(got.last[i].took_ms, put.last[i].took_ms);
    }
    (void)state;
}

static void a_lane_comes_back_whole(void **state)
{
    uint8_t buffer[RECORD_MAX];
    struct store_lane got = { .due = 0 };
    assert_true(lane_decode(encode(9, buffer), &got));
    assert_string_equal(got.name.at, "https://b.example:443");
    assert_true(got.paused);
    assert_int_equal(got.due, 1);
    assert_int_equal(got.step, 2);
    assert_int_equal(got.failures, 3);
    assert_int_equal(got.failing_since, 4);
    assert_int_equal(got.last_status, -5);
    (void)state;
}

static void a_denial_for_no_reason_is_damaged(void **state)
{
    uint8_t buffer[RECORD_MAX];
    struct denial got = { .due = 0 };
    struct bytes record = encode(7, buffer);
    buffer[1] = STORE_DENIAL_NONE;
    assert_false(denial_decode(record, &got));
    (void)state;
}

// What later versions added stands at the end: as an older one wrote it.
static struct bytes of_version(uint8_t version, int shape, size_t added,
                               uint8_t buffer[RECORD_MAX])
{
    struct bytes record = encode(shape, buffer);
    buffer[0] = version;
    record.len -= added;
    return record;
}

static void a_request_of_version_1_is_for_something_new_at_no_host(void **state)
{
    uint8_t buffer[RECORD_MAX];
    struct request got = { .due = 0 };
    assert_true(request_decode(of_version(1, 3, 18, buffer), &got));
    assert_string_equal(got.shown.topic_normal.at, "https://a.example/~feed");
    assert_int_equal(got.shown.tries, 7);
    assert_int_equal(got.shown.host, 0);
    assert_false(got.shown.renews);
    assert_false(got.idle);
    (void)state;
}

static void a_request_of_version_2_is_nobodys(void **state)
{
    uint8_t buffer[RECORD_MAX];
    struct request got = { .due = 0 };
    assert_true(request_decode(of_version(2, 3, 8, buffer), &got));
    assert_int_equal(got.shown.host, 9);
    assert_true(got.shown.renews);
    assert_true(got.idle);
    assert_int_equal(got.shown.asker, 0);
    (void)state;
}

static void a_subscription_of_version_1_is_not_paused(void **state)
{
    uint8_t buffer[RECORD_MAX];
    struct subscription got = { .lease_key = 0 };
    assert_true(subscription_decode(of_version(1, 2, 9, buffer), &got));
    assert_int_equal(got.shown.rev, 3);
    assert_string_equal(got.shown.callback.at, "https://b.example/");
    assert_false(got.shown.paused);
    assert_int_equal(got.shown.request, 0);
    (void)state;
}

static void one_who_lagged_in_version_1_waits_for_nobody(void **state)
{
    uint8_t buffer[RECORD_MAX];
    struct lagging got;
    memset(&got, 0xff, sizeof got);
    assert_true(lagging_decode(of_version(1, 5, 3 + 2 * 16, buffer), &got));
    assert_int_equal(got.due, 5);
    assert_int_equal(got.last_status, -6);
    assert_false(got.waits);
    assert_false(got.resent);
    assert_int_equal(got.last_count, 0);
    (void)state;
}

static void a_topic_state_of_version_1_was_never_gone(void **state)
{
    uint8_t buffer[RECORD_MAX];
    struct topic got;
    memset(&got, 0, sizeof got);
    assert_true(
        topic_state_decode(of_version(1, 1, 12 + 9 + 18 + 9, buffer), &got));
    assert_string_equal(got.shown.moved.at, "https://c.example/");
    assert_int_equal(got.shown.subscriptions, 6);
    assert_int_equal(got.shown.gone, 0);
    assert_int_equal(got.shown.gone_since, 0);
    (void)state;
}

static void a_topic_of_version_1_has_no_alias(void **state)
{
    uint8_t buffer[RECORD_MAX];
    const struct store_key none = { { 0 } };
    struct topic got;
    memset(&got, 0, sizeof got);
    assert_true(topic_decode(of_version(1, 0, 33 + 1 + 8, buffer), &got));
    assert_string_equal(got.shown.self.at, "https://a.example/self");
    assert_true(got.incarnation == 77);
    assert_memory_equal(&got.self_key, &none, sizeof none);
    assert_false(got.self_near);
    (void)state;
}

static void a_topic_of_version_2_is_delivered_as_the_hub_says(void **state)
{
    uint8_t buffer[RECORD_MAX];
    struct topic got;
    memset(&got, 0, sizeof got);
    assert_true(topic_decode(of_version(2, 0, 1 + 8, buffer), &got));
    assert_true(got.self_near);
    assert_int_equal(got.shown.content, STORE_CONTENT_DEFAULT);
    (void)state;
}

static void a_topic_state_of_version_2_has_no_plan(void **state)
{
    uint8_t buffer[RECORD_MAX];
    struct topic got;
    memset(&got, 0, sizeof got);
    assert_true(topic_state_decode(of_version(2, 1, 9 + 18 + 9, buffer), &got));
    assert_int_equal(got.shown.gone_since, 11);
    assert_string_equal(got.shown.plan.at, "");
    (void)state;
}

static void a_topic_of_version_3_is_heard_by_no_mailbox(void **state)
{
    uint8_t buffer[RECORD_MAX];
    struct topic got;
    memset(&got, 0, sizeof got);
    assert_true(topic_decode(of_version(3, 0, 8, buffer), &got));
    assert_int_equal(got.earlier, 0);
    assert_true(topic_state_decode(of_version(3, 1, 18 + 9, buffer), &got));
    assert_int_equal(got.shown.reach, STORE_REACH_UNTOLD);
    assert_int_equal(got.shown.listeners, 0);
    assert_int_equal(got.resumed, 0);
    assert_false(got.resuming);
    (void)state;
}

static void a_topic_state_of_version_4_is_kept_by_nobody(void **state)
{
    uint8_t buffer[RECORD_MAX];
    struct topic got;
    memset(&got, 0, sizeof got);
    assert_true(topic_state_decode(of_version(4, 1, 9, buffer), &got));
    assert_int_equal(got.resumed, 9);
    assert_false(got.shown.kept);
    assert_int_equal(got.shown.poll_every, 0);
    (void)state;
}

static void counters_of_version_2_know_of_no_mailboxes(void **state)
{
    uint8_t buffer[RECORD_MAX];
    struct counters got = { 0 };
    assert_true(counters_decode(of_version(2, 8, 16, buffer), &got));
    assert_int_equal(got.idle, 7);
    assert_int_equal(got.mailbox, 0);
    assert_int_equal(got.token, 0);
    (void)state;
}

static void an_update_of_version_1_has_no_digest(void **state)
{
    uint8_t buffer[RECORD_MAX];
    const uint8_t none[16] = { 0 };
    struct update got;
    assert_true(update_decode(of_version(1, 4, 17, buffer), &got));
    assert_memory_equal(got.changed, ids, sizeof ids);
    assert_memory_equal(got.digest, none, sizeof none);
    assert_false(got.on_request);
    (void)state;
}

static void a_walk_of_version_1_has_no_steps(void **state)
{
    uint8_t buffer[RECORD_MAX];
    struct store_walk got;
    struct bytes record = of_version(1, 6, 8 + 1 + 2 * 16, buffer);
    memset(&got, 0xff, sizeof got);
    assert_true(walk_decode(record, &got));
    assert_int_equal(got.from, 1);
    assert_int_equal(got.to, 2);
    assert_int_equal(got.position, 3);
    assert_int_equal(got.start, 0);
    assert_int_equal(got.step_count, 0);
    (void)state;
}

static void a_walk_comes_back_with_its_steps(void **state)
{
    uint8_t buffer[RECORD_MAX];
    struct store_walk got;
    assert_true(walk_decode(encode(6, buffer), &got));
    assert_int_equal(got.start, 3);
    assert_int_equal(got.step_count, 2);
    assert_int_equal(got.steps[1].last, 9);
    assert_int_equal(got.steps[1].cursor, 1);
    (void)state;
}

static void counters_of_version_1_know_of_no_denials(void **state)
{
    uint8_t buffer[RECORD_MAX];
    struct counters got = { 0 };
    assert_true(counters_decode(of_version(1, 8, 16 + 16, buffer), &got));
    assert_int_equal(got.event, 4);
    assert_int_equal(got.clock, 6);
    assert_int_equal(got.denial, 0);
    assert_int_equal(got.idle, 0);
    (void)state;
}

static void an_update_comes_back_with_its_ids(void **state)
{
    uint8_t buffer[RECORD_MAX];
    struct update got, put = an_update();
    struct bytes record = encode(4, buffer);
    assert_int_equal(record.len, update_size(&put));
    assert_true(update_decode(record, &got));
    assert_int_equal(got.changed_count, 2);
    assert_memory_equal(got.changed, ids, sizeof ids);
    assert_true(got.whole_size == 100000);
    assert_true(got.baseline);
    assert_true(got.on_request);
    assert_memory_equal(got.digest, put.digest, sizeof put.digest);
    (void)state;
}

static void M9_a_skeleton_keeps_number_and_time_in_few_bytes(void **state)
{
    uint8_t buffer[RECORD_MAX];
    struct writer writer;
    struct update got, put = an_update();
    put.skeleton = true;
    writer_init(&writer, buffer, sizeof buffer);
    update_encode(&writer, &put);
    assert_true(writer_bytes(&writer).len <= 24);
    assert_true(update_decode(writer_bytes(&writer), &got));
    assert_true(got.skeleton && got.baseline);
    assert_int_equal(got.number, 5);
    assert_int_equal(got.time, 6);
    assert_int_equal(got.changed_count, 0);
    (void)state;
}

static void every_record_cut_short_is_refused(void **state)
{
    uint8_t buffer[RECORD_MAX];
    for (int shape = 0; shape < SHAPES; shape++) {
        struct bytes record = encode(shape, buffer);
        assert_true(decode(shape, record));
        for (size_t len = 0; len < record.len; len++) {
            // In a block of its own, so that a sanitizer sees a byte too far.
            char *cut = malloc(len > 0 ? len : 1);
            assert_non_null(cut);
            memcpy(cut, record.at, len);
            assert_false(decode(shape, (struct bytes){ cut, len }));
            free(cut);
        }
    }
    (void)state;
}

static void every_record_with_something_behind_it_is_refused(void **state)
{
    uint8_t buffer[RECORD_MAX];
    for (int shape = 0; shape < SHAPES; shape++) {
        struct bytes record = encode(shape, buffer);
        buffer[record.len] = 0;
        record.len++;
        assert_false(decode(shape, record));
    }
    (void)state;
}

static uint8_t newest_version(int shape)
{
    static const uint8_t newest[SHAPES] = { 4, 5, 2, 3, 2, 2, 2, 1, 3, 1, 1 };
    return newest[shape];
}

static void another_version_is_refused(void **state)
{
    uint8_t buffer[RECORD_MAX];
    for (int shape = 0; shape < SHAPES; shape++) {
        struct bytes record = encode(shape, buffer);
        buffer[0] = newest_version(shape) + 1;
        assert_false(decode(shape, record));
        buffer[0] = 0;
        assert_false(decode(shape, record));
    }
    (void)state;
}

static void no_changed_byte_reads_beyond_the_record(void **state)
{
    uint8_t buffer[RECORD_MAX];
    for (int shape = 0; shape < SHAPES; shape++) {
        struct bytes record = encode(shape, buffer);
        char *copy = malloc(record.len);
        assert_non_null(copy);
        for (size_t i = 0; i < record.len; i++) {
            memcpy(copy, record.at, record.len);
            copy[i] = (char)(copy[i] ^ 0xff);
            // Accepted or refused: a sanitizer watches.
            (void)decode(shape, (struct bytes){ copy, record.len });
        }
        free(copy);
    }
    (void)state;
}

static void what_contradicts_itself_is_refused(void **state)
{
    uint8_t buffer[RECORD_MAX];
    struct writer writer;
    struct topic topic = a_topic();
    topic.shown.removed = topic.shown.head + 1;
    writer_init(&writer, buffer, sizeof buffer);
    topic_state_encode(&writer, &topic);
    assert_false(decode(1, writer_bytes(&writer)));

    struct store_walk walk = { .from = 4, .to = 4 };
    writer_init(&writer, buffer, sizeof buffer);
    walk_encode(&writer, &walk);
    assert_false(decode(6, writer_bytes(&writer)));

    // Who is stopped waits for nobody.
    struct lagging lagging = a_lagging();
    lagging.due = 0;
    writer_init(&writer, buffer, sizeof buffer);
    lagging_encode(&writer, &lagging);
    assert_false(decode(5, writer_bytes(&writer)));

    struct ticket ticket = { .topic = 1, .subscription = 2, .end = 3 };
    writer_init(&writer, buffer, sizeof buffer);
    ticket_encode(&writer, &ticket);
    assert_false(decode(10, writer_bytes(&writer)));
    (void)state;
}

static void the_largest_records_fit(void **state)
{
    static char long_text[STORE_LINKS_MAX];
    uint8_t buffer[RECORD_MAX];
    struct writer writer;
    struct topic topic = a_topic();
    memset(long_text, 'x', sizeof long_text);
    struct bytes url = { long_text, STORE_URL_MAX };
    topic.shown.url = topic.shown.url_normal = url;
    topic.shown.self = topic.shown.moved = url;
    topic.shown.hubs = (struct bytes){ long_text, STORE_LINKS_MAX };
    topic.shown.etag = topic.shown.modified =
        (struct bytes){ long_text, STORE_HEADER_MAX };
    topic.shown.plan = (struct bytes){ long_text, STORE_PLAN_MAX };
    writer_init(&writer, buffer, sizeof buffer);
    topic_encode(&writer, &topic);
    assert_true(decode(0, writer_bytes(&writer)));
    writer_init(&writer, buffer, sizeof buffer);
    topic_state_encode(&writer, &topic);
    assert_true(decode(1, writer_bytes(&writer)));

    struct request request = a_request();
    request.shown.topic = request.shown.callback = url;
    request.shown.topic_normal = url;
    request.shown.profile.verify_token =
        (struct bytes){ long_text, STORE_VERIFY_TOKEN_MAX };
    request.shown.profile.secret =
        (struct bytes){ long_text, STORE_SECRET_MAX };
    writer_init(&writer, buffer, sizeof buffer);
    request_encode(&writer, &request);
    assert_true(decode(3, writer_bytes(&writer)));
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_comes_back_whole),
        cmocka_unit_test(a_topic_comes_back_from_its_two_records),
        cmocka_unit_test(one_who_lags_comes_back_with_the_last_attempts),
        cmocka_unit_test(a_lane_comes_back_whole),
        cmocka_unit_test(a_subscription_of_version_1_is_not_paused),
        cmocka_unit_test(one_who_lagged_in_version_1_waits_for_nobody),
        cmocka_unit_test(a_denial_comes_back_whole),
        cmocka_unit_test(a_denial_for_no_reason_is_damaged),
        cmocka_unit_test(
            a_request_of_version_1_is_for_something_new_at_no_host),
        cmocka_unit_test(a_request_of_version_2_is_nobodys),
        cmocka_unit_test(a_topic_state_of_version_1_was_never_gone),
        cmocka_unit_test(a_topic_of_version_1_has_no_alias),
        cmocka_unit_test(a_topic_of_version_2_is_delivered_as_the_hub_says),
        cmocka_unit_test(a_topic_state_of_version_2_has_no_plan),
        cmocka_unit_test(an_update_of_version_1_has_no_digest),
        cmocka_unit_test(a_walk_of_version_1_has_no_steps),
        cmocka_unit_test(a_walk_comes_back_with_its_steps),
        cmocka_unit_test(counters_of_version_1_know_of_no_denials),
        cmocka_unit_test(counters_of_version_2_know_of_no_mailboxes),
        cmocka_unit_test(a_topic_of_version_3_is_heard_by_no_mailbox),
        cmocka_unit_test(a_topic_state_of_version_4_is_kept_by_nobody),
        cmocka_unit_test(an_update_comes_back_with_its_ids),
        cmocka_unit_test(M9_a_skeleton_keeps_number_and_time_in_few_bytes),
        cmocka_unit_test(every_record_cut_short_is_refused),
        cmocka_unit_test(every_record_with_something_behind_it_is_refused),
        cmocka_unit_test(another_version_is_refused),
        cmocka_unit_test(no_changed_byte_reads_beyond_the_record),
        cmocka_unit_test(what_contradicts_itself_is_refused),
        cmocka_unit_test(the_largest_records_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
