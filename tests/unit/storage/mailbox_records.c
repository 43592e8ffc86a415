// SPDX-License-Identifier: MIT

#include "storage/lmdb/mailbox_records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SHAPES = 6, BUFFER = 16384 };

static struct bytes text(const char *at)
{
    return (struct bytes){ at, strlen(at) };
}

static struct mailbox a_mailbox(void)
{
    return (struct mailbox){
        .shown = {
            .owner = 1,
            .name = text("reader"),
            .ack = STORE_ACK_EXPLICIT,
            .overflow = STORE_OVERFLOW_NEWEST,
            .unordered = true,
            .max_pending = 2,
            .max_bytes = 3,
            .ack_wait = 4,
            .max_deliver = 5,
            .lease = 6,
            .inactivity = 7,
            .profile = {
                .secret = text("secret"),
                .method = STORE_SHA512,
                .content = STORE_CONTENT_ENTRIES,
            },
            .created = 8,
            .lease_end = 9,
            .seen = 10,
            .place = 11,
            .listens = 12,
            .rev = 13,
        },
        .sid = 14,
        .lease_key = 15,
        .ending = true,
        .dead = 16,
        .dead_first = 17,
        .dead_bytes = 18,
        .holes = { { 19, 20 }, { 20, 22 } },
        .hole_count = 2,
    };
}

static struct listen a_listen(void)
{
    return (struct listen){
        .shown = {
            .topic = 1,
            .key = { { 2 } },
            .url = text("https://a.example/%7Ea"),
            .normal = text("https://a.example/~a"),
            .label = text("label"),
            .from = 3,
            .seq = 4,
            .fresh = true,
        },
        .placed = true,
        .vague = true,
        .added = 5,
    };
}

static struct letter a_letter(void)
{
    return (struct letter){
        .topic = 1,
        .seq = 2,
        .done = true,
        .claim = 3,
        .until = 4,
        .deliveries = 5,
    };
}

static struct dead_letter a_dead_letter(void)
{
    return (struct dead_letter){
        .event = {
            .number = 1,
            .topic = 2,
            .seq = 3,
            .incarnation = 4,
            .previous = 5,
            .time = 6,
            .kind = STORE_UPDATE_WHOLE,
            .content_type = text("text/plain"),
            .self = text("https://a.example/"),
            .hubs = text("https://h.example/"),
            .delta = true,
            .on_request = true,
            .size = 7,
            .url = text("https://a.example/feed"),
        },
        .sid = 8,
        .deliveries = 9,
    };
}

static struct bytes encode(int shape, uint8_t buffer[BUFFER])
{
    struct writer writer;
    struct mailbox mailbox = a_mailbox();
    struct listen listen = a_listen();
    struct letter letter = a_letter();
    struct dead_letter dead = a_dead_letter();
    writer_init(&writer, buffer, shape == 5 ? dead_size(&dead) : BUFFER - 1);
    switch (shape) {
    case 0:
        mailbox_encode(&writer, &mailbox);
        break;
    case 1:
        mailbox_state_encode(&writer, &mailbox);
        break;
    case 2:
        listen_encode(&writer, &listen);
        break;
    case 3:
        listen_state_encode(&writer, &listen);
        break;
    case 4:
        letter_encode(&writer, &letter);
        break;
    default:
        dead_encode(&writer, &dead);
    }
    assert_false(writer.failed);
    return writer_bytes(&writer);
}

static bool decode(int shape, struct bytes record)
{
    union {
        struct mailbox mailbox;
        struct listen listen;
        struct letter letter;
        struct dead_letter dead;
    } out;
    memset(&out, 0, sizeof out);
    switch (shape) {
    case 0:
        return mailbox_decode(record, &out.mailbox);
    case 1:
        return mailbox_state_decode(record, &out.mailbox);
    case 2:
        return listen_decode(record, &out.listen);
    case 3:
        return listen_state_decode(record, &out.listen);
    case 4:
        return letter_decode(record, &out.letter);
    default:
        return dead_decode(record, &out.dead);
    }
}

static void a_mailbox_comes_back_from_its_two_records(void **state)
{
    uint8_t buffer[BUFFER], other[BUFFER];
    struct mailbox got, put = a_mailbox();
    memset(&got, 0, sizeof got);
    assert_true(mailbox_decode(encode(0, buffer), &got));
    assert_true(mailbox_state_decode(encode(1, other), &got));
    assert_string_equal(got.shown.name.at, "reader");
    assert_string_equal(got.shown.profile.secret.at, "secret");
    assert_int_equal(got.shown.profile.content, STORE_CONTENT_ENTRIES);
    // What is text was compared; the rest of it can be as bytes.
    got.shown.name = put.shown.name;
    got.shown.profile.secret = put.shown.profile.secret;
    assert_int_equal(got.shown.ack, STORE_ACK_EXPLICIT);
    assert_int_equal(got.shown.overflow, STORE_OVERFLOW_NEWEST);
    assert_true(got.shown.unordered);
    assert_int_equal(got.shown.max_pending, 2);
    assert_int_equal(got.shown.max_bytes, 3);
    assert_int_equal(got.shown.ack_wait, 4);
    assert_int_equal(got.shown.max_deliver, 5);
    assert_int_equal(got.shown.lease, 6);
    assert_int_equal(got.shown.inactivity, 7);
    assert_int_equal(got.shown.lease_end, 9);
    assert_int_equal(got.shown.seen, 10);
    assert_int_equal(got.shown.place, 11);
    assert_int_equal(got.shown.listens, 12);
    assert_int_equal(got.shown.rev, 13);
    assert_int_equal(got.sid, 14);
    assert_int_equal(got.lease_key, 15);
    assert_true(got.ending);
    assert_int_equal(got.dead_first, 17);
    assert_int_equal(got.hole_count, 2);
    assert_int_equal(got.holes[1].to, 22);
    (void)state;
}

static void a_listen_comes_back_from_its_two_records(void **state)
{
    uint8_t buffer[BUFFER], other[BUFFER];
    struct listen got;
    memset(&got, 0, sizeof got);
    assert_true(listen_decode(encode(2, buffer), &got));
    assert_true(listen_state_decode(encode(3, other), &got));
    assert_int_equal(got.shown.topic, 1);
    assert_int_equal(got.shown.key.bytes[0], 2);
    assert_string_equal(got.shown.url.at, "https://a.example/%7Ea");
    assert_string_equal(got.shown.normal.at, "https://a.example/~a");
    assert_string_equal(got.shown.label.at, "label");
    assert_int_equal(got.shown.from, 3);
    assert_int_equal(got.shown.seq, 4);
    assert_true(got.shown.fresh);
    assert_true(got.placed);
    assert_true(got.vague);
    assert_int_equal(got.added, 5);
    (void)state;
}

static void letters_come_back_whole(void **state)
{
    uint8_t buffer[BUFFER], other[BUFFER];
    struct letter letter;
    struct dead_letter dead;
    memset(&letter, 0, sizeof letter);
    assert_true(letter_decode(encode(4, buffer), &letter));
    assert_int_equal(letter.topic, 1);
    assert_int_equal(letter.seq, 2);
    assert_true(letter.done);
    assert_int_equal(letter.claim, 3);
    assert_int_equal(letter.until, 4);
    assert_int_equal(letter.deliveries, 5);
    memset(&dead, 0, sizeof dead);
    assert_true(dead_decode(encode(5, other), &dead));
    assert_int_equal(dead.event.number, 1);
    assert_int_equal(dead.event.previous, 5);
    assert_string_equal(dead.event.url.at, "https://a.example/feed");
    assert_int_equal(dead.event.size, 7);
    assert_true(dead.event.delta && dead.event.on_request);
    assert_int_equal(dead.deliveries, 9);
    (void)state;
}

static void what_is_cut_short_or_too_long_is_refused(void **state)
{
    uint8_t buffer[BUFFER];
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
        buffer[record.len] = 0;
        record.len++;
        assert_false(decode(shape, record));
    }
    (void)state;
}

static void another_version_is_refused(void **state)
{
    uint8_t buffer[BUFFER];
    for (int shape = 0; shape < SHAPES; shape++) {
        struct bytes record = encode(shape, buffer);
        buffer[0] = 2;
        assert_false(decode(shape, record));
        buffer[0] = 0;
        assert_false(decode(shape, record));
    }
    (void)state;
}

static void no_changed_byte_reads_beyond_the_record(void **state)
{
    uint8_t buffer[BUFFER];
    for (int shape = 0; shape < SHAPES; shape++) {
        struct bytes record = encode(shape, buffer);
        char *copy = malloc(record.len);
        assert_non_null(copy);
        for (size_t i = 0; i < record.len; i++) {
            memcpy(copy, record.at, record.len);
            copy[i] = (char)(copy[i] ^ 0xff);
            (void)decode(shape, (struct bytes){ copy, record.len });
        }
        free(copy);
    }
    (void)state;
}

static void holes_that_overlap_are_refused(void **state)
{
    uint8_t buffer[BUFFER];
    struct mailbox mailbox = a_mailbox(), got;
    struct writer writer;
    mailbox.holes[1].from = 18;
    writer_init(&writer, buffer, sizeof buffer);
    mailbox_state_encode(&writer, &mailbox);
    assert_false(mailbox_state_decode(writer_bytes(&writer), &got));
    (void)state;
}

static void the_largest_of_each_fits(void **state)
{
    static char long_text[STORE_LINKS_MAX];
    uint8_t buffer[BUFFER];
    struct writer writer;
    struct mailbox mailbox = a_mailbox();
    struct listen listen = a_listen();
    mailbox.shown.name = (struct bytes){ long_text, STORE_NAME_MAX };
    mailbox.shown.profile.secret =
        (struct bytes){ long_text, STORE_SECRET_MAX };
    mailbox.hole_count = HOLES_MAX;
    writer_init(&writer, buffer, MAILBOX_SIZE);
    mailbox_encode(&writer, &mailbox);
    mailbox_state_encode(&writer, &mailbox);
    assert_false(writer.failed);
    listen.shown.url = listen.shown.normal =
        (struct bytes){ long_text, STORE_URL_MAX };
    listen.shown.label = (struct bytes){ long_text, STORE_LABEL_MAX };
    writer_init(&writer, buffer, LISTEN_SIZE);
    listen_encode(&writer, &listen);
    assert_false(writer.failed);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mailbox_comes_back_from_its_two_records),
        cmocka_unit_test(a_listen_comes_back_from_its_two_records),
        cmocka_unit_test(letters_come_back_whole),
        cmocka_unit_test(what_is_cut_short_or_too_long_is_refused),
        cmocka_unit_test(another_version_is_refused),
        cmocka_unit_test(no_changed_byte_reads_beyond_the_record),
        cmocka_unit_test(holes_that_overlap_are_refused),
        cmocka_unit_test(the_largest_of_each_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
