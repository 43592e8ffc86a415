// SPDX-License-Identifier: MIT
//
// Table C over kill -9: a process that reads mailboxes dies again and again.

#include "chance.h"
#include "postbox.h"

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

enum { ROUNDS = 15, LINES_MAX = 150, EVENTS_MAX = 20000 };

// What the readers have said of each event, by number.
struct told {
    unsigned none[EVENTS_MAX], cursor[EVENTS_MAX], leased[EVENTS_MAX];
    bool acknowledged[EVENTS_MAX];
    bool again; // told after it was acknowledged
    unsigned lines;
};

// ---------------------------------------------------------------- the child

// One write to a pipe is whole or absent, whenever the kill comes.
static void tell(int pipe_end, char what, uint64_t number)
{
    char line[32];
    int len = snprintf(line, sizeof line, "%c %" PRIu64 "\n", what, number);
    if (write(pipe_end, line, (size_t)len) != len)
        _exit(2);
}

static uint64_t read_box(struct session *s, int out, char what,
                         struct store_collect collect)
{
    if (session_run(s, &collect.op) != STORE_OK)
        _exit(3);
    for (size_t i = 0; i < collect.count; i++)
        tell(out, what, collect.items[i].event.number);
    store_release(&collect.op);
    return collect.place;
}

static void work(struct session *s, int out, uint64_t box)
{
    struct store_collect collect = postbox_reads(box, 0);
    if (session_run(s, &collect.op) != STORE_OK)
        _exit(3);
    for (size_t i = 0; i < collect.count; i++) {
        struct store_letter letter = collect.items[i];
        tell(out, 'e', letter.event.number);
        if (postbox_mark(s, box, STORE_MARK_ACK, &letter, 0) == STORE_OK)
            tell(out, 'a', letter.event.number);
    }
    store_release(&collect.op);
}

static void live(struct session *s, int out)
{
    uint64_t none = postbox_make(s, "none", STORE_ACK_NONE);
    uint64_t cursor = postbox_make(s, "cursor", STORE_ACK_CURSOR);
    uint64_t explicit = postbox_make(s, "explicit", STORE_ACK_EXPLICIT);
    uint64_t place = 0;
    // What those before had leased.
    session_advance(s, HOUR);
    for (;;) {
        struct store_topic topic = scene_topic(s, TOPIC);
        struct store_publish publish = {
            .op.verb = STORE_PUBLISH,
            .topic = topic.id,
            .expected_head = topic.head,
            .verdict = STORE_FETCH_UPDATE,
            .kind = STORE_UPDATE_WHOLE,
            .whole.inlined = scene_bytes("body"),
        };
        if (session_run(s, &publish.op) != STORE_OK)
            _exit(4);
        read_box(s, out, 'n', postbox_reads(none, 0));
        place = read_box(s, out, 'c', postbox_reads(cursor, place));
        work(s, out, explicit);
    }
}

// --------------------------------------------------------------- the parent

static void hear(struct told *told, FILE *out, unsigned lines)
{
    char what;
    uint64_t number;
    while (told->lines < lines
           && fscanf(out, " %c %" SCNu64, &what, &number) == 2) {
        assert_true(number < EVENTS_MAX);
        told->lines++;
        told->none[number] += what == 'n';
        told->cursor[number] += what == 'c';
        told->leased[number] += what == 'e';
        if (what == 'e' && told->acknowledged[number])
            told->again = true;
        if (what == 'a')
            told->acknowledged[number] = true;
    }
}

static void run_and_kill(struct session *s, struct chance *chance,
                         struct told *told)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        session_open(s);
        live(s, ends[1]);
    }
    close(ends[1]);
    FILE *out = fdopen(ends[0], "r");
    assert_non_null(out);
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

static void prepare(struct session *s)
{
    session_open(s);
    static const enum store_ack acks[] = {
        STORE_ACK_NONE,
        STORE_ACK_CURSOR,
        STORE_ACK_EXPLICIT,
    };
    static const char *const names[] = { "none", "cursor", "explicit" };
    for (int i = 0; i < 3; i++) {
        uint64_t box = postbox_make(s, names[i], acks[i]);
        postbox_listen(s, box, postbox_topic(TOPIC));
    }
    session_close(s);
}

// What nobody has had by now is still there.
static void expect_rest(struct session *s, struct told *told, uint64_t events)
{
    session_advance(s, 100 * (int64_t)HOUR);
    struct store_collect collect =
        postbox_reads(postbox_make(s, "cursor", STORE_ACK_CURSOR), 0);
    collect.limit = STORE_BATCH_MAX;
    session_must(s, &collect.op);
    for (size_t i = 0; i < collect.count; i++)
        told->cursor[collect.items[i].event.number]++;
    store_release(&collect.op);
    uint64_t box = postbox_make(s, "explicit", STORE_ACK_EXPLICIT);
    bool more = true;
    while (more) {
        collect = postbox_reads(box, 0);
        session_must(s, &collect.op);
        more = collect.count > 0;
        for (size_t i = 0; i < collect.count; i++) {
            struct store_letter letter = collect.items[i];
            assert_false(told->acknowledged[letter.event.number]);
            told->leased[letter.event.number]++;
            assert_int_equal(postbox_mark(s, box, STORE_MARK_ACK, &letter, 0),
                             STORE_OK);
        }
        store_release(&collect.op);
    }
    for (uint64_t number = 1; number <= events; number++) {
        assert_true(told->none[number] <= 1);
        assert_true(told->cursor[number] >= 1);
        assert_true(told->leased[number] >= 1);
    }
}

static void C_guarantees_hold_over_kills(void **state)
{
    struct session *s = *state;
    struct chance chance = chance_from(chance_seed());
    const char *given = getenv("STORE_KILL_ROUNDS");
    long rounds = given ? strtol(given, NULL, 0) : ROUNDS;
    static struct told told;
    prepare(s);
    for (long i = 0; i < rounds; i++)
        run_and_kill(s, &chance, &told);
    assert_false(told.again);
    session_open(s);
    uint64_t events = scene_stats(s).events;
    assert_true(events > 0 && events < EVENTS_MAX);
    expect_rest(s, &told, events);
}

static int set_up_closed(void **state)
{
    *state = session_new(false);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(C_guarantees_hold_over_kills,
                                        set_up_closed, session_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
