// SPDX-License-Identifier: MIT

#include "hub/topic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static void a_copy_outlives_what_it_was_made_of(void **state)
{
    (void)state;
    char texts[7][8] = { "url",   "normal", "self", "h1\nh2",
                         "\"e\"", "date",   "moved" };
    struct bytes parts[7];
    for (size_t i = 0; i < 7; i++)
        parts[i] = (struct bytes){ texts[i], strlen(texts[i]) };
    struct store_topic topic = {
        .id = 7,
        .head = 3,
        .url = parts[0],
        .url_normal = parts[1],
        .self = parts[2],
        .hubs = parts[3],
        .etag = parts[4],
        .modified = parts[5],
        .moved = parts[6],
        .subscriptions = 12,
    };
    struct store_topic *copy = topic_copy(&topic);
    assert_non_null(copy);
    memset(texts, 'x', sizeof texts);
    memset(&topic, 0, sizeof topic);
    assert_int_equal(copy->id, 7);
    assert_int_equal(copy->head, 3);
    assert_int_equal(copy->subscriptions, 12);
    // NUL-terminated, each of them.
    assert_string_equal(copy->url.at, "url");
    assert_string_equal(copy->url_normal.at, "normal");
    assert_string_equal(copy->self.at, "self");
    assert_string_equal(copy->hubs.at, "h1\nh2");
    assert_string_equal(copy->etag.at, "\"e\"");
    assert_string_equal(copy->modified.at, "date");
    assert_string_equal(copy->moved.at, "moved");
    free(copy);
}

static void what_is_empty_is_an_empty_string(void **state)
{
    (void)state;
    struct store_topic topic = { .id = 7 };
    struct store_topic *copy = topic_copy(&topic);
    assert_non_null(copy);
    assert_int_equal(copy->etag.len, 0);
    assert_string_equal(copy->etag.at, "");
    assert_string_equal(copy->moved.at, "");
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_outlives_what_it_was_made_of),
        cmocka_unit_test(what_is_empty_is_an_empty_string),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
