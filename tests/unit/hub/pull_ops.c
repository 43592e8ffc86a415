// SPDX-License-Identifier: MIT

#include "hub/pull_ops.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct pull_op op;
static char reason[PULL_OP_REASON];

static bool take(enum pull_op_place place, const char *text)
{
    return pull_op_read(place, text, strlen(text), &op, reason);
}

static void assert_refused(enum pull_op_place place, const char *text,
                           const char *sentence)
{
    memset(reason, 0, sizeof reason);
    assert_false(take(place, text));
    assert_string_equal(reason, sentence);
}

static void a_topic_is_subscribed(void **state)
{
    (void)state;
    assert_true(
        take(PULL_OP_EVENTS, "{\"op\":\"subscribe\",\"topic\":\"http://a/\"}"));
    assert_int_equal(op.kind, PULL_OP_SUBSCRIBE);
    assert_string_equal(op.topic, "http://a/");
    assert_null(op.since);
    assert_null(op.match);
    pull_op_clear(&op);
}

static void a_position_comes_with_it(void **state)
{
    (void)state;
    assert_true(take(PULL_OP_EVENTS, "{\"since\":\"-3\",\"topic\":\"http://a/\""
                                     ",\"op\":\"subscribe\"}"));
    assert_string_equal(op.since, "-3");
    pull_op_clear(&op);
    assert_true(take(PULL_OP_EVENTS, "{\"op\":\"subscribe\",\"since\":null,"
                                     "\"topic\":\"http://a/\"}"));
    assert_null(op.since);
    pull_op_clear(&op);
}

static void a_prefix_is_subscribed(void **state)
{
    (void)state;
    assert_true(take(PULL_OP_EVENTS,
                     "{\"op\":\"subscribe\",\"match\":\"http://a/*\"}"));
    assert_string_equal(op.match, "http://a/*");
    pull_op_clear(&op);
}

static void what_needs_nothing_is_alone(void **state)
{
    (void)state;
    assert_true(take(PULL_OP_EVENTS, "{\"op\":\"ping\"}"));
    assert_int_equal(op.kind, PULL_OP_PING);
    pull_op_clear(&op);
    assert_true(take(PULL_OP_EVENTS, " {\"op\":\"more\"}\n"));
    assert_int_equal(op.kind, PULL_OP_MORE);
    pull_op_clear(&op);
    assert_true(take(PULL_OP_MAILBOX, "{\"op\":\"touch\"}"));
    assert_int_equal(op.kind, PULL_OP_TOUCH);
    pull_op_clear(&op);
}

static void letters_are_acknowledged_one_by_one_or_together(void **state)
{
    (void)state;
    assert_true(take(PULL_OP_MAILBOX, "{\"op\":\"ack\",\"id\":\"x\"}"));
    assert_int_equal(op.id_count, 1);
    assert_string_equal(op.ids[0], "x");
    pull_op_clear(&op);
    assert_true(
        take(PULL_OP_MAILBOX, "{\"op\":\"ack\",\"ids\":[\"x\",\"y\"]}"));
    assert_int_equal(op.kind, PULL_OP_ACK);
    assert_int_equal(op.id_count, 2);
    assert_string_equal(op.ids[1], "y");
    pull_op_clear(&op);
    assert_true(take(PULL_OP_MAILBOX, "{\"op\":\"ack\",\"cursor\":\"c\"}"));
    assert_string_equal(op.cursor, "c");
    assert_int_equal(op.id_count, 0);
    pull_op_clear(&op);
}

static void letters_are_put_off(void **state)
{
    (void)state;
    assert_true(
        take(PULL_OP_MAILBOX, "{\"op\":\"nack\",\"ids\":[\"x\"],\"delay\":5}"));
    assert_int_equal(op.kind, PULL_OP_NACK);
    assert_int_equal(op.seconds, 5);
    pull_op_clear(&op);
    assert_true(take(PULL_OP_MAILBOX,
                     "{\"op\":\"extend\",\"id\":\"x\",\"seconds\":43200}"));
    assert_int_equal(op.kind, PULL_OP_EXTEND);
    assert_int_equal(op.seconds, 43200);
    pull_op_clear(&op);
}

static void a_subscription_of_a_mailbox_ends_by_its_number(void **state)
{
    (void)state;
    assert_true(take(PULL_OP_MAILBOX, "{\"op\":\"unsubscribe\",\"sid\":12}"));
    assert_int_equal(op.sid, 12);
    pull_op_clear(&op);
    assert_refused(PULL_OP_MAILBOX, "{\"op\":\"unsubscribe\",\"sid\":0}",
                   "unsubscribe: \"sid\" must be a positive number");
    assert_refused(PULL_OP_EVENTS, "{\"op\":\"unsubscribe\",\"sid\":1}",
                   "unsubscribe: \"sid\" is not known here");
}

static void what_is_of_mailboxes_is_not_of_the_log(void **state)
{
    (void)state;
    assert_refused(PULL_OP_EVENTS, "{\"op\":\"ack\",\"id\":\"x\"}",
                   "unknown op \"ack\"");
    assert_refused(
        PULL_OP_EVENTS,
        "{\"op\":\"subscribe\",\"topic\":\"http://a/\",\"label\":\"x\"}",
        "subscribe: \"label\" is not known here");
}

static void what_is_misspelt_is_refused(void **state)
{
    (void)state;
    assert_refused(
        PULL_OP_EVENTS,
        "{\"op\":\"subscribe\",\"topic\":\"http://a/\",\"sicne\":\"-1\"}",
        "subscribe: \"sicne\" is not known here");
    assert_refused(PULL_OP_EVENTS, "{\"op\":\"subscibe\"}",
                   "unknown op \"subscibe\"");
    assert_refused(PULL_OP_EVENTS, "{\"op\":\"ping\",\"x\":1}",
                   "ping: \"x\" is not known here");
}

static void exactly_one_thing_is_named(void **state)
{
    (void)state;
    assert_refused(PULL_OP_EVENTS, "{\"op\":\"subscribe\"}",
                   "subscribe: give exactly one of \"topic\" \"match\"");
    assert_refused(PULL_OP_EVENTS,
                   "{\"op\":\"subscribe\",\"topic\":\"a\",\"match\":\"b\"}",
                   "subscribe: give exactly one of \"topic\" \"match\"");
    assert_refused(PULL_OP_MAILBOX,
                   "{\"op\":\"ack\",\"id\":\"a\",\"ids\":[\"b\"]}",
                   "ack: give exactly one of \"cursor\" \"id\" \"ids\"");
}

static void other_types_are_refused(void **state)
{
    (void)state;
    assert_refused(PULL_OP_EVENTS, "{\"op\":\"subscribe\",\"topic\":1}",
                   "subscribe: \"topic\" must be a string");
    assert_refused(PULL_OP_EVENTS, "{\"op\":1}",
                   "a message is an object with a text \"op\"");
    assert_refused(PULL_OP_EVENTS, "[]",
                   "a message is an object with a text \"op\"");
    assert_refused(PULL_OP_MAILBOX, "{\"op\":\"ack\",\"ids\":[1]}",
                   "each id must be a string");
    assert_refused(PULL_OP_MAILBOX, "{\"op\":\"ack\",\"ids\":[]}",
                   "\"ids\" must be 1 to 1000 strings");
    assert_refused(PULL_OP_MAILBOX, "{\"op\":\"ack\",\"id\":[\"a\"]}",
                   "ack: \"id\" must be a string");
    assert_refused(PULL_OP_MAILBOX,
                   "{\"op\":\"nack\",\"id\":\"a\",\"delay\":-1}",
                   "nack: \"delay\" must be a number of 0 to 43200 seconds");
    assert_refused(PULL_OP_MAILBOX,
                   "{\"op\":\"extend\",\"id\":\"a\",\"seconds\":43201}",
                   "extend: \"seconds\" must be a number of 0 to 43200 "
                   "seconds");
    assert_refused(PULL_OP_MAILBOX,
                   "{\"op\":\"extend\",\"id\":\"a\",\"seconds\":1.5}",
                   "extend: \"seconds\" must be a number of 0 to 43200 "
                   "seconds");
}

static void what_is_no_json_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "ping",
        "{\"op\":\"ping\"",
        "{\"op\":\"ping\",\"op\":\"more\"}",
        "null",
        "\"x\"",
        "{\"op\":\"ping\"}{}",
        "{\"op\":\"p\\u0000\"}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        reason[0] = '\0';
        assert_false(take(PULL_OP_EVENTS, texts[i]));
        assert_true(reason[0] != '\0');
    }
}

static void there_is_an_end_of_ids(void **state)
{
    (void)state;
    size_t room = 16 * PULL_OP_IDS_MAX;
    char *text = malloc(room);
    assert_non_null(text);
    for (size_t count = PULL_OP_IDS_MAX; count <= PULL_OP_IDS_MAX + 1;
         count++) {
        size_t len =
            (size_t)snprintf(text, room, "{\"op\":\"ack\",\"ids\":[\"a\"");
        for (size_t i = 1; i < count; i++)
            len += (size_t)snprintf(text + len, room - len, ",\"a\"");
        snprintf(text + len, room - len, "]}");
        bool taken = take(PULL_OP_MAILBOX, text);
        assert_int_equal(taken, count <= PULL_OP_IDS_MAX);
        if (taken)
            pull_op_clear(&op);
    }
    free(text);
}

static void a_long_name_is_told_in_part(void **state)
{
    (void)state;
    char text[400];
    snprintf(text, sizeof text, "{\"op\":\"%0300d\"}", 0);
    assert_refused(PULL_OP_EVENTS, text,
                   "unknown op \"0000000000000000000000000000000000000000\"");
}

static void of_a_long_name_whole_characters_are_told(void **state)
{
    (void)state;
    char text[100];
    snprintf(text, sizeof text, "{\"op\":\"%039d\xC3\xA9\"}", 0);
    assert_refused(PULL_OP_MAILBOX, text,
                   "unknown op \"000000000000000000000000000000000000000\"");
    snprintf(text, sizeof text, "{\"op\":\"ping\",\"%039d\xC3\xA9\":1}", 0);
    assert_refused(PULL_OP_EVENTS, text,
                   "ping: \"000000000000000000000000000000000000000\" is not "
                   "known here");
}

static void a_long_op_of_the_log_is_not_looked_at(void **state)
{
    (void)state;
    static char text[20 * 1024];
    memset(text, ' ', sizeof text - 1);
    memcpy(text, "{\"op\":\"ping\"}", 13);
    assert_refused(PULL_OP_EVENTS, text, "an op of more than 16 KiB");
    assert_true(take(PULL_OP_MAILBOX, text));
    pull_op_clear(&op);
    text[16 * 1024] = '\0';
    assert_true(take(PULL_OP_EVENTS, text));
    pull_op_clear(&op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_topic_is_subscribed),
        cmocka_unit_test(a_position_comes_with_it),
        cmocka_unit_test(a_prefix_is_subscribed),
        cmocka_unit_test(what_needs_nothing_is_alone),
        cmocka_unit_test(letters_are_acknowledged_one_by_one_or_together),
        cmocka_unit_test(letters_are_put_off),
        cmocka_unit_test(a_subscription_of_a_mailbox_ends_by_its_number),
        cmocka_unit_test(what_is_of_mailboxes_is_not_of_the_log),
        cmocka_unit_test(what_is_misspelt_is_refused),
        cmocka_unit_test(exactly_one_thing_is_named),
        cmocka_unit_test(other_types_are_refused),
        cmocka_unit_test(what_is_no_json_is_refused),
        cmocka_unit_test(there_is_an_end_of_ids),
        cmocka_unit_test(a_long_name_is_told_in_part),
        cmocka_unit_test(of_a_long_name_whole_characters_are_told),
        cmocka_unit_test(a_long_op_of_the_log_is_not_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
