// SPDX-License-Identifier: MIT

#include "hub/stream.h"

#include "hold_rig.h"
#include "hub/websocket.h"

// A frame as clients send them, with a mask of zeroes but for one byte.
static void send_frame(int fd, unsigned first, const char *payload, size_t len)
{
    unsigned char head[14] = { (unsigned char)first };
    size_t size = 2;
    if (len < 126) {
        head[1] = (unsigned char)(0x80 | len);
    } else {
        head[1] = 0x80 | 126;
        head[2] = (unsigned char)(len >> 8);
        head[3] = (unsigned char)len;
        size = 4;
    }
    head[size] = 0x55;
    size += 4;
    assert_int_equal(send(fd, head, size, MSG_NOSIGNAL), size);
    for (size_t i = 0; i < len; i++) {
        char byte = (char)(i % 4 == 0 ? payload[i] ^ 0x55 : payload[i]);
        if (send(fd, &byte, 1, MSG_NOSIGNAL) != 1)
            return;
    }
}

static void what_is_sent_comes_in_its_order_and_then_the_end(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    int fd = call(front, PULL);
    struct hold *hold = begin_stream(&ears, 0, HOLD_EVENTS, 0, &ears);
    struct parcel *last = parcel_new("last\n", 5);
    (void)state;

    assert_says(fd, "HEAD\n");
    for (unsigned i = 0; i < 20; i++) {
        char text[16];
        snprintf(text, sizeof text, "line %u\n", i);
        send_text(front, hold, text, false);
    }
    hold_end(front, hold, last, 0, NULL);
    parcel_free(last);
    for (unsigned i = 0; i < 20; i++) {
        char text[16];
        snprintf(text, sizeof text, "line %u\n", i);
        assert_says(fd, text);
    }
    assert_says(fd, "last\n");
    assert_true(wire_ends(fd));
    close(fd);
    front_close(front);
}

static void one_parcel_reaches_many(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    struct parcel *parcel = parcel_new("for all\n", 8);
    struct hold *holds[8];
    int fds[8];
    (void)state;

    for (size_t i = 0; i < 8; i++) {
        fds[i] = call(front, PULL);
        holds[i] = begin_stream(&ears, i, HOLD_LINES, 0, &ears);
    }
    hold_send(front, holds, 8, parcel, false);
    parcel_free(parcel);
    for (size_t i = 0; i < 8; i++) {
        assert_says(fds[i], "HEAD\nfor all\n");
        hold_end(front, holds[i], NULL, 0, NULL);
        close(fds[i]);
    }
    front_close(front);
}

static void it_is_told_when_all_is_out(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    int fd = call(front, PULL);
    struct hold *hold = begin_stream(&ears, 0, HOLD_EVENTS, 0, &ears);
    struct hold_event event;
    (void)state;

    send_text(front, hold, "one", false);
    send_text(front, hold, "two", true);
    await_kind(front, HOLD_DRAINED, &ears);
    send_text(front, hold, "three", false);
    assert_says(fd, "HEAD\nonetwothree");
    assert_false(hold_next(front, &event));
    hold_end(front, hold, NULL, 0, NULL);
    close(fd);
    front_close(front);
}

static void who_goes_away_is_told_of(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    int fd = call(front, PULL);
    struct hold *hold = begin_stream(&ears, 0, HOLD_EVENTS, 0, &ears);
    struct hold_event event;
    (void)state;

    assert_says(fd, "HEAD\n");
    close(fd);
    await_kind(front, HOLD_GONE, &ears);
    send_text(front, hold, "to nobody", true);
    hold_end(front, hold, NULL, 0, NULL);
    await_open(front, 0);
    assert_false(hold_next(front, &event));
    front_close(front);
}

static struct parcel *big_parcel(size_t len)
{
    char *bytes;
    struct parcel *parcel = parcel_make(len, &bytes);
    assert_non_null(parcel);
    memset(bytes, 'x', len);
    return parcel;
}

static void too_much_behind_what_is_not_read_cuts_off(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    int fd = call(front, PULL);
    struct hold *hold = begin_stream(&ears, 0, HOLD_EVENTS, 0, &ears);
    struct parcel *page = big_parcel(16 * 1024 * 1024);
    struct parcel *event = big_parcel(100 * 1024);
    (void)state;

    // However large, one page may be on its way.
    hold_send(front, &hold, 1, page, false);
    for (unsigned i = 0; i < 4; i++)
        hold_send(front, &hold, 1, event, false);
    await_kind(front, HOLD_SLOW, &ears);
    hold_end(front, hold, NULL, 0, NULL);
    await_open(front, 0);
    parcel_free(page);
    parcel_free(event);
    close(fd);
    front_close(front);
}

static void no_progress_cuts_off(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    int fd = call(front, PULL);
    struct hold *hold = begin_stream(&ears, 0, HOLD_EVENTS, 0, &ears);
    struct parcel *page = big_parcel(16 * 1024 * 1024);
    (void)state;

    hold_send(front, &hold, 1, page, true);
    await_kind(front, HOLD_SLOW, &ears);
    hold_end(front, hold, NULL, 0, NULL);
    parcel_free(page);
    close(fd);
    front_close(front);
}

static void who_reads_slowly_gets_all(void **state)
{
    enum { LEN = 16 * 1024 * 1024 };
    static char got[65536];
    struct ears ears;
    struct front *front = open_default(&ears);
    int fd = call(front, PULL);
    struct hold *hold = begin_stream(&ears, 0, HOLD_EVENTS, 0, &ears);
    struct parcel *page = big_parcel(LEN);
    size_t have = 0;
    (void)state;

    assert_says(fd, "HEAD\n");
    hold_send(front, &hold, 1, page, true);
    parcel_free(page);
    while (have < LEN) {
        ssize_t more = recv(fd, got, sizeof got, 0);
        assert_true(more > 0);
        have += (size_t)more;
    }
    await_kind(front, HOLD_DRAINED, &ears);
    hold_end(front, hold, NULL, 0, NULL);
    assert_true(wire_ends(fd));
    close(fd);
    front_close(front);
}

static void silence_is_broken_by_heartbeats(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    static const struct {
        enum hold_kind kind;
        const char *said;
    } kinds[] = { { HOLD_EVENTS, "HEAD\n:\n\n:\n\n:\n\n" },
                  { HOLD_LINES, "HEAD\n\n\n\n" },
                  { HOLD_PULSE, "HEAD\nevent: heartbeat\ndata:\n\n"
                                "event: heartbeat\n" } };
    (void)state;

    for (size_t i = 0; i < 3; i++) {
        int fd = call(front, PULL);
        struct hold *hold = begin_stream(&ears, i, kinds[i].kind, 200, &ears);
        assert_says(fd, kinds[i].said);
        hold_end(front, hold, NULL, 0, NULL);
        close(fd);
    }
    front_close(front);
}

// ------------------------------------------------------------------- sockets

static void a_socket_tells_its_messages_one_by_one(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    int fd = call(front, PULL);
    struct hold *hold = begin_stream(&ears, 0, HOLD_SOCKET, 0, &ears);
    (void)state;

    for (unsigned i = 0; i < 50; i++) {
        char text[16];
        int len = snprintf(text, sizeof text, "message %u", i);
        send_frame(fd, 0x81, text, (size_t)len);
    }
    for (unsigned i = 0; i < 50; i++) {
        char text[16];
        snprintf(text, sizeof text, "message %u", i);
        struct hold_event event = await_event(front);
        assert_int_equal(event.kind, HOLD_MESSAGE);
        assert_ptr_equal(event.hold, hold);
        assert_string_equal(event.text, text);
        assert_int_equal(event.len, strlen(text));
        free(event.text);
    }
    hold_end(front, hold, NULL, 1001, NULL);
    assert_says(fd, "HEAD\n\x88\x02\x03\xe9");
    assert_true(wire_ends(fd));
    close(fd);
    front_close(front);
}

// It waits in the kernel's buffers, and then with its sender.
static void a_flood_of_messages_waits_until_they_are_taken(void **state)
{
    enum { LEN = 30000 };
    static char frame[8 + LEN];
    struct ears ears;
    struct front *front = open_default(&ears);
    int fd = call(front, PULL);
    struct hold *hold = begin_stream(&ears, 0, HOLD_SOCKET, 0, &ears);
    size_t sent = 0;
    int waiting = 0;
    (void)state;

    memcpy(frame, "\x81\xfe\x75\x30\0\0\0\0", 8);
    memset(frame + 8, 'x', LEN);
    // Until nothing more goes in, for a while in which it could be read.
    for (unsigned idle = 0; idle < 50; idle++) {
        size_t at = sent % sizeof frame;
        ssize_t more = send(fd, frame + at, sizeof frame - at,
                            MSG_NOSIGNAL | MSG_DONTWAIT);
        if (more > 0) {
            sent += (size_t)more;
            idle = 0;
        } else {
            nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
        }
        assert_true(sent < (size_t)256 * 1024 * 1024);
    }
    assert_int_equal(ioctl(fd, TIOCOUTQ, &waiting), 0);
    assert_true(waiting > 0);
    for (size_t i = 0; i < sent / sizeof frame; i++) {
        struct hold_event event = await_event(front);
        assert_int_equal(event.kind, HOLD_MESSAGE);
        assert_int_equal(event.len, LEN);
        free(event.text);
    }
    hold_end(front, hold, NULL, 1000, NULL);
    close(fd);
    front_close(front);
}

static void a_ping_is_answered_and_a_close_returned(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    int fd = call(front, PULL);
    struct hold *hold = begin_stream(&ears, 0, HOLD_SOCKET, 0, &ears);
    (void)state;

    send_frame(fd, 0x89, "are you there", 13);
    assert_says(fd, "HEAD\n\x8a\x0d"
                    "are you there");
    send_frame(fd, 0x88, "\x0b\xb8gone", 6);
    assert_says(fd, "\x88\x02\x0b\xb8");
    await_kind(front, HOLD_GONE, &ears);
    hold_end(front, hold, NULL, 1000, "unheard");
    assert_true(wire_ends(fd));
    close(fd);
    front_close(front);
}

static void what_is_against_the_protocol_ends_a_socket(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    int fd = call(front, PULL);
    struct hold *hold = begin_stream(&ears, 0, HOLD_SOCKET, 0, &ears);
    (void)state;

    send_frame(fd, 0x82, "binary", 6);
    assert_says(fd, "HEAD\n\x88\x02\x03\xeb");
    await_kind(front, HOLD_GONE, &ears);
    hold_end(front, hold, NULL, 1000, NULL);
    assert_true(wire_ends(fd));
    close(fd);
    front_close(front);
}

static void a_pinged_socket_that_answers_stays(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    int fd = call(front, PULL);
    struct hold *hold = begin_stream(&ears, 0, HOLD_SOCKET, 200, &ears);
    (void)state;

    assert_says(fd, "HEAD\n");
    for (unsigned i = 0; i < 3; i++) {
        assert_comes(fd, "\x89", 2);
        send_frame(fd, 0x8a, "", 0);
    }
    hold_end(front, hold, NULL, 1000, "so long");
    assert_says(fd, "\x88\x09\x03\xe8so long");
    close(fd);
    front_close(front);
}

static void a_pinged_socket_that_does_not_answer_is_gone(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    int fd = call(front, PULL);
    struct hold *hold = begin_stream(&ears, 0, HOLD_SOCKET, 100, &ears);
    (void)state;

    await_kind(front, HOLD_GONE, &ears);
    hold_end(front, hold, NULL, 1001, NULL);
    await_open(front, 0);
    close(fd);
    front_close(front);
}

static void what_was_said_before_leaving_is_heard(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    int fd = call(front, PULL);
    struct hold *hold = begin_stream(&ears, 0, HOLD_SOCKET, 0, &ears);
    (void)state;

    assert_says(fd, "HEAD\n");
    for (unsigned i = 0; i < 5; i++)
        send_frame(fd, 0x81, "ack", 3);
    close(fd);
    for (unsigned i = 0; i < 5; i++) {
        struct hold_event event = await_event(front);
        assert_int_equal(event.kind, HOLD_MESSAGE);
        free(event.text);
    }
    await_kind(front, HOLD_GONE, &ears);
    hold_end(front, hold, NULL, 1000, NULL);
    await_open(front, 0);
    front_close(front);
}

static void what_others_than_sockets_say_is_thrown_away(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    int fd = call(front, PULL PULL PULL);
    struct hold *hold = begin_stream(&ears, 0, HOLD_LINES, 0, &ears);
    (void)state;

    wire_send(fd, PULL);
    send_text(front, hold, "on and on", true);
    await_kind(front, HOLD_DRAINED, &ears);
    assert_says(fd, "HEAD\non and on");
    hold_end(front, hold, NULL, 0, NULL);
    assert_true(wire_ends(fd));
    assert_int_equal(ears.arrived_count, 1);
    close(fd);
    front_close(front);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sent_comes_in_its_order_and_then_the_end),
        cmocka_unit_test(one_parcel_reaches_many),
        cmocka_unit_test(it_is_told_when_all_is_out),
        cmocka_unit_test(who_goes_away_is_told_of),
        cmocka_unit_test(too_much_behind_what_is_not_read_cuts_off),
        cmocka_unit_test(no_progress_cuts_off),
        cmocka_unit_test(who_reads_slowly_gets_all),
        cmocka_unit_test(silence_is_broken_by_heartbeats),
        cmocka_unit_test(a_socket_tells_its_messages_one_by_one),
        cmocka_unit_test(a_flood_of_messages_waits_until_they_are_taken),
        cmocka_unit_test(a_ping_is_answered_and_a_close_returned),
        cmocka_unit_test(what_is_against_the_protocol_ends_a_socket),
        cmocka_unit_test(a_pinged_socket_that_answers_stays),
        cmocka_unit_test(a_pinged_socket_that_does_not_answer_is_gone),
        cmocka_unit_test(what_was_said_before_leaving_is_heard),
        cmocka_unit_test(what_others_than_sockets_say_is_thrown_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
