// SPDX-License-Identifier: MIT

#include "hub/websocket.h"

#include "hub/parcel.h"
#include "hub/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MAX = 1000, FRAMES_MAX = 70000 };

// ------------------------------------------------------------------ handshake

struct asking {
    struct request_field fields[4];
    struct request request;
};

static struct request *ask(struct asking *asking, const char *connection,
                           const char *version, const char *key)
{
    *asking = (struct asking){
        .fields = { { "Upgrade", "h2c, WebSocket" },
                    { "connection", connection },
                    { "Sec-WebSocket-Version", version },
                    { "Sec-WebSocket-Key", key } },
    };
    asking->request = (struct request){ .method = REQUEST_GET,
                                        .fields = asking->fields,
                                        .field_count = 4 };
    return &asking->request;
}

static void the_key_of_the_rfc_is_accepted_as_there(void **state)
{
    static const char key[] = "dGhlIHNhbXBsZSBub25jZQ==";
    struct asking asking;
    struct request *request = ask(&asking, "keep-alive, Upgrade", "13", key);
    char accept[WEBSOCKET_ACCEPT];
    const char *problem = "";
    (void)state;

    assert_true(websocket_asked(request, &problem));
    assert_null(problem);
    assert_true(websocket_accept(request, accept));
    assert_string_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

static void what_is_wrong_is_said(void **state)
{
    static const char key[] = "dGhlIHNhbXBsZSBub25jZQ==";
    struct asking asking;
    const char *problem;
    (void)state;

    assert_true(websocket_asked(ask(&asking, "close", "13", key), &problem));
    assert_non_null(strstr(problem, "Connection"));
    assert_true(websocket_asked(ask(&asking, "Upgrade", "8", key), &problem));
    assert_non_null(strstr(problem, "Version"));
    assert_true(websocket_asked(
        ask(&asking, "Upgrade", "13", "dGhlIHNhbXBsZSBub25j"), &problem));
    assert_non_null(strstr(problem, "Key"));
    assert_true(websocket_asked(
        ask(&asking, "Upgrade", "13", "dGhlIHNhbXBsZ!Bub25jZQ=="), &problem));
    assert_non_null(strstr(problem, "Key"));
    ask(&asking, "Upgrade", "13", key)->method = REQUEST_POST;
    assert_true(websocket_asked(&asking.request, &problem));
    assert_non_null(strstr(problem, "GET"));
    ask(&asking, "Upgrade", "13", key)->field_count = 4;
    asking.fields[0].value = "websockets";
    assert_false(websocket_asked(&asking.request, &problem));
}

// ---------------------------------------------------------------- what we send

static void assert_parcel(struct parcel *parcel, const void *bytes, size_t len)
{
    assert_non_null(parcel);
    assert_int_equal(parcel_length(parcel), len);
    assert_memory_equal(parcel_bytes(parcel), bytes, len);
    parcel_free(parcel);
}

static void frames_have_the_shortest_length(void **state)
{
    static char text[70000];
    (void)state;

    memset(text, 'x', sizeof text);
    assert_parcel(websocket_text("hello", 5), "\x81\x05hello", 7);
    struct parcel *parcel = websocket_text(text, 126);
    assert_int_equal(parcel_length(parcel), 4 + 126);
    assert_memory_equal(parcel_bytes(parcel), "\x81\x7e\0\x7ex", 5);
    parcel_free(parcel);
    parcel = websocket_text(text, 65535);
    assert_int_equal(parcel_length(parcel), 4 + 65535);
    parcel_free(parcel);
    parcel = websocket_text(text, 65536);
    assert_int_equal(parcel_length(parcel), 10 + 65536);
    assert_memory_equal(parcel_bytes(parcel), "\x81\x7f\0\0\0\0\0\1\0\0x", 11);
    parcel_free(parcel);
}

static void a_close_has_its_code_and_no_half_characters(void **state)
{
    char reason[200];
    (void)state;

    assert_parcel(websocket_ping(), "\x89\0", 2);
    assert_parcel(websocket_pong("abc", 3),
                  "\x8a\x03"
                  "abc",
                  5);
    assert_parcel(websocket_close(1001, NULL), "\x88\x02\x03\xe9", 4);
    assert_parcel(websocket_close(1000, "bye"),
                  "\x88\x05\x03\xe8"
                  "bye",
                  7);
    memset(reason, 'a', sizeof reason);
    memcpy(reason + 119, "\xc3\xa4", 3);
    struct parcel *parcel = websocket_close(1000, reason);
    assert_int_equal(parcel_length(parcel), 2 + 2 + 119);
    parcel_free(parcel);
}

// ------------------------------------------------------------- what is sent us

struct frames {
    unsigned char bytes[FRAMES_MAX];
    size_t len;
};

static void add(struct frames *frames, unsigned first, const char *payload,
                size_t len)
{
    static const unsigned char mask[4] = { 0x12, 0x34, 0x56, 0x78 };
    unsigned char *to = frames->bytes + frames->len;
    *to++ = (unsigned char)first;
    if (len < 126) {
        *to++ = (unsigned char)(0x80 | len);
    } else {
        *to++ = 0x80 | 126;
        *to++ = (unsigned char)(len >> 8);
        *to++ = (unsigned char)len;
    }
    memcpy(to, mask, 4);
    to += 4;
    for (size_t i = 0; i < len; i++)
        *to++ = (unsigned char)payload[i] ^ mask[i % 4];
    frames->len = (size_t)(to - frames->bytes);
}

static void add_text(struct frames *frames, unsigned first, const char *text)
{
    add(frames, first, text, strlen(text));
}

// All that happens, as a text: "T(text)", "I(ping)", "O", "C1000", "B1002".
static void tell(enum websocket_event event, struct websocket_message *message,
                 char *out, size_t max)
{
    static const char letters[] = { [WEBSOCKET_TEXT] = 'T',
                                    [WEBSOCKET_PING] = 'I',
                                    [WEBSOCKET_PONG] = 'O',
                                    [WEBSOCKET_CLOSED] = 'C',
                                    [WEBSOCKET_BROKEN] = 'B' };
    size_t len = strlen(out);
    if (message->text) {
        assert_int_equal(strlen(message->text), message->len);
        snprintf(out + len, max - len, "%c(%s)", letters[event], message->text);
    } else if (message->code) {
        snprintf(out + len, max - len, "%c%u", letters[event], message->code);
    } else {
        snprintf(out + len, max - len, "%c", letters[event]);
    }
    free(message->text);
}

// Of these bytes. True: it was the last that can be told.
static bool take(struct websocket_input **input, const unsigned char *bytes,
                 size_t len, char *told, size_t max)
{
    struct websocket_message message;
    enum websocket_event event =
        websocket_take(input, bytes, len, MAX, &message);
    while (event != WEBSOCKET_MORE) {
        tell(event, &message, told, max);
        if (event == WEBSOCKET_BROKEN || event == WEBSOCKET_CLOSED)
            return true;
        event = websocket_take(input, NULL, 0, MAX, &message);
    }
    return false;
}

static void assert_told(const struct frames *frames, const char *wanted)
{
    for (size_t step = 1; step <= WEBSOCKET_TAKE_MAX; step = step * 3 + 1) {
        struct websocket_input *input = NULL;
        char told[MAX * 4] = "";
        bool over = false;
        for (size_t at = 0; at < frames->len && !over; at += step) {
            size_t left = frames->len - at;
            over = take(&input, frames->bytes + at, left < step ? left : step,
                        told, sizeof told);
        }
        assert_string_equal(told, wanted);
        if (!over)
            assert_null(input); // nothing is incomplete
        websocket_clear(input);
    }
}

static void messages_come_whole_however_cut(void **state)
{
    static struct frames frames;
    (void)state;

    frames.len = 0;
    add_text(&frames, 0x81, "one");
    add_text(&frames, 0x01, "tw");
    add_text(&frames, 0x89, "between");
    add_text(&frames, 0x00, "");
    add_text(&frames, 0x8a, "");
    add_text(&frames, 0x80, "o");
    add_text(&frames, 0x81, "");
    add_text(&frames, 0x81, "\xc3\xa4");
    assert_told(&frames, "T(one)I(between)OT(two)T()T(\xc3\xa4)");
}

static void a_long_message_is_too_long_before_it_is_there(void **state)
{
    static struct frames frames;
    static char text[MAX + 2];
    (void)state;

    memset(text, 'x', MAX + 1);
    frames.len = 0;
    add(&frames, 0x81, text, MAX + 1);
    frames.len = 20;
    assert_told(&frames, "B1009");
    frames.len = 0;
    add(&frames, 0x01, text, MAX - 1);
    add(&frames, 0x80, text, 2);
    assert_told(&frames, "B1009");
}

static void assert_frame(const char *bytes, size_t len, const char *wanted)
{
    static struct frames frames;
    memcpy(frames.bytes, bytes, len);
    frames.len = len;
    assert_told(&frames, wanted);
}

static void what_is_against_the_protocol_is_broken(void **state)
{
    static struct frames frames;
    (void)state;

    assert_frame("\x81\x01x", 3, "B1002");                // not masked
    assert_frame("\xc1\x81\0\0\0\0x", 7, "B1002");        // RSV1
    assert_frame("\x83\x81\0\0\0\0x", 7, "B1002");        // no such opcode
    assert_frame("\x80\x81\0\0\0\0x", 7, "B1002");        // continues nothing
    assert_frame("\x09\x80\0\0\0\0", 6, "B1002");         // ping in pieces
    assert_frame("\x81\xfe\0\1\0\0\0\0x", 9, "B1002");    // longer than needed
    assert_frame("\x82\x81\0\0\0\0x", 7, "B1003");        // binary
    assert_frame("\x81\x81\0\0\0\0\xff", 7, "B1007");     // not UTF-8
    assert_frame("\x81\x82\0\0\0\0\xc3x", 8, "B1007");    // half a character
    assert_frame("\x88\x81\0\0\0\0x", 7, "B1002");        // half a code
    assert_frame("\x88\x82\0\0\0\0\x03\xed", 8, "B1002"); // 1005 is not sent
    assert_frame("\x88\x83\0\0\0\0\x03\xe8\xff", 9, "B1007");

    frames.len = 0;
    add_text(&frames, 0x01, "one");
    add_text(&frames, 0x81, "in the middle of it");
    assert_told(&frames, "B1002");
}

static void a_close_tells_its_code(void **state)
{
    (void)state;
    assert_frame("\x88\x80\0\0\0\0", 6, "C1005");
    assert_frame("\x88\x82\0\0\0\0\x03\xe8", 8, "C1000");
    assert_frame("\x88\x84\0\0\0\0\x0f\xa0ok", 10, "C4000");
}

static void it_weighs_nothing_between_messages(void **state)
{
    struct websocket_input *input = NULL;
    struct websocket_message message;
    (void)state;

    assert_int_equal(websocket_weight(input), 0);
    assert_int_equal(
        websocket_take(&input, "\x81\x82\0\0\0\0a", 7, MAX, &message),
        WEBSOCKET_MORE);
    assert_true(websocket_weight(input) > 4096);
    assert_int_equal(websocket_take(&input, "b", 1, MAX, &message),
                     WEBSOCKET_TEXT);
    assert_string_equal(message.text, "ab");
    free(message.text);
    assert_null(input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_key_of_the_rfc_is_accepted_as_there),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(frames_have_the_shortest_length),
        cmocka_unit_test(a_close_has_its_code_and_no_half_characters),
        cmocka_unit_test(messages_come_whole_however_cut),
        cmocka_unit_test(a_long_message_is_too_long_before_it_is_there),
        cmocka_unit_test(what_is_against_the_protocol_is_broken),
        cmocka_unit_test(a_close_tells_its_code),
        cmocka_unit_test(it_weighs_nothing_between_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
