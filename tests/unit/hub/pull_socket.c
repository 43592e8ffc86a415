// SPDX-License-Identifier: MIT

#include "hub/pull_socket.h"
#include "hub/pull.h"
#include "hub/pull_problem.h"
#include "hub/pull_query.h"
#include "hub/puller.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// One puller, who reads the topics of `question`.
struct puller {
    int unused;
};

static struct puller someone;
static void *slot;
static struct pull_query *question; // as it is now
static struct pull_query *asked;    // not answered yet
static void (*answer)(struct puller *puller,
                      const struct pull_problem *problem);
static char heard[4096];
static int woken;

void **pull_socket_slot(struct puller *puller)
{
    assert_ptr_equal(puller, &someone);
    return &slot;
}

struct pull_query *pull_question(struct puller *puller)
{
    (void)puller;
    struct pull_query *copy = calloc(1, sizeof *copy);
    assert_non_null(copy);
    for (size_t i = 0; i < question->topic_count; i++)
        assert_true(pull_query_add(copy, question->topics[i].url,
                                   question->topics[i].url_len, NULL, 0));
    return copy;
}

void pull_ask_again(struct puller *puller, struct pull_query *query,
                    void (*said)(struct puller *puller,
                                 const struct pull_problem *problem))
{
    assert_ptr_equal(puller, &someone);
    assert_null(asked);
    asked = query;
    answer = said;
}

void puller_say(struct puller *puller, const char *text, size_t len)
{
    assert_ptr_equal(puller, &someone);
    size_t at = strlen(heard);
    assert_true(at + len + 2 < sizeof heard);
    memcpy(heard + at, text, len);
    heard[at + len] = '\n';
    heard[at + len + 1] = '\0';
}

void puller_wake(struct puller *puller)
{
    (void)puller;
    woken++;
}

static void drop(struct pull_query *query)
{
    if (query)
        pull_query_clear(query);
    free(query);
}

static int setup(void **state)
{
    (void)state;
    question = calloc(1, sizeof *question);
    assert_non_null(question);
    heard[0] = '\0';
    woken = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    pull_socket_over(slot);
    slot = NULL;
    drop(question);
    drop(asked);
    question = asked = NULL;
    return 0;
}

static void hear(const char *text)
{
    pull_socket_message(&someone, text, strlen(text));
}

// It is done, or refused.
static void settle(const struct pull_problem *problem)
{
    struct pull_query *query = asked;
    assert_non_null(query);
    asked = NULL;
    if (problem) {
        drop(query);
    } else {
        drop(question);
        question = query;
    }
    answer(&someone, problem);
}

static void assert_heard(const char *wanted)
{
    assert_string_equal(heard, wanted);
    heard[0] = '\0';
}

static void a_ping_is_answered(void **state)
{
    (void)state;
    hear("{\"op\":\"ping\"}");
    assert_heard("{\"type\":\"pong\"}\n");
    assert_null(slot); // and costs no memory
}

static void more_is_read_for_who_asks(void **state)
{
    (void)state;
    hear("{\"op\":\"more\"}");
    assert_int_equal(woken, 1);
    assert_heard("");
}

static void a_topic_is_added_to_those_there_are(void **state)
{
    (void)state;
    hear("{\"op\":\"subscribe\",\"topic\":\"http://a/\"}");
    assert_heard("");
    settle(NULL);
    assert_heard("{\"type\":\"subscribed\",\"topic\":\"http://a/\"}\n");
    hear("{\"op\":\"subscribe\",\"topic\":\"http://b/\",\"since\":\"-3\"}");
    assert_int_equal(asked->topic_count, 2);
    assert_string_equal(asked->topics[1].url, "http://b/");
    assert_true(asked->topics[1].has_since);
    settle(NULL);
}

static void a_topic_is_taken_away(void **state)
{
    (void)state;
    assert_true(pull_query_add(question, "http://a/", 9, NULL, 0));
    assert_true(pull_query_add(question, "http://b/", 9, NULL, 0));
    hear("{\"op\":\"unsubscribe\",\"topic\":\"http://a/\"}");
    assert_int_equal(asked->topic_count, 1);
    assert_string_equal(asked->topics[0].url, "http://b/");
    settle(NULL);
    assert_heard("{\"type\":\"unsubscribed\",\"topic\":\"http://a/\"}\n");
}

static void another_spelling_of_a_topic_is_it_too(void **state)
{
    (void)state;
    assert_true(pull_query_add(question, "http://a/", 9, NULL, 0));
    hear("{\"op\":\"unsubscribe\",\"topic\":\"HTTP://A:80/\"}");
    assert_int_equal(asked->topic_count, 0);
    settle(NULL);
}

static void what_is_not_subscribed_cannot_be_taken_away(void **state)
{
    (void)state;
    hear("{\"op\":\"unsubscribe\",\"topic\":\"http://a/\"}");
    assert_null(asked);
    assert_heard("{\"type\":\"error\",\"topic\":\"http://a/\","
                 "\"reason\":\"unknown-topic\","
                 "\"detail\":\"that topic is not subscribed to here\"}\n");
}

static void a_refusal_is_told_with_its_topic(void **state)
{
    (void)state;
    const struct pull_problem problem = { .status = 403,
                                          .type = "forbidden-topic",
                                          .detail = "not for you" };
    hear("{\"op\":\"subscribe\",\"topic\":\"http://a/\"}");
    settle(&problem);
    assert_heard("{\"type\":\"error\",\"topic\":\"http://a/\","
                 "\"reason\":\"forbidden-topic\","
                 "\"detail\":\"not for you\"}\n");
    hear("{\"op\":\"subscribe\",\"topic\":\"http://b/\"}");
    assert_int_equal(asked->topic_count, 1);
    settle(NULL);
}

static void changes_are_made_one_after_the_other(void **state)
{
    (void)state;
    hear("{\"op\":\"subscribe\",\"topic\":\"http://a/\"}");
    hear("{\"op\":\"subscribe\",\"topic\":\"http://b/\"}");
    hear("{\"op\":\"unsubscribe\",\"topic\":\"http://a/\"}");
    assert_int_equal(asked->topic_count, 1);
    settle(NULL);
    assert_int_equal(asked->topic_count, 2);
    settle(NULL);
    assert_int_equal(asked->topic_count, 1);
    settle(NULL);
    assert_heard("{\"type\":\"subscribed\",\"topic\":\"http://a/\"}\n"
                 "{\"type\":\"subscribed\",\"topic\":\"http://b/\"}\n"
                 "{\"type\":\"unsubscribed\",\"topic\":\"http://a/\"}\n");
    assert_null(asked);
    assert_string_equal(question->topics[0].url, "http://b/");
}

static void what_is_wrong_does_not_hold_up_what_follows(void **state)
{
    (void)state;
    hear("{\"op\":\"subscribe\",\"topic\":\"http://a/\"}");
    hear("{\"op\":\"subscribe\",\"topic\":\"nonsense\"}");
    hear("{\"op\":\"subscribe\",\"topic\":\"http://b/\"}");
    settle(NULL);
    assert_non_null(strstr(heard, "\"topic\":\"nonsense\",\"reason\":"
                                  "\"bad-request\",\"detail\":\""));
    assert_string_equal(asked->topics[1].url, "http://b/");
    settle(NULL);
}

static void there_is_an_end_of_what_may_wait(void **state)
{
    (void)state;
    char text[128];
    for (int i = 0; i < PULL_SOCKET_WAITING_MAX; i++) {
        snprintf(text, sizeof text,
                 "{\"op\":\"unsubscribe\",\"topic\":\"http://a/%d\"}", i);
        if (i == 0)
            hear("{\"op\":\"subscribe\",\"topic\":\"http://a/0\"}");
        else
            hear(text);
    }
    assert_heard("");
    hear("{\"op\":\"subscribe\",\"topic\":\"http://b/\"}");
    assert_non_null(strstr(heard, "\"reason\":\"too-many-ops\""));
    hear("{\"op\":\"ping\"}");
    assert_non_null(strstr(heard, "pong"));
}

static void nonsense_is_told(void **state)
{
    (void)state;
    hear("hello");
    assert_memory_equal(heard,
                        "{\"type\":\"error\",\"reason\":\"bad-request\","
                        "\"detail\":\"not a JSON object: ",
                        60);
}

static void prefixes_do_not_come_and_go(void **state)
{
    (void)state;
    hear("{\"op\":\"subscribe\",\"match\":\"http://a/*\"}");
    assert_null(asked);
    assert_non_null(strstr(heard, "\"match\":\"http://a/*\""));
}

int main(void)
{
#define SOCKET(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        SOCKET(a_ping_is_answered),
        SOCKET(more_is_read_for_who_asks),
        SOCKET(a_topic_is_added_to_those_there_are),
        SOCKET(a_topic_is_taken_away),
        SOCKET(another_spelling_of_a_topic_is_it_too),
        SOCKET(what_is_not_subscribed_cannot_be_taken_away),
        SOCKET(a_refusal_is_told_with_its_topic),
        SOCKET(changes_are_made_one_after_the_other),
        SOCKET(what_is_wrong_does_not_hold_up_what_follows),
        SOCKET(there_is_an_end_of_what_may_wait),
        SOCKET(nonsense_is_told),
        SOCKET(prefixes_do_not_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
