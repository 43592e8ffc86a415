// SPDX-License-Identifier: MIT
//
// Who reads mailboxes, between a fake store and fake connections.

#include "hub/mailbox_read.h"

#include "fakes/fake_loop.h"
#include "fakes/fake_request.h"
#include "fakes/fake_rules.h"
#include "fakes/fake_store.h"
#include "hub/access.h"
#include "hub/ack_id.h"
#include "hub/batch.h"
#include "hub/config.h"
#include "hub/log.h"
#include "hub/metrics.h"
#include "hub/pull_problem.h"
#include "hub/puller.h"
#include "hub/seal.h"
#include "hub/services.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAILBOX = 9,
    OWNER = 4,
    TOPIC = 7,
    PULLERS = 64,
    MINUTE = 60000,
    GRACE = 30000
};

// ------------------------------------------------------------- connections

enum state { FREE, QUEUED, READING, RESTING, OVER };

struct puller {
    enum state state;
    const struct puller_source *source;
    const struct visitor *visitor;
    struct puller_wish wish;
    bool again, stream;
    // As it was told last:
    size_t told; // times
    size_t events;
    uint64_t cursor, claim;
    bool superseded, more;
    enum batch_loss loss;
    char label[16];
    unsigned problem; // status
    void *room;       // gone when he is over
};

static struct puller pullers[PULLERS];

struct puller *puller_new(struct pullers *all, struct request *request,
                          const struct puller_wish *wish,
                          const struct visitor *visitor,
                          const struct puller_source *source, void *from,
                          struct moment now)
{
    struct puller *puller = pullers;
    (void)all, (void)request, (void)from, (void)now;
    while (puller->state != FREE)
        puller++;
    assert_true(puller < pullers + PULLERS);
    *puller = (struct puller){ .state = QUEUED,
                               .source = source,
                               .visitor = visitor_share(visitor),
                               .wish = *wish };
    puller->stream = wish->voice != VOICE_JSON;
    puller->room = calloc(1, source->room);
    return puller;
}

void *puller_from(const struct puller *puller)
{
    assert_int_not_equal(puller->state, OVER);
    return puller->room;
}

const struct visitor *puller_visitor(const struct puller *puller)
{
    return puller->visitor;
}

bool puller_is_stream(const struct puller *puller)
{
    return puller->stream;
}

static void end(struct puller *puller)
{
    puller->source->over(puller);
    puller->state = OVER;
    visitor_drop(puller->visitor);
    free(puller->room);
}

bool puller_claim(struct puller *puller)
{
    if (puller->state != RESTING) {
        puller_wake(puller);
        return false;
    }
    puller->state = READING;
    return true;
}

void puller_wake(struct puller *puller)
{
    assert_int_not_equal(puller->state, OVER);
    if (puller->state == RESTING)
        puller->state = QUEUED;
    else if (puller->state == READING)
        puller->again = true;
}

void puller_tell(struct pullers *all, struct puller *const list[], size_t count,
                 const struct batch *batch, bool last)
{
    struct puller *puller = list[0];
    (void)all;
    assert_int_equal(count, 1);
    assert_int_equal(puller->state, READING);
    puller->told++;
    puller->events = batch->count;
    puller->superseded = batch->superseded;
    puller->more = batch->more;
    puller->loss =
        batch->gap_count > 0 || batch->loss == BATCH_EPOCH ? batch->loss : 0;
    puller->cursor = batch->cursor.number;
    if (batch->count > 0) {
        puller->claim = batch->events[0].claim;
        (void)snprintf(puller->label, sizeof puller->label, "%s",
                       batch->events[0].label ? batch->events[0].label : "");
    }
    if (!puller->stream || last)
        end(puller);
    else
        puller->state = batch->more || puller->again ? QUEUED : RESTING;
}

void puller_rest(struct puller *puller, const struct batch *batch)
{
    assert_int_equal(puller->state, READING);
    assert_true(batch->idle);
    if (puller->again) {
        puller->again = false;
        puller->state = QUEUED;
        return;
    }
    if (!puller->stream && puller->wish.wait_ms == 0)
        puller->source->idle(puller);
    else
        puller->state = RESTING;
}

void puller_refuse(struct puller *puller, const struct pull_problem *problem)
{
    puller->problem = problem->status;
    end(puller);
}

static char said[512];

void puller_say(struct puller *puller, const char *text, size_t len)
{
    assert_int_not_equal(puller->state, OVER);
    (void)snprintf(said, sizeof said, "%.*s", (int)len, text);
}

const char *access_allow_origin(const struct access *access,
                                const struct request *request)
{
    (void)access, (void)request;
    return NULL;
}

bool access_allows_origin(const struct config *config, const char *origin)
{
    (void)config, (void)origin;
    return true;
}

// ---------------------------------------------------------------------- rig

struct rig {
    struct config config;
    struct metrics metrics;
    struct services services;
    struct cursor_key *key;
    struct seal *acks;
    struct mailbox_read *read;
    const struct visitor *mine, *narrow;
    struct store_mailbox mailbox;
    struct store_listen listen;
    size_t ops; // that a socket said
    struct mailbox_seen seen;
    size_t changes;
};

static struct rig rig;

static void on_said(void *context, struct mailbox_ear *ear,
                    const struct visitor *visitor, uint64_t mailbox,
                    const struct pull_op *op)
{
    (void)context, (void)visitor, (void)op;
    assert_int_equal(mailbox, MAILBOX);
    mailbox_ear_say(ear, "heard", 5);
    rig.ops++;
}

static void on_seen(void *context, const struct mailbox_seen *seen)
{
    (void)context;
    rig.seen = *seen;
    rig.changes++;
}

static struct bytes bytes(const char *text)
{
    return (struct bytes){ text, strlen(text) };
}

static const struct visitor *visitor(uint64_t token, const char *scope)
{
    const struct store_token record = {
        .id = token,
        .name = bytes("t"),
        .owner = bytes("me"),
        .rights = STORE_RIGHT_PULL | STORE_RIGHT_MAILBOX | STORE_RIGHT_MATCH,
        .scope = bytes(scope),
    };
    return visitor_of_token(&record);
}

static void run_queued(void)
{
    for (size_t i = 0; i < PULLERS; i++) {
        struct puller *puller = &pullers[i];
        if (puller->state != QUEUED)
            continue;
        puller->state = READING;
        puller->again = false;
        puller->source->read(puller);
    }
}

static int setup(void **state)
{
    static const uint8_t secret[32] = { 5 };
    (void)state;
    memset(pullers, 0, sizeof pullers);
    log_setup(LOG_ERROR, false);
    said[0] = '\0';
    rig = (struct rig){
        .config = { .presence_grace = GRACE },
        .mailbox = { .id = MAILBOX,
                     .owner = OWNER,
                     .name = bytes("a"),
                     .ack = STORE_ACK_CURSOR,
                     .lease = 864000000,
                     .rev = 1,
                     .profile = { .secret = { "", 0 } } },
        .listen = { .sid = 3,
                    .topic = TOPIC,
                    .url = bytes("https://a.example/b"),
                    .normal = bytes("https://a.example/b"),
                    .label = bytes("x") },
    };
    rig.services = (struct services){ .config = &rig.config,
                                      .store = fake_store(),
                                      .loop = fake_loop(),
                                      .metrics = &rig.metrics,
                                      .rules = fake_rules(),
                                      .hub_url = "http://hub.example/" };
    rig.key = cursor_key_new(secret);
    rig.acks = ack_id_seal(secret);
    rig.mine = visitor(1, "*");
    rig.narrow = visitor(2, "https://b.example/*");
    const struct mailbox_read_means means = {
        .services = &rig.services,
        .key = rig.key,
        .acks = rig.acks,
        .said = on_said,
    };
    rig.read = mailbox_read_new(&means);
    mailbox_read_watch(rig.read, on_seen, NULL);
    return rig.read && rig.mine && rig.narrow ? 0 : -1;
}

// Whoever is there yet leaves.
static int teardown(void **state)
{
    (void)state;
    mailbox_read_drain(rig.read);
    for (size_t i = 0; i < PULLERS; i++)
        if (pullers[i].state != FREE && pullers[i].state != OVER)
            end(&pullers[i]);
    while (fake_store_waiting(STORE_COLLECT) > 0) {
        struct store_collect *op = fake_store_take(STORE_COLLECT);
        fake_store_finish(&op->op, STORE_AGAIN);
    }
    while (fake_store_waiting(STORE_TOUCH_MAILBOX) > 0) {
        struct store_op *op = fake_store_take(STORE_TOUCH_MAILBOX);
        fake_store_finish(op, STORE_OK);
    }
    bool idle = mailbox_read_idle(rig.read);
    mailbox_read_free(rig.read);
    visitor_drop(rig.mine);
    visitor_drop(rig.narrow);
    seal_free(rig.acks);
    cursor_key_free(rig.key);
    return idle && fake_store_clean() ? 0 : -1;
}

// -------------------------------------------------------------------- verbs

static struct fake_request request;

static struct puller *newest(void)
{
    struct puller *puller = pullers;
    while (puller < pullers + PULLERS - 1 && puller[1].state != FREE)
        puller++;
    return puller->state == FREE ? NULL : puller;
}

static struct puller *come_as(const struct visitor *who, enum mailbox_part part,
                              const char *query)
{
    struct mailbox_path path = { .part = part, .name = "a" };
    const struct puller *before = newest();
    fake_request_get(&request, "/mailboxes/a/messages", query);
    mailbox_read_begin(rig.read, &request.request, who, &path, loop_now());
    if (fake_store_waiting(STORE_READ_MAILBOX) > 0) {
        struct store_read_mailbox *op = fake_store_take(STORE_READ_MAILBOX);
        op->mailbox = rig.mailbox;
        op->items = fake_store_give(&op->op, &rig.listen, sizeof rig.listen);
        op->count = 1;
        fake_store_finish(&op->op, STORE_OK);
    }
    struct puller *puller = newest();
    return puller == before ? NULL : puller;
}

static struct puller *come(const char *query)
{
    struct puller *puller = come_as(rig.mine, MAILBOX_MESSAGES, query);
    assert_non_null(puller);
    run_queued();
    return puller;
}

static struct store_collect *collect(void)
{
    return fake_store_take(STORE_COLLECT);
}

// Nothing is there up to this number.
static void say_nothing(struct store_collect *op, uint64_t head)
{
    op->mailbox_now = rig.mailbox;
    op->listens = fake_store_give(&op->op, &rig.listen, sizeof rig.listen);
    op->listen_count = 1;
    op->place = op->head = head;
    op->again_at = INT64_MAX;
    fake_store_finish(&op->op, STORE_OK);
    run_queued();
}

static void say_letters(struct store_collect *op, uint64_t number, size_t count,
                        bool more)
{
    struct store_letter letters[8] = { { .sid = 0 } };
    for (size_t i = 0; i < count; i++)
        letters[i] = (struct store_letter){
            .event = { .number = number + i,
                       .topic = TOPIC,
                       .url = bytes("https://a.example/b") },
            .sid = 3,
            .claim = rig.mailbox.ack == STORE_ACK_EXPLICIT ? 100 + i : 0,
        };
    op->items = fake_store_give(&op->op, letters, count * sizeof *letters);
    op->count = count;
    op->more = more;
    op->mailbox_now = rig.mailbox;
    op->listens = fake_store_give(&op->op, &rig.listen, sizeof rig.listen);
    op->listen_count = 1;
    op->place = number + count - 1;
    op->head = number + 10;
    op->again_at = INT64_MAX;
    fake_store_finish(&op->op, STORE_OK);
    run_queued();
}

static void update(uint64_t topic, uint64_t number)
{
    mailbox_read_updated(rig.read, topic, number, "https://a.example/b");
    run_queued();
}

static void step(void)
{
    mailbox_read_step(rig.read, loop_now());
    run_queued();
}

// -------------------------------------------------------------------- tests

static void what_is_there_is_told_at_once(void **state)
{
    struct puller *puller = come("wait=30");
    (void)state;
    say_letters(collect(), 20, 2, true);
    assert_int_equal(puller->state, OVER);
    assert_int_equal(puller->events, 2);
    assert_int_equal(puller->cursor, 21);
    assert_true(puller->more);
    assert_string_equal(puller->label, "x");
}

static void who_waits_is_woken_by_his_topics_alone(void **state)
{
    struct puller *puller = come("wait=30");
    (void)state;
    say_nothing(collect(), 50);
    assert_int_equal(puller->state, RESTING);
    update(TOPIC + 1, 51);
    update(TOPIC, 50); // that was looked at
    assert_int_equal(fake_store_waiting(STORE_COLLECT), 0);
    update(TOPIC, 52);
    say_letters(collect(), 52, 1, false);
    assert_int_equal(puller->events, 1);
}

static void M11_what_comes_while_it_is_read_is_not_lost(void **state)
{
    struct puller *puller = come("wait=30");
    struct store_collect *op = collect();
    (void)state;
    update(TOPIC, 51);
    say_nothing(op, 50);
    say_letters(collect(), 51, 1, false);
    assert_int_equal(puller->events, 1);
}

static void R11_nor_what_comes_of_a_topic_that_was_just_added(void **state)
{
    struct puller *puller = come("wait=30");
    struct store_collect *op = collect();
    (void)state;
    rig.mailbox.rev = 2;
    rig.listen.topic = TOPIC + 1;
    update(TOPIC + 1, 51); // nobody listened to it when this was told
    say_nothing(op, 50);
    op = collect();
    say_nothing(op, 51);
    assert_int_equal(puller->state, RESTING);
    update(TOPIC, 52); // that was the old one
    assert_int_equal(puller->state, RESTING);
    update(TOPIC + 1, 53);
    say_letters(collect(), 53, 1, false);
}

static void R22_the_newer_releases_the_older(void **state)
{
    struct puller *older = come("wait=30");
    (void)state;
    say_nothing(collect(), 50);
    struct puller *newer = come("wait=30");
    assert_int_equal(older->state, OVER);
    assert_true(older->superseded);
    say_nothing(collect(), 50);
    assert_int_equal(newer->state, RESTING);
}

static void R22_also_while_the_older_is_being_read(void **state)
{
    struct puller *older = come("wait=30");
    struct puller *newer = come("wait=30");
    (void)state;
    say_nothing(collect(), 50);
    assert_true(older->superseded);
    say_nothing(collect(), 50);
    assert_int_equal(newer->state, RESTING);
}

static void R22_a_stream_is_told_by_a_problem(void **state)
{
    struct puller *stream = come_as(rig.mine, MAILBOX_SSE, "");
    (void)state;
    run_queued();
    say_nothing(collect(), 50);
    come("wait=30");
    assert_int_equal(stream->problem, 409);
}

static void R23_a_third_is_turned_away(void **state)
{
    (void)state;
    come("wait=30");
    come("wait=30");
    assert_null(come_as(rig.mine, MAILBOX_MESSAGES, "wait=30"));
    assert_int_equal(request.status, 429);
    assert_non_null(strstr(request.body, "too-many-requests-held"));
}

static void explicit_ones_share(void **state)
{
    struct puller *workers[3];
    (void)state;
    rig.mailbox.ack = STORE_ACK_EXPLICIT;
    for (size_t i = 0; i < 3; i++) {
        workers[i] = come("wait=30&limit=1");
        say_nothing(collect(), 50);
    }
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(workers[i]->state, RESTING);
    update(TOPIC, 51);
    // One is woken, and he wakes the next as there is more.
    assert_int_equal(fake_store_waiting(STORE_COLLECT), 1);
    say_letters(collect(), 51, 1, true);
    assert_int_equal(fake_store_waiting(STORE_COLLECT), 1);
    say_nothing(collect(), 51);
    assert_int_equal(workers[0]->claim, 100);
    assert_int_equal(workers[1]->state, RESTING);
    assert_int_equal(workers[2]->state, RESTING);
}

static void a_lease_that_runs_out_wakes(void **state)
{
    struct puller *puller;
    (void)state;
    rig.mailbox.ack = STORE_ACK_EXPLICIT;
    puller = come("wait=30");
    struct store_collect *op = collect();
    op->again_at = loop_now().unix + 5000;
    op->mailbox_now = rig.mailbox;
    op->place = op->head = 50;
    fake_store_finish(&op->op, STORE_OK);
    assert_int_equal(puller->state, RESTING);
    assert_true(mailbox_read_patience(rig.read, loop_now()) <= 5000);
    fake_loop_pass(4999);
    step();
    assert_int_equal(fake_store_waiting(STORE_COLLECT), 0);
    fake_loop_pass(1);
    step();
    say_letters(collect(), 40, 1, false);
    assert_int_equal(puller->events, 1);
}

static void what_was_leased_for_one_who_left_is_given_back(void **state)
{
    struct puller *puller;
    (void)state;
    rig.mailbox.ack = STORE_ACK_EXPLICIT;
    puller = come("wait=30");
    struct store_collect *op = collect();
    end(puller);
    say_letters(op, 51, 2, false);
    struct store_mark_letters *marks = fake_store_take(STORE_MARK_LETTERS);
    assert_int_equal(marks->mailbox, MAILBOX);
    assert_int_equal(marks->count, 2);
    assert_int_equal(marks->items[1].mark, STORE_MARK_NACK);
    assert_int_equal(marks->items[1].number, 52);
    assert_int_equal(marks->items[1].claim, 101);
    fake_store_finish(&marks->op, STORE_OK);
}

static void it_is_kept_alive_while_somebody_is_there(void **state)
{
    (void)state;
    rig.mailbox.inactivity = 45000;
    struct puller *puller = come("wait=270");
    say_nothing(collect(), 50);
    for (int i = 0; i < 3; i++) {
        struct store_touch_mailbox *op = fake_store_take(STORE_TOUCH_MAILBOX);
        assert_int_equal(op->mailbox, MAILBOX);
        assert_false(op->now);
        fake_store_finish(&op->op, STORE_OK);
        fake_loop_pass(15000);
        step();
    }
    fake_store_finish(fake_store_take(STORE_TOUCH_MAILBOX), STORE_OK);
    // From when he leaves it has all of its time.
    end(puller);
    struct store_touch_mailbox *op = fake_store_take(STORE_TOUCH_MAILBOX);
    assert_true(op->now);
    fake_store_finish(&op->op, STORE_OK);
    fake_loop_pass(MINUTE);
    step();
    assert_int_equal(fake_store_waiting_all(), 0);
}

static void a_shorter_time_is_kept_up_with(void **state)
{
    (void)state;
    rig.mailbox.inactivity = 450000;
    struct puller *puller = come("wait=270");
    say_nothing(collect(), 50);
    fake_store_finish(fake_store_take(STORE_TOUCH_MAILBOX), STORE_OK);
    rig.mailbox.inactivity = 45000;
    mailbox_read_changed(rig.read, MAILBOX);
    run_queued();
    say_nothing(collect(), 50);
    fake_loop_pass(15000);
    step();
    fake_store_finish(fake_store_take(STORE_TOUCH_MAILBOX), STORE_OK);
    end(puller);
    fake_store_finish(fake_store_take(STORE_TOUCH_MAILBOX), STORE_OK);
}

static void R27_a_pause_keeps_it_alive(void **state)
{
    (void)state;
    rig.mailbox.inactivity = 45000;
    mailbox_read_pause(rig.read, &rig.mailbox, loop_now().unix + 2 * MINUTE);
    for (int i = 0; i < 8; i++) {
        step();
        fake_store_finish(fake_store_take(STORE_TOUCH_MAILBOX), STORE_OK);
        fake_loop_pass(15000);
    }
    step();
    assert_int_equal(fake_store_waiting_all(), 0);
    assert_int_equal(mailbox_read_patience(rig.read, loop_now()),
                     LOOP_FOR_EVER);
}

static void R46_presence_has_a_grace(void **state)
{
    struct mailbox_seen seen;
    struct puller *puller = come("wait=30");
    (void)state;
    say_nothing(collect(), 50);
    assert_int_equal(rig.changes, 1);
    assert_true(rig.seen.online);
    assert_string_equal(rig.seen.name, "a");
    end(puller);
    fake_loop_pass(GRACE - 1);
    step();
    assert_true(mailbox_read_seen(rig.read, MAILBOX, &seen));
    puller = come("wait=30");
    say_nothing(collect(), 50);
    end(puller);
    fake_loop_pass(GRACE);
    step();
    assert_int_equal(rig.changes, 2);
    assert_false(rig.seen.online);
    assert_false(mailbox_read_seen(rig.read, MAILBOX, &seen));
}

static void who_is_there_when_it_ends_is_told(void **state)
{
    struct puller *rests = come("wait=30");
    (void)state;
    say_nothing(collect(), 50);
    mailbox_read_end(rig.read, MAILBOX, "hub.mode=denied: it is over");
    assert_int_equal(rests->problem, 410);
    struct puller *reads = come("wait=30");
    mailbox_read_end(rig.read, MAILBOX, "hub.mode=denied: it is over");
    assert_int_equal(reads->state, READING);
    struct store_collect *op = collect();
    fake_store_finish(&op->op, STORE_NOT_FOUND);
    assert_int_equal(reads->problem, 410);
}

static void one_that_overflows_ends(void **state)
{
    struct puller *puller = come("wait=30");
    (void)state;
    struct store_collect *op = collect();
    fake_store_finish(&op->op, STORE_CONFLICT);
    assert_int_equal(puller->problem, 410);
    // It is looked up anew, and not there.
    struct mailbox_path path = { .part = MAILBOX_MESSAGES, .name = "a" };
    fake_request_get(&request, "/mailboxes/a/messages", "");
    mailbox_read_begin(rig.read, &request.request, rig.mine, &path, loop_now());
    fake_store_finish(fake_store_take(STORE_READ_MAILBOX), STORE_NOT_FOUND);
    assert_int_equal(request.status, 404);
}

static void cursors_are_of_one_mailbox(void **state)
{
    char text[CURSOR_TEXT], query[64];
    struct cursor cursor = mailbox_read_cursor(rig.read, MAILBOX, false, 40);
    (void)state;
    assert_true(cursor_write(rig.key, &cursor, text));
    (void)snprintf(query, sizeof query, "ack=%s", text);
    come(query);
    struct store_collect *op = collect();
    assert_int_equal(op->ack, 40);
    say_nothing(op, 50);

    const struct cursor foreign[] = {
        mailbox_read_cursor(rig.read, MAILBOX + 1, false, 40),
        mailbox_read_cursor(rig.read, MAILBOX, true, 40),
        { .epoch = cursor.epoch, .number = 40 },
    };
    for (size_t i = 0; i < 3; i++) {
        cursor_write(rig.key, &foreign[i], text);
        (void)snprintf(query, sizeof query, "ack=%s", text);
        assert_null(come_as(rig.mine, MAILBOX_MESSAGES, query));
        assert_int_equal(request.status, 400);
    }
}

static void M17_a_cursor_of_another_history_is_a_gap(void **state)
{
    char text[CURSOR_TEXT], query[64];
    struct cursor cursor = mailbox_read_cursor(rig.read, MAILBOX, false, 40);
    (void)state;
    cursor.epoch++;
    assert_true(cursor_write(rig.key, &cursor, text));
    (void)snprintf(query, sizeof query, "ack=%s&wait=30", text);
    struct puller *puller = come(query);
    struct store_collect *op = collect();
    assert_int_equal(op->ack, 0);
    say_nothing(op, 50);
    assert_int_equal(puller->loss, BATCH_EPOCH);
}

static void a_stream_goes_on_where_it_was_told_to(void **state)
{
    struct puller *stream = come_as(rig.mine, MAILBOX_SSE, "");
    (void)state;
    run_queued();
    say_letters(collect(), 20, 2, false);
    assert_int_equal(stream->state, RESTING);
    update(TOPIC, 60);
    struct store_collect *op = collect();
    assert_int_equal(op->ack, 0);
    assert_int_equal(op->after, 21);
    say_letters(op, 60, 1, false);
    assert_int_equal(stream->told, 2);
}

static void a_narrower_token_does_not_read_it(void **state)
{
    (void)state;
    assert_null(come_as(rig.narrow, MAILBOX_MESSAGES, "wait=30"));
    assert_int_equal(request.status, 403);
    // Also when it is known because another one reads.
    come("wait=30");
    say_nothing(collect(), 50);
    assert_null(come_as(rig.narrow, MAILBOX_MESSAGES, "wait=30"));
    assert_int_equal(request.status, 403);
}

static void nor_what_a_broader_one_has_added(void **state)
{
    (void)state;
    rig.listen.url = rig.listen.normal = bytes("https://b.example/c");
    struct puller *puller = come_as(rig.narrow, MAILBOX_MESSAGES, "wait=30");
    run_queued();
    say_nothing(collect(), 50);
    rig.listen.url = rig.listen.normal = bytes("https://a.example/b");
    rig.mailbox.rev++;
    mailbox_read_changed(rig.read, MAILBOX);
    run_queued();
    say_nothing(collect(), 50);
    assert_int_equal(puller->problem, 403);
}

static void not_all_are_read_for_at_one_time(void **state)
{
    (void)state;
    rig.mailbox.ack = STORE_ACK_EXPLICIT;
    for (int i = 0; i < 40; i++)
        come("wait=30");
    assert_int_equal(fake_store_waiting(STORE_COLLECT), 32);
    for (int i = 0; i < 40; i++)
        say_nothing(collect(), 50);
    assert_int_equal(fake_store_waiting(STORE_COLLECT), 0);
    for (int i = 0; i < 40; i++)
        assert_int_equal(pullers[i].state, RESTING);
}

static void what_a_socket_says_is_passed_on(void **state)
{
    struct puller *puller = come_as(rig.mine, MAILBOX_SSE, "");
    static const char ack[] = "{\"op\":\"ack\",\"cursor\":\"abc\"}";
    static const char ping[] = "{\"op\":\"ping\"}", wrong[] = "{\"op\":\"x\"}";
    (void)state;
    run_queued();
    say_nothing(collect(), 50);
    puller->source->message(puller, ack, sizeof ack - 1);
    assert_int_equal(rig.ops, 1);
    assert_string_equal(said, "heard");
    puller->source->message(puller, ping, sizeof ping - 1);
    assert_string_equal(said, "{\"type\":\"pong\"}");
    puller->source->message(puller, wrong, sizeof wrong - 1);
    assert_non_null(strstr(said, "\"error\""));
    assert_int_equal(rig.ops, 1);
}

// ---------------------------------------------------------------------- rules

// All who are read for by rules are read for again, see pullers_judge().
static void rule(const char *domain)
{
    fake_rule(STORE_RULE_DENY_TOPIC, domain);
    for (size_t i = 0; i < PULLERS; i++)
        if (pullers[i].state != FREE && pullers[i].state != OVER
            && pullers[i].source->ruled)
            puller_wake(&pullers[i]);
    run_queued();
}

static void look(void)
{
    struct store_read_mailbox *op = fake_store_take(STORE_READ_MAILBOX);
    assert_int_equal(op->id, MAILBOX);
    op->mailbox = rig.mailbox;
    op->items = fake_store_give(&op->op, &rig.listen, sizeof rig.listen);
    op->count = 1;
    fake_store_finish(&op->op, STORE_OK);
    run_queued();
}

static void who_is_held_for_what_a_rule_denies_is_told_so(void **state)
{
    struct puller *puller = come("wait=30");
    (void)state;
    say_nothing(collect(), 50);
    rule("a.example");
    // Nothing is taken out for him before that.
    assert_int_equal(fake_store_waiting(STORE_COLLECT), 0);
    look();
    assert_int_equal(puller->state, OVER);
    assert_int_equal(puller->problem, 403);
    assert_int_equal(fake_store_waiting(STORE_COLLECT), 0);
    assert_int_equal(rig.metrics.counts[METRIC_PULLS_DENIED], 1);
}

static void who_comes_to_a_mailbox_with_what_is_denied_is_refused(void **state)
{
    (void)state;
    fake_rule(STORE_RULE_DENY_TOPIC, "a.example");
    struct puller *puller = come("wait=30");
    look();
    assert_int_equal(puller->problem, 403);
    // Without the topic it is open again.
    rig.listen.url = rig.listen.normal = bytes("https://b.example/b");
    rig.mailbox.rev = 2;
    puller = come("wait=30");
    if (fake_store_waiting(STORE_READ_MAILBOX) > 0)
        look();
    say_nothing(collect(), 50);
    assert_int_equal(puller->state, RESTING);
}

static void a_rule_about_others_is_looked_at_once(void **state)
{
    struct puller *puller = come("wait=30");
    (void)state;
    say_nothing(collect(), 50);
    rule("c.example");
    look();
    say_nothing(collect(), 50);
    assert_int_equal(puller->state, RESTING);
    update(TOPIC, 52);
    assert_int_equal(fake_store_waiting(STORE_READ_MAILBOX), 0);
    say_letters(collect(), 52, 1, false);
    assert_int_equal(puller->events, 1);
}

static void what_was_added_before_a_rule_came_is_denied_with_it(void **state)
{
    (void)state;
    fake_rule(STORE_RULE_DENY_TOPIC, "b.example");
    struct puller *puller = come("wait=30");
    look();
    struct store_collect *op = collect();
    rig.mailbox.rev = 2;
    rig.listen.url = rig.listen.normal = bytes("https://b.example/b");
    say_nothing(op, 50);
    assert_int_equal(puller->problem, 403);
}

static void who_leaves_while_the_rules_are_looked_at_is_gone(void **state)
{
    struct puller *puller = come("wait=30");
    (void)state;
    say_nothing(collect(), 50);
    rule("a.example");
    end(puller);
    look();
    assert_int_equal(puller->state, OVER);
    assert_int_equal(fake_store_waiting(STORE_COLLECT), 0);
}

static void a_mailbox_that_ends_meanwhile_has_ended(void **state)
{
    struct puller *puller = come("wait=30");
    (void)state;
    say_nothing(collect(), 50);
    rule("a.example");
    struct store_op *op = fake_store_take(STORE_READ_MAILBOX);
    fake_store_finish(op, STORE_NOT_FOUND);
    op = fake_store_take(STORE_COLLECT);
    fake_store_finish(op, STORE_NOT_FOUND);
    assert_int_equal(puller->problem, 410);
}

static void a_pattern_of_a_denied_host_is_denied_too(void **state)
{
    (void)state;
    rig.listen = (struct store_listen){
        .sid = 3,
        .url = bytes("https://a.example/"),
        .normal = bytes("https://a.example/"),
        .label = bytes(""),
    };
    struct puller *puller = come("wait=30");
    say_nothing(collect(), 50);
    rule("a.example");
    look();
    assert_int_equal(puller->problem, 403);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_is_there_is_told_at_once),
        TEST(who_waits_is_woken_by_his_topics_alone),
        TEST(M11_what_comes_while_it_is_read_is_not_lost),
        TEST(R11_nor_what_comes_of_a_topic_that_was_just_added),
        TEST(R22_the_newer_releases_the_older),
        TEST(R22_also_while_the_older_is_being_read),
        TEST(R22_a_stream_is_told_by_a_problem),
        TEST(R23_a_third_is_turned_away),
        TEST(explicit_ones_share),
        TEST(a_lease_that_runs_out_wakes),
        TEST(what_was_leased_for_one_who_left_is_given_back),
        TEST(it_is_kept_alive_while_somebody_is_there),
        TEST(a_shorter_time_is_kept_up_with),
        TEST(R27_a_pause_keeps_it_alive),
        TEST(R46_presence_has_a_grace),
        TEST(who_is_there_when_it_ends_is_told),
        TEST(one_that_overflows_ends),
        TEST(cursors_are_of_one_mailbox),
        TEST(M17_a_cursor_of_another_history_is_a_gap),
        TEST(a_stream_goes_on_where_it_was_told_to),
        TEST(a_narrower_token_does_not_read_it),
        TEST(nor_what_a_broader_one_has_added),
        TEST(not_all_are_read_for_at_one_time),
        TEST(what_a_socket_says_is_passed_on),
        TEST(who_is_held_for_what_a_rule_denies_is_told_so),
        TEST(who_comes_to_a_mailbox_with_what_is_denied_is_refused),
        TEST(a_rule_about_others_is_looked_at_once),
        TEST(what_was_added_before_a_rule_came_is_denied_with_it),
        TEST(who_leaves_while_the_rules_are_looked_at_is_gone),
        TEST(a_mailbox_that_ends_meanwhile_has_ended),
        TEST(a_pattern_of_a_denied_host_is_denied_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
