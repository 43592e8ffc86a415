// SPDX-License-Identifier: MIT

#include "hub/pull_write.h"
#include "hub/ack_id.h"
#include "hub/parcel.h"
#include "hub/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <jansson.h>

static const char feed[] = "https://example.com/feed";
static const uint8_t secret[32] = { 1 };

struct scene {
    struct cursor_key *key;
    struct seal *acks;
    struct store_event updates[2];
    struct batch_event events[2];
    struct batch batch;
    char text[16384]; // what was written last
    size_t len;
};

static struct bytes bytes_of(const char *text)
{
    return (struct bytes){ text, strlen(text) };
}

static int setup(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    scene->key = cursor_key_new(secret);
    scene->acks = ack_id_seal(secret);
    for (size_t i = 0; i < 2; i++) {
        scene->updates[i] = (struct store_event){
            .number = 10 + i,
            .topic = 7,
            .seq = 3 + i,
            .previous = 2 + i,
            .incarnation = 0xabc,
            .time = 1795355999007,
            .content_type = bytes_of("text/plain"),
            .body = bytes_of(i == 0 ? "one" : "two"),
            .size = 3,
        };
        scene->events[i] =
            (struct batch_event){ .event = &scene->updates[i], .url = feed };
    }
    scene->batch = (struct batch){
        .events = scene->events,
        .count = 1,
        .has_cursor = true,
        .cursor = { .epoch = 5, .number = 10, .tag = 99 },
        .key = scene->key,
        .acks = scene->acks,
        .hub_url = "https://hub.example/",
    };
    *state = scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;
    cursor_key_free(scene->key);
    seal_free(scene->acks);
    free(scene);
    return 0;
}

static void say(struct scene *scene, enum pull_voice voice)
{
    struct parcel *parcel = pull_write(voice, &scene->batch);
    assert_non_null(parcel);
    scene->len = parcel_length(parcel);
    assert_true(scene->len < sizeof scene->text);
    if (scene->len > 0)
        memcpy(scene->text, parcel_bytes(parcel), scene->len);
    scene->text[scene->len] = '\0';
    parcel_free(parcel);
}

// The cursor after `number` of this batch, or of topic 7 alone.
static const char *place(const struct scene *scene, uint64_t number, bool alone)
{
    static char texts[4][CURSOR_TEXT];
    static size_t turn;
    struct cursor cursor = scene->batch.cursor;
    char *text = texts[turn++ % 4];
    cursor.number = number;
    if (alone)
        cursor.tag = cursor_tag(&(uint64_t){ 7 }, 1);
    assert_true(cursor_write(scene->key, &cursor, text));
    return text;
}

static const char event_rest[] =
    "\"topic\":\"https://example.com/feed\",\"seq\":3,\"previous\":2,"
    "\"incarnation\":\"0000000000000abc\","
    "\"time\":\"2026-11-22T13:59:59.007Z\",\"content_type\":\"text/plain\","
    "\"links\":{\"hub\":\"https://hub.example/\","
    "\"self\":\"https://example.com/feed\"},\"size\":3";

static void an_answer_has_all_members(void **state)
{
    struct scene *scene = *state;
    char wanted[2048];
    scene->batch.bodies = true;
    scene->batch.more = true;
    say(scene, VOICE_JSON);
    snprintf(wanted, sizeof wanted,
             "{\"cursor\":\"%s\",\"more\":true,\"next\":{\"after_ms\":0},"
             "\"gap\":null,\"events\":[{\"id\":\"%s\",%s,"
             "\"encoding\":\"utf8\",\"body\":\"one\"}]}",
             place(scene, 10, false), place(scene, 10, false), event_rest);
    assert_string_equal(scene->text, wanted);
}

static void an_end_of_waiting_says_how_long_it_was(void **state)
{
    struct scene *scene = *state;
    char wanted[512];
    scene->batch.count = 0;
    scene->batch.idle = true;
    scene->batch.waited_ms = 24500;
    scene->batch.after_ms = 2345;
    scene->batch.superseded = true;
    say(scene, VOICE_JSON);
    snprintf(wanted, sizeof wanted,
             "{\"cursor\":\"%s\",\"more\":false,\"next\":{\"after_ms\":2345},"
             "\"gap\":null,\"wait_ms\":24500,\"superseded\":true,"
             "\"events\":[]}",
             place(scene, 10, false));
    assert_string_equal(scene->text, wanted);
}

static void a_gap_is_told_topic_by_topic(void **state)
{
    struct scene *scene = *state;
    const struct batch_gap gaps[] = {
        { .url = feed, .from = 3, .to = 9, .count = 7 },
        { .url = "https://b/",
          .from = 1,
          .to = 5,
          .count = 5,
          .inexact = true },
    };
    scene->batch.count = 0;
    scene->batch.loss = BATCH_EXPIRED;
    scene->batch.gaps = gaps;
    scene->batch.gap_count = 2;
    say(scene, VOICE_JSON);
    assert_non_null(strstr(
        scene->text, "\"gap\":{\"reason\":\"expired\",\"topics\":["
                     "{\"topic\":\"https://example.com/feed\",\"lost\":7,"
                     "\"from_seq\":3,\"to_seq\":9,\"exact\":true},"
                     "{\"topic\":\"https://b/\",\"lost\":5,\"from_seq\":1,"
                     "\"to_seq\":5,\"exact\":false}]}"));
}

static void M7_a_topic_that_has_lost_otherwise_says_so(void **state)
{
    struct scene *scene = *state;
    const struct batch_gap gaps[] = {
        { .url = feed, .from = 3, .to = 9, .count = 7, .loss = BATCH_EXPIRED },
        { .url = "https://b/", .inexact = true, .loss = BATCH_UNFOLLOWED },
    };
    scene->batch.count = 0;
    scene->batch.loss = BATCH_EXPIRED;
    scene->batch.gaps = gaps;
    scene->batch.gap_count = 2;
    say(scene, VOICE_JSON);
    assert_non_null(strstr(
        scene->text, "\"gap\":{\"reason\":\"expired\",\"topics\":["
                     "{\"topic\":\"https://example.com/feed\",\"lost\":7,"
                     "\"from_seq\":3,\"to_seq\":9,\"exact\":true},"
                     "{\"topic\":\"https://b/\",\"lost\":0,\"from_seq\":0,"
                     "\"to_seq\":0,\"reason\":\"unfollowed\","
                     "\"exact\":false}]}"));
}

static void each_loss_has_a_word(void **state)
{
    struct scene *scene = *state;
    static const struct {
        enum batch_loss loss;
        const char *word;
    } losses[] = {
        { BATCH_EXPIRED, "\"reason\":\"expired\",\"topics\":[]" },
        { BATCH_EPOCH, "\"reason\":\"epoch\"" },
        { BATCH_OVERFLOW, "\"reason\":\"overflow\"" },
        { BATCH_UNFOLLOWED, "\"reason\":\"unfollowed\"" },
        { BATCH_RECREATED, "\"reason\":\"recreated\"" },
    };
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        scene->batch.loss = losses[i].loss;
        say(scene, VOICE_JSON);
        assert_non_null(strstr(scene->text, losses[i].word));
    }
}

static void another_set_of_topics_is_told_where_each_stands(void **state)
{
    struct scene *scene = *state;
    char wanted[256];
    const struct batch_topic topic = { .url = feed, .topic = 7, .reached = 8 };
    scene->batch.scope_changed = true;
    scene->batch.topics = &topic;
    scene->batch.topic_count = 1;
    say(scene, VOICE_JSON);
    snprintf(wanted, sizeof wanted,
             "\"scope\":\"changed\",\"topics\":{\"%s\":{\"cursor\":\"%s\"}},"
             "\"events\":[{",
             feed, place(scene, 8, true));
    assert_non_null(strstr(scene->text, wanted));
}

static void a_page_of_history_has_only_a_before_token(void **state)
{
    struct scene *scene = *state;
    char wanted[64];
    scene->batch.backwards = true;
    say(scene, VOICE_JSON);
    snprintf(wanted, sizeof wanted, "{\"before\":\"%s\",\"more\":false,",
             place(scene, 10, false));
    assert_memory_equal(scene->text, wanted, strlen(wanted));
    assert_null(strstr(scene->text, "\"cursor\""));
}

static void by_topic_each_has_its_own_cursor(void **state)
{
    struct scene *scene = *state;
    char wanted[2048];
    const struct batch_topic topic = { .url = feed, .topic = 7, .reached = 12 };
    scene->batch.topics = &topic;
    scene->batch.topic_count = 1;
    scene->batch.has_cursor = false;
    say(scene, VOICE_BY_TOPIC);
    snprintf(wanted, sizeof wanted,
             "{\"cursor\":null,\"more\":false,\"next\":{\"after_ms\":0},"
             "\"gap\":null,\"topics\":{\"%s\":{\"cursor\":\"%s\","
             "\"events\":[{\"id\":\"%s\",%s}]}}}",
             feed, place(scene, 12, true), place(scene, 10, true), event_rest);
    assert_string_equal(scene->text, wanted);
}

// Of a prefix nobody can list all.
static void by_topic_what_is_not_listed_is_told_too(void **state)
{
    struct scene *scene = *state;
    scene->batch.count = 2;
    scene->updates[1].topic = 8;
    scene->events[1].url = "https://other/";
    say(scene, VOICE_BY_TOPIC);
    json_t *root = json_loadb(scene->text, scene->len, 0, NULL);
    json_t *topics = json_object_get(root, "topics");
    assert_int_equal(json_object_size(topics), 2);
    json_t *other = json_object_get(topics, "https://other/");
    assert_int_equal(json_array_size(json_object_get(other, "events")), 1);
    assert_true(json_is_string(json_object_get(other, "cursor")));
    assert_true(json_is_string(json_object_get(root, "cursor")));
    json_decref(root);
}

static void bytes_that_are_not_utf8_are_base64(void **state)
{
    struct scene *scene = *state;
    scene->batch.bodies = true;
    scene->updates[0].body = bytes_of("\xFF\xFE");
    say(scene, VOICE_JSON);
    assert_non_null(
        strstr(scene->text, ",\"encoding\":\"base64\",\"body\":\"//4=\"}]}"));
    assert_null(strstr(scene->text, "utf8"));
}

// Else it could become six times as long.
static void what_is_full_of_control_characters_is_base64(void **state)
{
    struct scene *scene = *state;
    scene->batch.bodies = true;
    scene->updates[0].body = bytes_of("\x01\x02\x03\x04");
    say(scene, VOICE_JSON);
    assert_non_null(
        strstr(scene->text, ",\"encoding\":\"base64\",\"body\":\"AQIDBA==\""));
    scene->updates[0].body = bytes_of("a line\r\n\tand one with a bell\x07");
    say(scene, VOICE_JSON);
    assert_non_null(strstr(scene->text, "with a bell\\u0007\""));
}

static void without_bodies_there_is_no_encoding(void **state)
{
    struct scene *scene = *state;
    say(scene, VOICE_JSON);
    assert_null(strstr(scene->text, "\"body\""));
    assert_null(strstr(scene->text, "\"encoding\""));
}

static void links_are_those_of_the_update(void **state)
{
    struct scene *scene = *state;
    scene->updates[0].hubs = bytes_of("https://one.hub/\nhttps://two.hub/");
    scene->updates[0].self = bytes_of("https://example.com/self");
    say(scene, VOICE_JSON);
    assert_non_null(strstr(scene->text,
                           "\"links\":{\"hub\":\"https://one.hub/\","
                           "\"self\":\"https://example.com/self\"}"));
}

// The HMAC of "what do ya want for nothing?" with "Jefe" (RFC 4231, 2).
static void a_body_is_signed_as_for_a_webhook(void **state)
{
    struct scene *scene = *state;
    const struct store_profile profile = { .secret = bytes_of("Jefe"),
                                           .method = STORE_SHA256 };
    scene->batch.bodies = true;
    scene->batch.profile = &profile;
    scene->updates[0].body = bytes_of("what do ya want for nothing?");
    say(scene, VOICE_JSON);
    assert_non_null(strstr(
        scene->text, ",\"signature\":\"sha256=5bdcc146bf60754e6a042426089575c7"
                     "5a003f089d2739839dec58b964ec3843\"}]}"));
}

static void a_profile_without_a_secret_signs_nothing(void **state)
{
    struct scene *scene = *state;
    const struct store_profile profile = { .method = STORE_SHA256 };
    scene->batch.bodies = true;
    scene->batch.profile = &profile;
    say(scene, VOICE_JSON);
    assert_null(strstr(scene->text, "signature"));
}

static void a_letter_says_how_to_acknowledge_it(void **state)
{
    struct scene *scene = *state;
    char wanted[256], id[ACK_ID_TEXT];
    scene->events[0].label = "mine";
    scene->events[0].sid = 4;
    scene->events[0].deliveries = 2;
    scene->events[0].claim = 77;
    say(scene, VOICE_JSON);
    assert_true(ack_id_write(scene->acks, 10, 77, id));
    snprintf(wanted, sizeof wanted,
             ",\"label\":\"mine\",\"sid\":4,\"delivery_count\":2,"
             "\"ack_id\":\"%s\"}]}",
             id);
    assert_non_null(strstr(scene->text, wanted));
}

static void a_server_sent_event_has_no_name(void **state)
{
    struct scene *scene = *state;
    char wanted[2048];
    say(scene, VOICE_EVENTS);
    snprintf(wanted, sizeof wanted, "id: %s\ndata: {\"id\":\"%s\",%s}\n\n",
             place(scene, 10, false), place(scene, 10, false), event_rest);
    assert_string_equal(scene->text, wanted);
}

static void ends_of_lines_in_a_body_do_not_end_an_event(void **state)
{
    struct scene *scene = *state;
    scene->batch.bodies = true;
    scene->updates[0].body = bytes_of("a\nb\r\nc\rd\n\nid: 1\n\n");
    say(scene, VOICE_EVENTS);
    size_t ends = 0;
    for (size_t i = 0; i < scene->len; i++) {
        assert_int_not_equal(scene->text[i], '\r');
        ends += scene->text[i] == '\n';
    }
    assert_int_equal(ends, 3); // of id, data, and the empty line
    assert_non_null(strstr(scene->text, "\"body\":\"a\\nb\\r\\nc\\rd\\n"));
}

static void a_line_is_an_event(void **state)
{
    struct scene *scene = *state;
    char wanted[2048];
    say(scene, VOICE_LINES);
    snprintf(wanted, sizeof wanted, "{\"id\":\"%s\",%s}\n",
             place(scene, 10, false), event_rest);
    assert_string_equal(scene->text, wanted);
}

static void a_frame_is_an_event_with_a_type(void **state)
{
    struct scene *scene = *state;
    char wanted[2048];
    say(scene, VOICE_SOCKET);
    snprintf(wanted, sizeof wanted, "{\"type\":\"event\",\"id\":\"%s\",%s}",
             place(scene, 10, false), event_rest);
    size_t len = strlen(wanted);
    assert_int_equal(scene->len, len + 4); // 126 and two bytes of length
    assert_int_equal((unsigned char)scene->text[0], 0x81);
    assert_int_equal(scene->text[1], 126);
    assert_int_equal((unsigned char)scene->text[2], len >> 8);
    assert_int_equal((unsigned char)scene->text[3], len & 255);
    assert_string_equal(scene->text + 4, wanted);
}

static void each_event_is_a_frame_of_its_own(void **state)
{
    struct scene *scene = *state;
    scene->batch.count = 2;
    say(scene, VOICE_SOCKET);
    size_t at = 0, frames = 0;
    while (at < scene->len) {
        const unsigned char *frame = (const unsigned char *)scene->text + at;
        assert_int_equal(frame[0], 0x81);
        at += 4 + ((size_t)frame[2] << 8 | frame[3]);
        frames++;
    }
    assert_int_equal(at, scene->len);
    assert_int_equal(frames, 2);
}

static void a_stream_opens_with_the_place_before_its_first_event(void **state)
{
    struct scene *scene = *state;
    char wanted[256];
    const struct batch_opening opening = { .heartbeat_s = 15,
                                           .life_s = 1700,
                                           .topics = 2 };
    scene->batch.opening = &opening;
    say(scene, VOICE_EVENTS);
    snprintf(wanted, sizeof wanted,
             "id: %s\nevent: open\ndata: {\"cursor\":\"%s\",\"heartbeat\":15,"
             "\"life\":1700,\"topics\":2}\n\nid: ",
             place(scene, 9, false), place(scene, 9, false));
    assert_memory_equal(scene->text, wanted, strlen(wanted));
}

static void a_stream_opens_where_its_reader_stood(void **state)
{
    struct scene *scene = *state;
    char wanted[256];
    const struct batch_opening opening = { .has_place = true, .place = 4 };
    scene->batch.opening = &opening;
    say(scene, VOICE_LINES);
    snprintf(wanted, sizeof wanted,
             "{\"type\":\"open\",\"cursor\":\"%s\",\"heartbeat\":0,"
             "\"life\":0,\"topics\":0}\n{",
             place(scene, 4, false));
    assert_memory_equal(scene->text, wanted, strlen(wanted));
}

// Who is cut off between the two must not miss the event.
static void a_gap_in_a_stream_resumes_before_what_follows_it(void **state)
{
    struct scene *scene = *state;
    char wanted[256];
    scene->batch.loss = BATCH_EPOCH;
    say(scene, VOICE_EVENTS);
    snprintf(wanted, sizeof wanted,
             "id: %s\nevent: gap\ndata: {\"cursor\":\"%s\","
             "\"reason\":\"epoch\",\"topics\":[]}\n\nid: %s\ndata: {",
             place(scene, 9, false), place(scene, 9, false),
             place(scene, 10, false));
    assert_memory_equal(scene->text, wanted, strlen(wanted));
}

static void a_scope_in_a_stream_comes_first(void **state)
{
    struct scene *scene = *state;
    char wanted[512];
    const struct batch_topic topic = { .url = feed, .topic = 7, .reached = 8 };
    scene->batch.count = 0;
    scene->batch.scope_changed = true;
    scene->batch.topics = &topic;
    scene->batch.topic_count = 1;
    scene->batch.loss = BATCH_EXPIRED;
    say(scene, VOICE_LINES);
    snprintf(wanted, sizeof wanted,
             "{\"type\":\"scope\",\"cursor\":\"%s\",\"topics\":"
             "{\"%s\":{\"cursor\":\"%s\"}}}\n{\"type\":\"gap\",",
             place(scene, 10, false), feed, place(scene, 8, true));
    assert_memory_equal(scene->text, wanted, strlen(wanted));
}

static void a_stream_says_more_only_where_it_stops(void **state)
{
    struct scene *scene = *state;
    char wanted[256];
    scene->batch.count = 0;
    scene->batch.more = true;
    say(scene, VOICE_EVENTS);
    assert_int_equal(scene->len, 0);
    scene->batch.pauses = true;
    say(scene, VOICE_EVENTS);
    snprintf(wanted, sizeof wanted,
             "id: %s\nevent: more\ndata: {\"cursor\":\"%s\"}\n\n",
             place(scene, 10, false), place(scene, 10, false));
    assert_string_equal(scene->text, wanted);
}

// One id cannot stand for several places (M16).
static void without_one_place_events_have_no_id_to_resume_from(void **state)
{
    struct scene *scene = *state;
    scene->batch.has_cursor = false;
    say(scene, VOICE_EVENTS);
    assert_memory_equal(scene->text, "data: {\"id\":\"", 13);
}

static void equal_batches_are_equal_text(void **state)
{
    struct scene *scene = *state;
    static char before[sizeof scene->text];
    for (int voice = VOICE_JSON; voice <= VOICE_SOCKET; voice++) {
        say(scene, (enum pull_voice)voice);
        memcpy(before, scene->text, scene->len + 1);
        say(scene, (enum pull_voice)voice);
        assert_string_equal(scene->text, before);
    }
}

static void ten_thousand_events_do_not_take_seconds(void **state)
{
    struct scene *scene = *state;
    enum { MANY = 10000 };
    struct batch_event *events = calloc(MANY, sizeof *events);
    assert_non_null(events);
    for (size_t i = 0; i < MANY; i++)
        events[i] = scene->events[i % 2];
    scene->batch.events = events;
    scene->batch.count = MANY;
    scene->batch.bodies = true;
    for (int voice = VOICE_JSON; voice <= VOICE_SOCKET; voice++) {
        struct timespec from, to;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
        struct parcel *parcel =
            pull_write((enum pull_voice)voice, &scene->batch);
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
        assert_non_null(parcel);
        assert_true(parcel_length(parcel) > MANY * sizeof event_rest);
        parcel_free(parcel);
        long ms = (long)(to.tv_sec - from.tv_sec) * 1000
                  + (to.tv_nsec - from.tv_nsec) / 1000000;
        print_message("voice %d: %ld ms\n", voice, ms);
        assert_true(ms < 2000);
    }
    free(events);
}

int main(void)
{
#define WITH_SCENE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_SCENE(an_answer_has_all_members),
        WITH_SCENE(an_end_of_waiting_says_how_long_it_was),
        WITH_SCENE(a_gap_is_told_topic_by_topic),
        WITH_SCENE(M7_a_topic_that_has_lost_otherwise_says_so),
        WITH_SCENE(each_loss_has_a_word),
        WITH_SCENE(another_set_of_topics_is_told_where_each_stands),
        WITH_SCENE(a_page_of_history_has_only_a_before_token),
        WITH_SCENE(by_topic_each_has_its_own_cursor),
        WITH_SCENE(by_topic_what_is_not_listed_is_told_too),
        WITH_SCENE(bytes_that_are_not_utf8_are_base64),
        WITH_SCENE(what_is_full_of_control_characters_is_base64),
        WITH_SCENE(without_bodies_there_is_no_encoding),
        WITH_SCENE(links_are_those_of_the_update),
        WITH_SCENE(a_body_is_signed_as_for_a_webhook),
        WITH_SCENE(a_profile_without_a_secret_signs_nothing),
        WITH_SCENE(a_letter_says_how_to_acknowledge_it),
        WITH_SCENE(a_server_sent_event_has_no_name),
        WITH_SCENE(ends_of_lines_in_a_body_do_not_end_an_event),
        WITH_SCENE(a_line_is_an_event),
        WITH_SCENE(a_frame_is_an_event_with_a_type),
        WITH_SCENE(each_event_is_a_frame_of_its_own),
        WITH_SCENE(a_stream_opens_with_the_place_before_its_first_event),
        WITH_SCENE(a_stream_opens_where_its_reader_stood),
        WITH_SCENE(a_gap_in_a_stream_resumes_before_what_follows_it),
        WITH_SCENE(a_scope_in_a_stream_comes_first),
        WITH_SCENE(a_stream_says_more_only_where_it_stops),
        WITH_SCENE(without_one_place_events_have_no_id_to_resume_from),
        WITH_SCENE(equal_batches_are_equal_text),
        WITH_SCENE(ten_thousand_events_do_not_take_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
