// SPDX-License-Identifier: MIT
//
// What operators want here: rules, keys and quotas, put, paged, removed.

#include "scene.h"
#include "storage/steering.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct store_put_rule asks(enum store_rule_kind kind,
                                  const char *subject, const char *value)
{
    return (struct store_put_rule){
        .op.verb = STORE_PUT_RULE,
        .rule = {
            .kind = kind,
            .subject = scene_bytes(subject),
            .value = scene_bytes(value),
            .by = scene_bytes("uid 1000"),
        },
    };
}

static enum store_status put(struct session *s, enum store_rule_kind kind,
                             const char *subject, const char *value)
{
    struct store_put_rule op = asks(kind, subject, value);
    return session_run(s, &op.op);
}

// How many went.
static size_t take(struct session *s, enum store_rule_kind kind,
                   const char *subject, const char *value)
{
    struct store_remove_rule op = {
        .op.verb = STORE_REMOVE_RULE,
        .kind = kind,
        .subject = scene_bytes(subject),
        .value = scene_bytes(value),
    };
    enum store_status status = session_run(s, &op.op);
    assert_int_equal(status, op.count > 0 ? STORE_OK : STORE_NOT_FOUND);
    return op.count;
}

// All of them, page by page of two, as "kind subject=value ...".
static void expect(struct session *s, const char *text)
{
    char told[4096] = "";
    size_t used = 0;
    struct store_page_rules page = { .op.verb = STORE_PAGE_RULES, .max = 2 };
    char subject[STORE_RULE_SUBJECT_MAX], value[STORE_RULE_VALUE_MAX];
    do {
        session_must(s, &page.op);
        for (size_t i = 0; i < page.count; i++) {
            const struct store_rule *rule = &page.items[i];
            int n = snprintf(told + used, sizeof told - used, "%s%d %.*s%s%.*s",
                             used > 0 ? ", " : "", (int)rule->kind,
                             (int)rule->subject.len, rule->subject.at,
                             rule->value.len > 0 ? "=" : "",
                             (int)rule->value.len, rule->value.at);
            used += (size_t)n;
            assert_true(scene_same(rule->by, "uid 1000"));
            memcpy(subject, rule->subject.at, rule->subject.len);
            memcpy(value, rule->value.at, rule->value.len);
            page.after.kind = rule->kind;
            page.after.subject = (struct bytes){ subject, rule->subject.len };
            page.after.value = (struct bytes){ value, rule->value.len };
        }
        store_release(&page.op);
    } while (!page.end);
    assert_string_equal(told, text);
}

static void rules_survive_and_come_by_kind_and_subject(void **state)
{
    struct session *s = *state;
    put(s, STORE_RULE_ALLOW_CALLBACK, "example.org", "");
    put(s, STORE_RULE_DENY_TOPIC, "b.example", "");
    put(s, STORE_RULE_DENY_TOPIC, "a.example", "");
    put(s, STORE_RULE_DENY_TOPIC, "a.example.net", "");
    put(s, STORE_RULE_QUOTA, "pulls", "100");
    assert_int_equal(scene_stats(s).rules, 5);
    session_reopen(s);
    expect(s, "1 a.example, 1 a.example.net, 1 b.example, 4 example.org, "
              "6 pulls=100");
}

static void the_same_rule_is_there_once(void **state)
{
    struct session *s = *state;
    struct store_put_rule op = asks(STORE_RULE_DENY_TOPIC, "a.example", "");
    session_must(s, &op.op);
    int64_t made = op.rule.made;
    assert_true(made == op.op.at);
    session_advance(s, HOUR);
    op = asks(STORE_RULE_DENY_TOPIC, "a.example", "");
    assert_int_equal(session_run(s, &op.op), STORE_DUPLICATE);
    assert_true(op.rule.made == made);
    assert_int_equal(put(s, STORE_RULE_ALLOW_TOPIC, "a.example", ""), STORE_OK);
    expect(s, "1 a.example, 2 a.example");
}

static void a_prefix_may_have_several_keys(void **state)
{
    struct session *s = *state;
    const char *prefix = "https://example.org/";
    put(s, STORE_RULE_PUBLISHER_KEY, prefix, "one");
    put(s, STORE_RULE_PUBLISHER_KEY, prefix, "two");
    put(s, STORE_RULE_PUBLISHER_KEY, "https://example.org/a", "three");
    assert_int_equal(scene_stats(s).rules, 3);
    assert_int_equal(take(s, STORE_RULE_PUBLISHER_KEY, prefix, "one"), 1);
    assert_int_equal(take(s, STORE_RULE_PUBLISHER_KEY, prefix, "one"), 0);
    expect(s, "5 https://example.org/=two, 5 https://example.org/a=three");
    put(s, STORE_RULE_PUBLISHER_KEY, prefix, "four");
    assert_int_equal(take(s, STORE_RULE_PUBLISHER_KEY, prefix, ""), 2);
    expect(s, "5 https://example.org/a=three");
}

static void a_quota_has_one_value(void **state)
{
    struct session *s = *state;
    put(s, STORE_RULE_QUOTA, "pulls", "100");
    put(s, STORE_RULE_QUOTA, "pulls-per-token", "7");
    put(s, STORE_RULE_QUOTA, "pulls", "200");
    assert_int_equal(put(s, STORE_RULE_QUOTA, "pulls", "200"), STORE_DUPLICATE);
    expect(s, "6 pulls=200, 6 pulls-per-token=7");
    assert_int_equal(take(s, STORE_RULE_QUOTA, "pulls", ""), 1);
    expect(s, "6 pulls-per-token=7");
}

// Longer than what of a subject fits into a key.
static void long_subjects_are_told_apart(void **state)
{
    struct session *s = *state;
    char subject[2][STORE_RULE_SUBJECT_MAX + 1];
    for (int i = 0; i < 2; i++) {
        memset(subject[i], 'a', STORE_RULE_SUBJECT_MAX);
        subject[i][STORE_RULE_SUBJECT_MAX - 1] = (char)('x' + i);
        subject[i][STORE_RULE_SUBJECT_MAX] = '\0';
        assert_int_equal(put(s, STORE_RULE_PUBLISHER_KEY, subject[i], "key"),
                         STORE_OK);
    }
    assert_int_equal(take(s, STORE_RULE_PUBLISHER_KEY, subject[0], ""), 1);
    assert_int_equal(take(s, STORE_RULE_PUBLISHER_KEY, subject[0], ""), 0);
    assert_int_equal(scene_stats(s).rules, 1);
    assert_int_equal(take(s, STORE_RULE_PUBLISHER_KEY, subject[1], "key"), 1);
}

static void a_page_may_begin_with_a_kind(void **state)
{
    struct session *s = *state;
    put(s, STORE_RULE_DENY_TOPIC, "a.example", "");
    put(s, STORE_RULE_PUBLISHER_KEY, "https://a.example/", "key");
    put(s, STORE_RULE_QUOTA, "pulls", "1");
    struct store_page_rules page = {
        .op.verb = STORE_PAGE_RULES,
        .after.kind = STORE_RULE_PUBLISHER_KEY,
        .max = 1,
    };
    session_must(s, &page.op);
    assert_int_equal(page.count, 1);
    assert_false(page.end);
    assert_int_equal(page.items[0].kind, STORE_RULE_PUBLISHER_KEY);
    store_release(&page.op);
}

static void what_makes_no_sense_is_invalid(void **state)
{
    struct session *s = *state;
    static char text[STORE_RULE_SUBJECT_MAX + 1];
    assert_int_equal(put(s, 0, "a", ""), STORE_INVALID);
    assert_int_equal(put(s, 7, "a", "b"), STORE_INVALID);
    assert_int_equal(put(s, STORE_RULE_DENY_TOPIC, "", ""), STORE_INVALID);
    assert_int_equal(put(s, STORE_RULE_DENY_TOPIC, "a", "b"), STORE_INVALID);
    assert_int_equal(put(s, STORE_RULE_QUOTA, "a", ""), STORE_INVALID);
    struct store_put_rule op = asks(STORE_RULE_DENY_TOPIC, "a", "");
    op.rule.subject = (struct bytes){ text, sizeof text };
    assert_int_equal(session_run(s, &op.op), STORE_INVALID);
    struct store_page_rules page = { .op.verb = STORE_PAGE_RULES };
    assert_int_equal(session_run(s, &page.op), STORE_INVALID);
    struct store_remove_rule remove = {
        .op.verb = STORE_REMOVE_RULE,
        .kind = STORE_RULE_QUOTA,
    };
    assert_int_equal(session_run(s, &remove.op), STORE_INVALID);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup_cheap, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rules_survive_and_come_by_kind_and_subject),
        TEST(the_same_rule_is_there_once),
        TEST(a_prefix_may_have_several_keys),
        TEST(a_quota_has_one_value),
        TEST(long_subjects_are_told_apart),
        TEST(a_page_may_begin_with_a_kind),
        TEST(what_makes_no_sense_is_invalid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
