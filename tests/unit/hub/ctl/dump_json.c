// SPDX-License-Identifier: MIT

#include "hub/ctl/dump_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static json_t *written(const struct dump_record *record)
{
    json_t *root = dump_json_write(record);
    assert_non_null(root);
    return root;
}

static void what_is_empty_is_left_out(void **state)
{
    struct dump_record record = { .kind = DUMP_TOPIC };
    (void)state;
    record.topic.shown.id = 7;
    json_t *root = written(&record);
    char *text = json_dumps(root, JSON_COMPACT);
    assert_string_equal(text, "{\"kind\":\"topic\",\"id\":7}");
    free(text);
    json_decref(root);
}

static void read_back(const json_t *root, struct dump_json *holder,
                      struct dump_record *out)
{
    struct problem problem;
    if (!dump_json_read(holder, root, out, &problem))
        fail_msg("%s", problem.text);
}

static void everything_comes_back(void **state)
{
    static const char odd[] = "a\0b\xff";
    struct dump_record record = { .kind = DUMP_SUBSCRIPTION }, back;
    struct dump_json holder = { .held_count = 0 };
    struct store_subscriber *shown = &record.subscription.shown;
    (void)state;
    shown->topic = 3;
    shown->id = UINT32_MAX + UINT64_C(5);
    shown->callback = (struct bytes){ "http://h/", 9 };
    shown->profile.secret = (struct bytes){ odd, 4 };
    shown->profile.method = STORE_SHA512;
    shown->lagging = true;
    shown->last_status = -7;
    shown->due = INT64_MAX;
    shown->last_count = 2;
    shown->last[1] = (struct store_attempt){ 1, 500, 3 };
    shown->origin.bytes[31] = 0xa5;
    json_t *root = written(&record);
    read_back(root, &holder, &back);
    const struct store_subscriber *now = &back.subscription.shown;
    assert_true(now->topic == shown->topic && now->id == shown->id);
    assert_true(now->due == shown->due && now->lagging);
    assert_int_equal(now->last_status, -7);
    assert_int_equal(now->profile.method, STORE_SHA512);
    assert_int_equal(now->profile.secret.len, 4);
    assert_memory_equal(now->profile.secret.at, odd, 4);
    assert_string_equal(now->callback.at, "http://h/");
    assert_int_equal(now->last_count, 2);
    assert_int_equal(now->last[1].status, 500);
    assert_memory_equal(&now->origin, &shown->origin, sizeof now->origin);
    // What was left out is an empty text, and no null pointer.
    assert_non_null(now->topic_url.at);
    dump_json_release(&holder);
    json_decref(root);
}

static void lists_of_any_length_come_back(void **state)
{
    enum { MANY = 1000 };
    static struct store_entry entries[MANY];
    struct dump_record record = { .kind = DUMP_ENTRIES }, back;
    struct dump_json holder = { .held_count = 0 };
    (void)state;
    for (size_t i = 0; i < MANY; i++)
        entries[i].seq = i + 1;
    record.entries.topic = 1;
    record.entries.items = entries;
    record.entries.count = MANY;
    json_t *root = written(&record);
    read_back(root, &holder, &back);
    assert_int_equal(back.entries.count, MANY);
    assert_memory_equal(back.entries.items, entries, sizeof entries);
    dump_json_release(&holder);
    json_decref(root);
}

static void refuse(const char *text, const char *words)
{
    struct dump_json holder = { .held_count = 0 };
    struct dump_record record;
    struct problem problem;
    json_t *root = json_loads(text, 0, NULL);
    assert_non_null(root);
    assert_false(dump_json_read(&holder, root, &record, &problem));
    if (!strstr(problem.text, words))
        fail_msg("%s: %s", text, problem.text);
    dump_json_release(&holder);
    json_decref(root);
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    refuse("[]", "kind");
    refuse("{\"id\":1}", "kind");
    refuse("{\"kind\":\"tropic\"}", "kind");
    refuse("{\"kind\":\"topic\",\"colour\":1}", "colour of a topic");
    refuse("{\"kind\":\"topic\",\"id\":\"1\"}", "id of a topic");
    refuse("{\"kind\":\"topic\",\"id\":-1}", "id of a topic");
    refuse("{\"kind\":\"topic\",\"dirty\":4294967296}", "dirty");
    refuse("{\"kind\":\"topic\",\"kept\":1}", "kept");
    refuse("{\"kind\":\"topic\",\"content\":\"ful\"}", "content");
    refuse("{\"kind\":\"topic\",\"key\":\"00\"}", "key");
    refuse("{\"kind\":\"topic\",\"plan\":\"*\"}", "plan");
    refuse("{\"kind\":\"topic\",\"url\":{\"base64\":\"Zg=\"}}", "url");
    refuse("{\"kind\":\"topic\",\"incarnation\":12}", "incarnation");
    refuse("{\"kind\":\"token\",\"rights\":[\"fly\"]}", "rights");
    refuse("{\"kind\":\"walk\",\"steps\":[{},{},{},{},{},{},{},{},{}]}",
           "steps");
    refuse("{\"kind\":\"walk\",\"steps\":[{\"last\":\"x\"}]}", "last");
    refuse("{\"kind\":\"walk\",\"steps\":[7]}", "is no object");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_empty_is_left_out),
        cmocka_unit_test(everything_comes_back),
        cmocka_unit_test(lists_of_any_length_come_back),
        cmocka_unit_test(what_is_wrong_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
