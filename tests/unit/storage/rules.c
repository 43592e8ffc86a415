// SPDX-License-Identifier: MIT

#include "storage/lmdb/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 8192 };

static struct bytes text(const char *at)
{
    return (struct bytes){ at, strlen(at) };
}

static struct store_rule a_rule(void)
{
    return (struct store_rule){
        .kind = STORE_RULE_PUBLISHER_KEY,
        .subject = text("https://example.org/"),
        .value = text("a secret"),
        .by = text("root"),
        .made = 5,
    };
}

static struct bytes encode(uint8_t *buffer, const struct store_rule *rule)
{
    struct writer writer;
    writer_init(&writer, buffer, ROOM);
    rule_encode(&writer, rule);
    assert_false(writer.failed);
    return writer_bytes(&writer);
}

static void a_rule_comes_back_whole(void **state)
{
    uint8_t buffer[ROOM];
    struct store_rule rule = a_rule(), got;
    (void)state;
    assert_true(rule_decode(encode(buffer, &rule), &got));
    assert_int_equal(got.kind, STORE_RULE_PUBLISHER_KEY);
    assert_string_equal(got.subject.at, "https://example.org/");
    assert_string_equal(got.value.at, "a secret");
    assert_string_equal(got.by.at, "root");
    assert_int_equal(got.made, 5);
}

static void what_is_damaged_is_refused(void **state)
{
    uint8_t buffer[ROOM];
    struct store_rule rule = a_rule(), got;
    (void)state;
    struct bytes record = encode(buffer, &rule);
    for (size_t len = 0; len < record.len; len++)
        assert_false(rule_decode((struct bytes){ record.at, len }, &got));
    buffer[0]++; // its version
    assert_false(rule_decode(record, &got));
    buffer[0]--;
    buffer[1] = 0; // its kind
    assert_false(rule_decode(record, &got));
    buffer[1] = STORE_RULE_QUOTA + 1;
    assert_false(rule_decode(record, &got));
}

static void the_largest_rule_fits(void **state)
{
    static char subject[STORE_RULE_SUBJECT_MAX], value[STORE_RULE_VALUE_MAX];
    static char by[STORE_RULE_BY_MAX];
    uint8_t buffer[ROOM];
    struct store_rule rule = a_rule(), got;
    struct key key;
    (void)state;
    rule.subject = (struct bytes){ subject, sizeof subject };
    rule.value = (struct bytes){ value, sizeof value };
    rule.by = (struct bytes){ by, sizeof by };
    assert_true(rule_decode(encode(buffer, &rule), &got));
    assert_true(rule_key(&key, &rule));
    assert_in_range(key.len, 1, KEY_MAX);
}

static struct key key_of(enum store_rule_kind kind, const char *subject,
                         const char *value)
{
    struct store_rule rule = {
        .kind = kind,
        .subject = text(subject),
        .value = text(value),
    };
    struct key key;
    assert_true(rule_key(&key, &rule));
    return key;
}

static int order(struct key a, struct key b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    return memcmp(a.at, b.at, len);
}

static void keys_tell_kinds_subjects_and_values_apart(void **state)
{
    (void)state;
    struct key key = key_of(STORE_RULE_PUBLISHER_KEY, "ab", "c");
    assert_int_equal(order(key, key_of(STORE_RULE_PUBLISHER_KEY, "ab", "c")),
                     0);
    assert_true(order(key, key_of(STORE_RULE_PUBLISHER_KEY, "a", "bc")) > 0);
    assert_true(order(key, key_of(STORE_RULE_PUBLISHER_KEY, "abc", "")) < 0);
    assert_true(order(key, key_of(STORE_RULE_PUBLISHER_KEY, "ab", "d")) != 0);
    assert_true(order(key, key_of(STORE_RULE_QUOTA, "ab", "c")) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_comes_back_whole),
        cmocka_unit_test(what_is_damaged_is_refused),
        cmocka_unit_test(the_largest_rule_fits),
        cmocka_unit_test(keys_tell_kinds_subjects_and_values_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
