// SPDX-License-Identifier: MIT

#include "hub/mailbox_form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct mailbox_leases leases = { 300000, 864000000, 2592000000 };
static const int64_t now = 1700000000000;

static bool reads(struct mailbox_form *form, const char *text)
{
    mailbox_form_begin(form, &leases, false);
    return mailbox_form_read(form, text, strlen(text), now);
}

static void good(struct mailbox_form *form, const char *text)
{
    if (!reads(form, text))
        fail_msg("%s: %s", text, form->problem);
}

static void nothing_told_is_the_default(void **state)
{
    struct mailbox_form form;
    (void)state;
    good(&form, "");
    assert_int_equal(form.mailbox.ack, STORE_ACK_CURSOR);
    assert_int_equal(form.mailbox.overflow, STORE_OVERFLOW_SUSPEND);
    assert_int_equal(form.mailbox.max_pending, 10000);
    assert_int_equal(form.mailbox.max_bytes, 64 * 1024 * 1024);
    assert_int_equal(form.mailbox.ack_wait, 30000);
    assert_int_equal(form.mailbox.max_deliver, 0);
    assert_int_equal(form.mailbox.inactivity, 0);
    assert_int_equal(form.mailbox.lease, leases.usual);
    assert_int_equal(form.mailbox.profile.secret.len, 0);
    assert_int_equal(form.mailbox.profile.method, STORE_SHA256);
    assert_int_equal(form.mailbox.profile.content, STORE_CONTENT_DEFAULT);
    assert_false(form.has_topics || form.has_match);
    assert_false(form.has_start);
    mailbox_form_clear(&form);
}

static void every_member_is_taken(void **state)
{
    struct mailbox_form form;
    (void)state;
    good(&form, "{\"topics\": [\"https://example.com/feed\"],"
                " \"match\": [\"https://example.com/news/*\"],"
                " \"start\": \"earliest\", \"ack\": \"explicit\","
                " \"ack_wait\": 60, \"max_deliver\": 5, \"unordered\": true,"
                " \"max_pending\": 24, \"max_bytes\": 1000,"
                " \"overflow\": \"drop_newest\", \"inactivity\": 60,"
                " \"lease_seconds\": 3600, \"secret\": \"s3cret\","
                " \"signature_method\": \"sha512\","
                " \"content\": \"entries\"}");
    assert_int_equal(form.mailbox.ack, STORE_ACK_EXPLICIT);
    assert_int_equal(form.mailbox.ack_wait, 60000);
    assert_int_equal(form.mailbox.max_deliver, 5);
    assert_true(form.mailbox.unordered);
    assert_int_equal(form.mailbox.max_pending, 24);
    assert_int_equal(form.mailbox.max_bytes, 1000);
    assert_int_equal(form.mailbox.overflow, STORE_OVERFLOW_NEWEST);
    assert_int_equal(form.mailbox.inactivity, 60000);
    assert_int_equal(form.mailbox.lease, 3600000);
    assert_string_equal(form.mailbox.profile.secret.at, "s3cret");
    assert_int_equal(form.mailbox.profile.method, STORE_SHA512);
    assert_int_equal(form.mailbox.profile.content, STORE_CONTENT_ENTRIES);
    assert_int_equal(form.start.kind, STORE_SINCE_EARLIEST);
    assert_true(form.has_topics && form.has_match);
    assert_int_equal(form.topics.count, 2);
    mailbox_form_clear(&form);
}

static void topics_keep_their_spelling_and_label(void **state)
{
    struct mailbox_form form;
    (void)state;
    good(&form, "{\"topics\": [\"HTTPS://Example.com/%7Ea\","
                " {\"topic\": \"https://example.com/b\", \"label\": \"x\"},"
                " \"https://example.com/~a\"],"
                " \"match\": [{\"match\": \"*\", \"label\": \"y\"}]}");
    assert_int_equal(form.topics.count, 3);
    const struct store_listen *items = form.topics.items;
    assert_string_equal(items[0].url.at, "HTTPS://Example.com/%7Ea");
    assert_string_equal(items[0].normal.at, "https://example.com/~a");
    assert_int_equal(items[0].label.len, 0);
    assert_string_equal(items[1].label.at, "x");
    assert_int_equal(items[2].url.len, 0);
    assert_int_equal(items[2].normal.len, 0);
    assert_string_equal(items[2].label.at, "y");
    mailbox_form_clear(&form);
}

static void what_is_ephemeral_ends_by_itself(void **state)
{
    struct mailbox_form form;
    (void)state;
    mailbox_form_begin(&form, &leases, true);
    assert_true(mailbox_form_read(&form, "{}", 2, now));
    assert_int_equal(form.mailbox.inactivity, 45000);
    assert_int_equal(form.mailbox.overflow, STORE_OVERFLOW_END);
    mailbox_form_clear(&form);

    good(&form, "{\"overflow\": \"suspend\", \"ephemeral\": true}");
    assert_int_equal(form.mailbox.inactivity, 45000);
    assert_int_equal(form.mailbox.overflow, STORE_OVERFLOW_SUSPEND);
    mailbox_form_clear(&form);
}

static void a_lease_is_clamped(void **state)
{
    struct mailbox_form form;
    (void)state;
    good(&form, "{\"lease_seconds\": 1}");
    assert_int_equal(form.mailbox.lease, leases.min);
    mailbox_form_clear(&form);
    good(&form, "{\"lease_seconds\": 0}");
    assert_int_equal(form.mailbox.lease, leases.usual);
    mailbox_form_clear(&form);
    good(&form, "{\"lease_seconds\": 9223372036854775807}");
    assert_int_equal(form.mailbox.lease, leases.max);
    mailbox_form_clear(&form);
}

static void a_change_begins_with_what_there_is(void **state)
{
    struct mailbox_form form;
    const struct store_mailbox was = {
        .id = 7,
        .ack = STORE_ACK_CURSOR,
        .overflow = STORE_OVERFLOW_OLDEST,
        .max_pending = 5,
        .profile = { .secret = { "old", 3 }, .method = STORE_SHA1 },
    };
    static const char text[] = "{\"max_pending\": 6, \"pause\": 60}";
    (void)state;
    mailbox_form_from(&form, &leases, &was);
    assert_true(mailbox_form_read(&form, text, sizeof text - 1, now));
    assert_int_equal(form.mailbox.max_pending, 6);
    assert_int_equal(form.mailbox.overflow, STORE_OVERFLOW_OLDEST);
    assert_string_equal(form.mailbox.profile.secret.at, "old");
    assert_true(form.has_pause);
    assert_int_equal(form.pause_ms, 60000);
    mailbox_form_clear(&form);
}

static void who_is_wrong_is_told_where(void **state)
{
    static const struct {
        const char *text, *problem;
    } cases[] = {
        { "[", "not JSON" },
        { "[]", "not a JSON object" },
        { "{\"a\": 1, \"a\": 1}", "not JSON" },
        { "{\"topic\": \"https://example.com/\"}", "topic is not a member" },
        { "{\"topics\": \"https://example.com/\"}", "topics is not an array" },
        { "{\"topics\": [1]}", "topics[0] is neither" },
        { "{\"topics\": [\"https://a.example/\", \"ftp://x/\"]}",
          "topics[1] is not an http or https URL" },
        { "{\"topics\": [{}]}", "topics[0]: topic is missing" },
        { "{\"topics\": [{\"topic\": 1}]}", "topics[0]: topic is not a" },
        { "{\"topics\": [{\"match\": \"x\"}]}", "topics[0]: match is not a" },
        { "{\"match\": [\"https://example.com\"]}", "match[0] does not end" },
        { "{\"match\": [\"https://example.com*\"]}", "match[0] needs" },
        { "{\"start\": 1}", "start is not a string" },
        { "{\"start\": \"\"}", "start is not a cursor" },
        { "{\"match\": [\"https://example.com/*\"], \"start\": \"-2\"}",
          "start: -N is for topics" },
        { "{\"ack\": \"maybe\"}", "ack is not none" },
        { "{\"ack\": null}", "ack is not none" },
        { "{\"ack_wait\": 0}", "ack_wait is not a whole number from 1" },
        { "{\"ack_wait\": 1.5}", "ack_wait is not a whole" },
        { "{\"ack_wait\": \"30\"}", "ack_wait is not a whole" },
        { "{\"max_deliver\": -1}", "max_deliver is not a whole" },
        { "{\"max_deliver\": 3}", "max_deliver: only with" },
        { "{\"unordered\": true}", "unordered: only with" },
        { "{\"unordered\": 1}", "unordered is neither" },
        { "{\"max_pending\": 0}", "max_pending is not a whole" },
        { "{\"max_bytes\": -1}", "max_bytes is not a whole" },
        { "{\"overflow\": \"reject\"}", "overflow is not" },
        { "{\"overflow\": \"disconnect\"}", "overflow: only what is" },
        { "{\"inactivity\": -1}", "inactivity is not a whole number from 1" },
        { "{\"lease_seconds\": -1}", "lease_seconds is not a whole" },
        { "{\"lease_seconds\": true}", "lease_seconds is not a whole" },
        { "{\"secret\": 1}", "secret is not a string" },
        { "{\"secret\": \"a\\u0000b\"}", "not JSON" },
        { "{\"signature_method\": \"md5\"}", "signature_method is not" },
        { "{\"content\": \"some\"}", "content is not" },
        { "{\"ephemeral\": \"yes\"}", "ephemeral is neither" },
        { "{\"pause\": 86400}", "pause is not a whole number from 0" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mailbox_form form;
        if (reads(&form, cases[i].text))
            fail_msg("%s is taken", cases[i].text);
        if (!strstr(form.problem, cases[i].problem))
            fail_msg("%s: %s", cases[i].text, form.problem);
        mailbox_form_clear(&form);
    }
}

static void a_secret_has_a_greatest_length(void **state)
{
    struct mailbox_form form;
    char text[256], secret[STORE_SECRET_MAX + 2];
    (void)state;
    memset(secret, 's', sizeof secret);
    secret[STORE_SECRET_MAX] = '\0';
    (void)snprintf(text, sizeof text, "{\"secret\": \"%s\"}", secret);
    good(&form, text);
    mailbox_form_clear(&form);
    secret[STORE_SECRET_MAX] = 's';
    secret[STORE_SECRET_MAX + 1] = '\0';
    (void)snprintf(text, sizeof text, "{\"secret\": \"%s\"}", secret);
    assert_false(reads(&form, text));
    mailbox_form_clear(&form);
}

static void there_is_a_greatest_number_of_subscriptions(void **state)
{
    struct mailbox_form form;
    json_t *root = json_object(), *list = json_array();
    (void)state;
    for (int i = 0; i <= STORE_LISTENS_MAX; i++)
        json_array_append_new(list, json_sprintf("https://example.com/%d", i));
    json_object_set_new(root, "topics", list);
    char *text = json_dumps(root, 0);
    assert_false(reads(&form, text));
    assert_non_null(strstr(form.problem, "at most 1000"));
    mailbox_form_clear(&form);
    free(text);
    json_array_remove(list, 0);
    text = json_dumps(root, 0);
    good(&form, text);
    assert_int_equal(form.topics.count, STORE_LISTENS_MAX);
    mailbox_form_clear(&form);
    free(text);
    json_decref(root);
}

static void each_mode_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(mailbox_form_ack(STORE_ACK_EXPLICIT), "explicit");
    assert_string_equal(mailbox_form_overflow(STORE_OVERFLOW_END),
                        "disconnect");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_told_is_the_default),
        cmocka_unit_test(every_member_is_taken),
        cmocka_unit_test(topics_keep_their_spelling_and_label),
        cmocka_unit_test(what_is_ephemeral_ends_by_itself),
        cmocka_unit_test(a_lease_is_clamped),
        cmocka_unit_test(a_change_begins_with_what_there_is),
        cmocka_unit_test(who_is_wrong_is_told_where),
        cmocka_unit_test(a_secret_has_a_greatest_length),
        cmocka_unit_test(there_is_a_greatest_number_of_subscriptions),
        cmocka_unit_test(each_mode_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
