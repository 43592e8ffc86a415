// SPDX-License-Identifier: MIT
//
// Random operations on mailboxes, and on plain arrays that say what must come
// of each.

#include "chance.h"
#include "postbox.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    TOPICS = 4,
    BOXES = 7,
    EVENTS_MAX = 20000,
    SEQS_MAX = 8000,
    DEAD_AFTER = 3,
    KEEP = 6, // bodies of a topic that retention leaves
    FEW = 5,  // may wait in a mailbox that passes over the oldest
};

enum { ROUNDS = 20000 };

struct letter {
    bool done;
    uint64_t claim;
    int64_t until;
    uint32_t deliveries;
};

struct box {
    uint64_t id;
    enum store_ack ack;
    bool unordered, prefix, few;
    uint32_t max_deliver;
    bool listens[TOPICS];
    uint64_t done[TOPICS];                   // seq
    uint64_t place;                          // told last
    uint64_t dead;                           // letters
    struct letter letters[TOPICS][SEQS_MAX]; // EXPLICIT
};

struct topic {
    char url[48];
    uint64_t id, head, removed;
    uint64_t numbers[SEQS_MAX]; // by seq
};

struct world {
    struct session *session;
    struct chance chance;
    struct topic topics[TOPICS];
    uint64_t events;
    struct {
        int topic;
        uint64_t seq;
    } log[EVENTS_MAX]; // by number
    struct box boxes[BOXES];
    uint64_t told, lost;
};

static uint64_t below(struct world *world, uint64_t limit)
{
    return chance_below(&world->chance, limit);
}

// ------------------------------------------------------------------ moves

static void publish(struct world *world)
{
    int t = (int)below(world, TOPICS);
    struct topic *topic = &world->topics[t];
    char body[32];
    snprintf(body, sizeof body, "%d-%" PRIu64, t, topic->head + 1);
    struct store_publish publish = {
        .op.verb = STORE_PUBLISH,
        .topic = topic->id,
        .expected_head = topic->head,
        .verdict = STORE_FETCH_UPDATE,
        .kind = STORE_UPDATE_WHOLE,
        .content_type = scene_bytes("text/plain"),
        .whole.inlined = scene_bytes(body),
    };
    session_must(world->session, &publish.op);
    assert_true(publish.seq == ++topic->head);
    assert_true(publish.number == ++world->events);
    topic->numbers[topic->head] = publish.number;
    world->log[publish.number].topic = t;
    world->log[publish.number].seq = topic->head;
}

static struct topic *topic_of(struct world *world, uint64_t id)
{
    int t = 0;
    while (world->topics[t].id != id)
        t++;
    return &world->topics[t];
}

static void trim_one(struct world *world, const struct store_claimed *claimed)
{
    struct topic *topic = topic_of(world, claimed->topic.id);
    struct store_trim trim = {
        .op.verb = STORE_TRIM,
        .topic = topic->id,
        .token = claimed->token,
        .keep_ms = 1000 * (int64_t)DAY,
        .keep_updates = KEEP,
        .keep_bytes = 1000000,
    };
    session_must(world->session, &trim.op);
    topic->removed += trim.removed;
    assert_true(topic->head <= KEEP || topic->removed == topic->head - KEEP);
}

static void trim(struct world *world)
{
    struct store_claim claim = {
        .op.verb = STORE_CLAIM,
        .kind = STORE_DUE_TRIM,
        .max = TOPICS,
        .hold_ms = HOLD,
    };
    session_must(world->session, &claim.op);
    if (claim.count == 0 && claim.next_due != INT64_MAX) {
        int64_t now = session_now(world->session);
        session_advance(world->session, claim.next_due - now);
    }
    for (size_t i = 0; i < claim.count; i++)
        trim_one(world, &claim.items[i]);
    store_release(&claim.op);
}

// The last seq of a topic up to a number.
static uint64_t seq_at(const struct topic *topic, uint64_t number)
{
    uint64_t seq = topic->head;
    while (seq > 0 && topic->numbers[seq] > number)
        seq--;
    return seq;
}

static void move(struct world *world, struct box *box, uint64_t number)
{
    for (int t = 0; t < TOPICS; t++) {
        uint64_t seq = seq_at(&world->topics[t], number);
        if (box->listens[t] && box->done[t] < seq)
            box->done[t] = seq;
    }
}

static void relisten(struct world *world)
{
    struct box *box = &world->boxes[below(world, BOXES)];
    int t = (int)below(world, TOPICS);
    struct store_listen_op op = {
        .op.verb = STORE_LISTEN,
        .mailbox = box->id,
        .listen = postbox_topic(world->topics[t].url),
        .since = STORE_SINCE_LATEST,
    };
    if (box->prefix || box->ack == STORE_ACK_EXPLICIT)
        return;
    if (!box->listens[t]) {
        session_must(world->session, &op.op);
        box->listens[t] = true;
        box->done[t] = world->topics[t].head;
        store_release(&op.op);
        return;
    }
    assert_int_equal(session_run(world->session, &op.op), STORE_DUPLICATE);
    store_release(&op.op);
    op.sid = op.listen.sid;
    op.remove = true;
    session_must(world->session, &op.op);
    box->listens[t] = false;
}

static void seek(struct world *world)
{
    struct box *box = &world->boxes[below(world, BOXES)];
    uint64_t back = below(world, 30);
    if (box->prefix)
        return;
    struct store_seek op = {
        .op.verb = STORE_SEEK,
        .mailbox = box->id,
        .since = STORE_SINCE_NUMBER,
        .value = back < world->events ? world->events - back : 0,
    };
    session_must(world->session, &op.op);
    assert_true(op.place == op.value);
    box->place = 0;
    memset(box->letters, 0, sizeof box->letters);
    for (int t = 0; t < TOPICS; t++)
        box->done[t] = seq_at(&world->topics[t], op.value);
}

// ---------------------------------------------------------------- comparing

static void expect_letter(const struct world *world, const struct box *box,
                          const struct store_letter *letter, uint64_t number)
{
    char body[32];
    int t = world->log[number].topic;
    snprintf(body, sizeof body, "%d-%" PRIu64, t, world->log[number].seq);
    assert_true(letter->event.number == number);
    assert_true(letter->event.seq == world->log[number].seq);
    assert_true(letter->event.topic == world->topics[t].id);
    assert_true(scene_same(letter->event.body, body));
    assert_true(letter->sid != 0);
    assert_true((letter->claim != 0) == (box->ack == STORE_ACK_EXPLICIT));
}

// From which number on a mailbox that passes over the oldest has something.
static uint64_t cut_of(const struct world *world, const struct box *box)
{
    uint64_t count = 0, number = world->events;
    for (; box->few && number > 0; number--) {
        int t = world->log[number].topic;
        uint64_t seq = world->log[number].seq;
        if (!box->listens[t] || seq <= box->done[t]
            || seq <= world->topics[t].removed)
            continue;
        if (++count > FEW)
            return number;
    }
    return 0;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

// What was lost of it on the way to `place`.
static uint64_t lost_of(const struct world *world, const struct box *box, int t,
                        uint64_t cut, bool told, uint64_t place)
{
    const struct topic *topic = &world->topics[t];
    uint64_t to = larger(topic->removed, cut ? seq_at(topic, cut) : 0);
    uint64_t at = seq_at(topic, place);
    if (!told && at < to)
        to = at;
    return box->listens[t] && to > box->done[t] ? to - box->done[t] : 0;
}

static void in_order(struct world *world, struct box *box)
{
    struct store_collect collect = postbox_reads(box->id, 0);
    collect.limit = 1 + below(world, 12);
    if (box->ack == STORE_ACK_CURSOR && below(world, 3) > 0)
        collect.ack = box->place;
    move(world, box, box->ack == STORE_ACK_CURSOR ? collect.ack : 0);
    uint64_t cut = cut_of(world, box);
    session_must(world->session, &collect.op);
    size_t count = 0;
    bool more = false, told[TOPICS] = { false };
    for (uint64_t number = 1; number <= world->events && !more; number++) {
        int t = world->log[number].topic;
        uint64_t seq = world->log[number].seq;
        if (!box->listens[t] || seq <= box->done[t] || number <= cut
            || seq <= world->topics[t].removed)
            continue;
        more = count == collect.limit;
        if (more)
            break;
        assert_true(count < collect.count);
        expect_letter(world, box, &collect.items[count++], number);
        told[t] = true;
    }
    assert_int_equal(collect.count, count);
    assert_int_equal(collect.more, more);
    uint64_t lost = 0;
    for (int t = 0; t < TOPICS; t++)
        lost += lost_of(world, box, t, cut, told[t], collect.place);
    assert_int_equal(postbox_lost(&collect), lost);
    world->told += count;
    world->lost += lost;
    if (box->ack == STORE_ACK_NONE)
        move(world, box, collect.place);
    box->place = collect.place;
    store_release(&collect.op);
}

// ----------------------------------------------------------------- explicit

static void by_one(struct world *world, struct box *box)
{
    struct store_collect collect = postbox_reads(box->id, 0);
    int64_t now = session_now(world->session);
    collect.limit = 1 + below(world, 4);
    session_must(world->session, &collect.op);
    size_t count = 0;
    bool waits[TOPICS] = { false }, blocked[TOPICS] = { false };
    for (uint64_t number = 1; number <= world->events; number++) {
        int t = world->log[number].topic;
        uint64_t seq = world->log[number].seq;
        struct letter *letter = &box->letters[t][seq];
        if (!box->listens[t] || seq <= box->done[t] || blocked[t]
            || seq <= world->topics[t].removed)
            continue;
        bool dead = !letter->done && letter->until <= now
                    && letter->deliveries > 0 && box->max_deliver != 0
                    && letter->deliveries >= box->max_deliver;
        box->dead += dead;
        letter->done |= dead;
        if (letter->done && !waits[t])
            box->done[t] = seq;
        if (letter->done)
            continue;
        waits[t] = true;
        blocked[t] = !box->unordered;
        if (letter->until > now)
            continue;
        if (count == collect.limit)
            break;
        assert_true(count < collect.count);
        const struct store_letter *got = &collect.items[count++];
        expect_letter(world, box, got, number);
        letter->deliveries++;
        assert_int_equal(got->deliveries, letter->deliveries);
        assert_true(got->claim != letter->claim);
        letter->claim = got->claim;
        letter->until = now + MINUTE;
    }
    assert_int_equal(collect.count, count);
    world->told += count;
    store_release(&collect.op);
}

static void mark(struct world *world, struct box *box)
{
    uint64_t number = 1 + below(world, world->events);
    if (world->events > 40)
        number = world->events - below(world, 40);
    int t = world->log[number].topic;
    uint64_t seq = world->log[number].seq;
    struct letter *letter = &box->letters[t][seq];
    if (letter->claim == 0 || !box->listens[t])
        return;
    struct store_letter name = {
        .event.number = number,
        .claim = letter->claim + (below(world, 10) == 0),
    };
    enum store_mark what = STORE_MARK_ACK + (enum store_mark)below(world, 3);
    bool gone = seq <= world->topics[t].removed;
    bool past = seq <= box->done[t];
    bool good = name.claim == letter->claim && !letter->done;
    enum store_status result =
        postbox_mark(world->session, box->id, what, &name, 10 * SECOND);
    // What nobody can get any more may be forgotten, or not yet.
    if (gone || past)
        return;
    if (letter->done) {
        assert_int_equal(result,
                         what == STORE_MARK_ACK && name.claim == letter->claim
                             ? STORE_OK
                             : STORE_STALE);
        return;
    }
    assert_int_equal(result, good ? STORE_OK : STORE_STALE);
    if (!good)
        return;
    if (what == STORE_MARK_ACK) {
        letter->done = true;
        return;
    }
    letter->until = session_now(world->session) + 10 * SECOND;
    if (what == STORE_MARK_NACK)
        letter->claim = 0;
}

static void count_the_dead(struct world *world, const struct box *box)
{
    struct store_collect collect = postbox_reads(box->id, 0);
    collect.dead = true;
    collect.limit = STORE_BATCH_MAX;
    session_must(world->session, &collect.op);
    assert_int_equal(collect.count, box->dead < 1000 ? box->dead : 1000);
    store_release(&collect.op);
}

// --------------------------------------------------------------------- all

static void make_box(struct world *world, int which)
{
    static const enum store_ack acks[BOXES] = {
        STORE_ACK_NONE,     STORE_ACK_CURSOR,   STORE_ACK_CURSOR,
        STORE_ACK_EXPLICIT, STORE_ACK_EXPLICIT, STORE_ACK_CURSOR,
        STORE_ACK_EXPLICIT,
    };
    struct box *box = &world->boxes[which];
    char name[16];
    snprintf(name, sizeof name, "%d", which);
    box->ack = acks[which];
    box->prefix = which == 2 || which == 6;
    box->unordered = which == 4;
    box->max_deliver = which >= 4 ? DEAD_AFTER : 0;
    box->few = which == 5;
    struct store_put_mailbox put = postbox_asks(name, box->ack);
    put.mailbox.unordered = box->unordered;
    put.mailbox.max_deliver = box->max_deliver;
    put.mailbox.lease = 100000 * (int64_t)DAY;
    if (box->few) {
        put.mailbox.overflow = STORE_OVERFLOW_OLDEST;
        put.mailbox.max_pending = FEW;
    }
    box->id = postbox_put(world->session, &put);
    for (int t = 0; t < TOPICS; t++) {
        box->listens[t] = true;
        if (!box->prefix)
            postbox_listen(world->session, box->id,
                           postbox_topic(world->topics[t].url));
    }
    if (box->prefix)
        postbox_listen(world->session, box->id, postbox_prefix("https:"));
}

static void make_world(struct world *world)
{
    for (int t = 0; t < TOPICS; t++) {
        struct topic *topic = &world->topics[t];
        snprintf(topic->url, sizeof topic->url, "https://example.org/%d", t);
        topic->id = scene_follow(world->session, topic->url, true,
                                 100000 * (int64_t)DAY)
                        .topic;
    }
    for (int i = 0; i < BOXES; i++)
        make_box(world, i);
}

static void make_move(struct world *world)
{
    struct box *box = &world->boxes[below(world, BOXES)];
    uint64_t draw = below(world, 100);
    if (draw < 35 || world->events == 0)
        publish(world);
    else if (draw < 40)
        trim(world);
    else if (draw < 42)
        relisten(world);
    else if (draw < 43)
        seek(world);
    else if (draw < 44)
        session_reopen(world->session);
    else if (draw < 50)
        session_advance(world->session, 20 * SECOND);
    else if (box->ack != STORE_ACK_EXPLICIT)
        in_order(world, box);
    else if (draw < 75)
        by_one(world, box);
    else
        mark(world, box);
}

static void mailboxes_do_what_the_model_says(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world->session = *state;
    world->chance = chance_from(chance_seed());
    make_world(world);
    for (int i = 0; i < ROUNDS; i++)
        make_move(world);
    for (int i = 0; i < BOXES; i++)
        if (world->boxes[i].max_deliver != 0)
            count_the_dead(world, &world->boxes[i]);
    printf("%" PRIu64 " events, told %" PRIu64 " times, %" PRIu64
           " times lost\n",
           world->events, world->told, world->lost);
    assert_true(world->told > world->events);
    free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(mailboxes_do_what_the_model_says,
                                        session_setup_cheap, session_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
