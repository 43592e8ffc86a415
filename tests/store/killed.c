// SPDX-License-Identifier: MIT
//
// kill -9 with writes under way: what was acknowledged is there afterwards.

#include "chance.h"
#include "scene.h"

#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define TOPIC "https://example.org/feed"

enum { ROUNDS = 10, LINES_MAX = 600 };

// The most that was acknowledged, of what only grows.
struct told {
    uint64_t subscription, update, dirty;
    unsigned asked;   // requests
    unsigned settled; // of these, that are subscriptions by now
    unsigned lines;
};

static pid_t start(const struct session *s, uint64_t seed, FILE **out)
{
    int ends[2];
    char number[32];
    snprintf(number, sizeof number, "%" PRIu64, seed);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execl(STORE_WRITER, STORE_WRITER, s->url, number, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    *out = fdopen(ends[0], "r");
    assert_non_null(*out);
    return child;
}

static void hear(struct told *told, FILE *out, unsigned lines)
{
    char what;
    uint64_t number;
    while (told->lines < lines
           && fscanf(out, " %c %" SCNu64, &what, &number) == 2) {
        told->lines++;
        if (what == 's' && number > told->subscription)
            told->subscription = number;
        if (what == 'u' && number > told->update)
            told->update = number;
        if (what == 'g' && number > told->dirty)
            told->dirty = number;
        told->asked += what == 'r' && number > 0;
        told->settled += what == 's';
    }
}

// Runs the writer until it has said a random number of things, kills it, and
// hears what else it had said by then.
static void run_and_kill(const struct session *s, struct chance *chance,
                         struct told *told)
{
    FILE *out;
    pid_t child = start(s, chance_next(chance), &out);
    told->lines = 0;
    hear(told, out, 1 + (unsigned)chance_below(chance, LINES_MAX));
    kill(child, SIGKILL);
    hear(told, out, 1000000);
    fclose(out);
    int status = 0;
    assert_true(waitpid(child, &status, 0) == child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGKILL);
}

static void expect_told(struct session *s, const struct told *told)
{
    struct store_topic topic = scene_topic(s, TOPIC);
    assert_true(topic.head >= told->update);
    assert_true(topic.dirty >= told->dirty);
    struct store_numbers numbers = scene_stats(s);
    assert_true(numbers.subscriptions >= told->settled);
    assert_true(numbers.requests + numbers.subscriptions >= told->asked);
    assert_true(numbers.events == topic.head);

    static char body[30000];
    for (uint64_t seq = 1; seq <= topic.head; seq++) {
        struct store_read_body read = {
            .op.verb = STORE_READ_BODY,
            .topic = topic.id,
            .seq = seq,
        };
        session_must(s, &read.op);
        memset(body, (int)('a' + seq % 26), sizeof body);
        assert_int_equal(read.body.len, sizeof body);
        assert_memory_equal(read.body.at, body, sizeof body);
        store_release(&read.op);
    }
}

// Every subscription that is counted can be read, and no id twice.
static void expect_whole(struct session *s, const struct told *told)
{
    struct store_page_subscribers page = {
        .op.verb = STORE_PAGE_SUBSCRIBERS,
        .topic = scene_topic(s, TOPIC).id,
        .max = STORE_BATCH_MAX,
    };
    uint64_t count = 0;
    if (page.topic == 0)
        return;
    do {
        session_must(s, &page.op);
        for (size_t i = 0; i < page.count; i++, count++) {
            assert_true(page.items[i].id > page.after);
            page.after = page.items[i].id;
        }
        store_release(&page.op);
    } while (!page.end);
    assert_true(page.after >= told->subscription);
    assert_true(scene_stats(s).subscriptions == count);
    assert_true(scene_topic(s, TOPIC).subscriptions == count);
}

static void everything_acknowledged_survives_a_kill(void **state)
{
    struct session *s = *state;
    struct chance chance = chance_from(chance_seed());
    const char *given = getenv("STORE_KILL_ROUNDS");
    long rounds = given ? strtol(given, NULL, 0) : ROUNDS;
    struct told told = { .lines = 0 };
    for (long i = 0; i < rounds; i++) {
        run_and_kill(s, &chance, &told);
        session_open(s);
        expect_told(s, &told);
        expect_whole(s, &told);
        session_close(s);
    }
    assert_true(told.update > 0 && told.settled > 0);
}

static int set_up_closed(void **state)
{
    *state = session_new(false);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(everything_acknowledged_survives_a_kill,
                                        set_up_closed, session_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
