// SPDX-License-Identifier: MIT

#include "hub/mailbox_acks.h"

#include "hub/ack_id.h"
#include "hub/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t secret[32] = { 1, 2, 3 };
static struct seal *seal;
static char one[ACK_ID_TEXT], two[ACK_ID_TEXT];

static int setup(void **state)
{
    (void)state;
    seal = ack_id_seal(secret);
    return seal && ack_id_write(seal, 41, 7, one)
                   && ack_id_write(seal, 42, 8, two)
               ? 0
               : -1;
}

static int teardown(void **state)
{
    (void)state;
    seal_free(seal);
    return 0;
}

static bool reads(const char *text, struct mailbox_acks *acks)
{
    return mailbox_acks_read(seal, text, strlen(text), acks);
}

static void each_letter_is_found_by_its_name(void **state)
{
    struct mailbox_acks acks;
    char text[512];
    (void)state;
    (void)snprintf(text, sizeof text,
                   "{\"extend\": [{\"id\": \"%s\", \"seconds\": 60}],"
                   " \"ack\": [\"%s\"], \"nack\": [\"%s\","
                   " {\"id\": \"%s\", \"delay\": 5}], \"cursor\": \"abc\"}",
                   one, two, one, two);
    assert_true(reads(text, &acks));
    assert_int_equal(acks.count, 4);
    assert_int_equal(acks.items[0].mark, STORE_MARK_ACK);
    assert_int_equal(acks.items[0].number, 42);
    assert_int_equal(acks.items[0].claim, 8);
    assert_int_equal(acks.items[1].mark, STORE_MARK_NACK);
    assert_int_equal(acks.items[1].number, 41);
    assert_int_equal(acks.items[1].delay, 0);
    assert_int_equal(acks.items[2].delay, 5000);
    assert_int_equal(acks.items[3].mark, STORE_MARK_EXTEND);
    assert_int_equal(acks.items[3].delay, 60000);
    assert_string_equal(acks.cursor, "abc");
    mailbox_acks_clear(&acks);
}

static void it_is_told_what_became_of_each(void **state)
{
    struct mailbox_acks acks;
    char text[256];
    (void)state;
    (void)snprintf(text, sizeof text, "{\"ack\": [\"%s\", \"%s\"]}", one, two);
    assert_true(reads(text, &acks));
    acks.items[1].result = STORE_STALE;
    json_t *results = mailbox_acks_results(&acks);
    json_t *wanted = json_pack("[{s:s, s:s}, {s:s, s:s}]", "id", one, "result",
                               "ok", "id", two, "result", "stale");
    assert_true(json_equal(results, wanted));
    json_decref(results);
    json_decref(wanted);
    mailbox_acks_clear(&acks);
}

static void who_is_wrong_is_told_where(void **state)
{
    static const struct {
        const char *text, *problem;
    } cases[] = {
        { "", "not JSON" },
        { "[]", "not a JSON object" },
        { "{}", "nothing is said" },
        { "{\"ack\": []}", "nothing is said" },
        { "{\"acks\": []}", "acks is not ack" },
        { "{\"ack\": \"x\"}", "ack is not an array" },
        { "{\"ack\": [\"x\"]}", "ack[0] is not the ack_id" },
        { "{\"ack\": [\"AAAAAAAAAAAAAAAAAAAAAA\"]}", "ack[0] is not" },
        { "{\"ack\": [1]}", "ack[0] is not the ack_id" },
        { "{\"ack\": [{\"id\": \"x\", \"delay\": 1}]}", "delay is not known" },
        { "{\"nack\": [{\"id\": \"x\", \"delay\": -1}]}", "delay is not a" },
        { "{\"nack\": [{\"id\": \"x\", \"delay\": \"1\"}]}", "delay is not a" },
        { "{\"extend\": [\"x\"]}", "seconds is missing" },
        { "{\"extend\": [{\"id\": \"x\", \"seconds\": 0}]}",
          "seconds is not a whole number from 1" },
        { "{\"extend\": [{\"id\": \"x\", \"seconds\": 43201}]}", "to 43200" },
        { "{\"cursor\": 1}", "cursor is not" },
        { "{\"cursor\": \"\"}", "cursor is not" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mailbox_acks acks;
        if (reads(cases[i].text, &acks))
            fail_msg("%s is taken", cases[i].text);
        if (!strstr(acks.problem, cases[i].problem))
            fail_msg("%s: %s", cases[i].text, acks.problem);
    }
}

static void there_is_a_greatest_number(void **state)
{
    struct mailbox_acks acks;
    json_t *list = json_array();
    (void)state;
    for (int i = 0; i <= MAILBOX_ACKS_MAX; i++)
        json_array_append_new(list, json_string(one));
    json_t *root = json_pack("{s:O}", "ack", list);
    char *text = json_dumps(root, 0);
    assert_false(reads(text, &acks));
    assert_non_null(strstr(acks.problem, "more than"));
    free(text);
    json_array_remove(list, 0);
    text = json_dumps(root, 0);
    assert_true(reads(text, &acks));
    assert_int_equal(acks.count, MAILBOX_ACKS_MAX);
    mailbox_acks_clear(&acks);
    free(text);
    json_decref(list);
    json_decref(root);
}

static void a_socket_says_the_same(void **state)
{
    struct mailbox_acks acks;
    const char *ids[] = { one, two };
    struct pull_op op = {
        .kind = PULL_OP_NACK, .ids = ids, .id_count = 2, .seconds = 3
    };
    (void)state;
    assert_true(mailbox_acks_of(seal, &op, &acks));
    assert_int_equal(acks.count, 2);
    assert_int_equal(acks.items[1].mark, STORE_MARK_NACK);
    assert_int_equal(acks.items[1].number, 42);
    assert_int_equal(acks.items[1].delay, 3000);
    mailbox_acks_clear(&acks);
    ids[1] = "x";
    assert_false(mailbox_acks_of(seal, &op, &acks));
    assert_non_null(strstr(acks.problem, "ids[1]"));
    op = (struct pull_op){ .kind = PULL_OP_ACK, .cursor = "abc" };
    assert_true(mailbox_acks_of(seal, &op, &acks));
    assert_string_equal(acks.cursor, "abc");
    mailbox_acks_clear(&acks);
}

static void a_single_one_may_be_named_alone(void **state)
{
    struct mailbox_acks acks;
    (void)state;
    assert_true(mailbox_acks_one(seal, one, &acks));
    assert_int_equal(acks.count, 1);
    assert_int_equal(acks.items[0].number, 41);
    mailbox_acks_clear(&acks);
    assert_false(mailbox_acks_one(seal, "nothing", &acks));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_letter_is_found_by_its_name),
        cmocka_unit_test(it_is_told_what_became_of_each),
        cmocka_unit_test(who_is_wrong_is_told_where),
        cmocka_unit_test(there_is_a_greatest_number),
        cmocka_unit_test(a_socket_says_the_same),
        cmocka_unit_test(a_single_one_may_be_named_alone),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
