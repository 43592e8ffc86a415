// SPDX-License-Identifier: MIT
//
// The same story on a store that answers and on one whose answers are late,
// out of order or lost: both must end alike, if the caller repeats.

#include "chance.h"
#include "scene.h"
#include "unreliable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CALLBACKS = 30, UPDATES = 5, LOST_PERCENT = 30 };

static const char *const TOPICS[] = {
    "https://example.org/quick",
    "https://example.org/slow",
};

static void name_callback(char out[64], int who)
{
    snprintf(out, 64, "https://callback.example/%02d", who);
}

static int number_of(struct bytes callback)
{
    assert_true(callback.len > 2);
    return (callback.at[callback.len - 2] - '0') * 10
           + callback.at[callback.len - 1] - '0';
}

// Many at once, each repeated until its answer is known.
static void take_all(struct session *s, enum store_mode mode, int step)
{
    static struct store_take takes[2 * CALLBACKS];
    static char callbacks[CALLBACKS][64];
    size_t count = 0;
    for (int who = 0; who < CALLBACKS; who += step) {
        name_callback(callbacks[who], who);
        for (int t = 0; t < 2; t++)
            takes[count++] = scene_asks(mode, TOPICS[t], callbacks[who]);
    }
    for (size_t i = 0; i < count; i++)
        takes[i].op.status = STORE_UNKNOWN;
    for (size_t left = count; left > 0;) {
        for (size_t i = 0; i < count; i++)
            if (takes[i].op.status == STORE_UNKNOWN)
                session_submit(s, &takes[i].op);
        session_wait(s);
        left = 0;
        for (size_t i = 0; i < count; i++)
            left += takes[i].op.status == STORE_UNKNOWN;
    }
    for (size_t i = 0; i < count; i++)
        assert_int_equal(takes[i].op.status, STORE_OK);
}

// Every seventh fails, every fifth succeeds only the second time.
static enum store_verification judge(const struct store_request *request)
{
    int who = number_of(request->callback);
    if (request->mode == STORE_SUBSCRIBE && who % 7 == 3)
        return STORE_VERIFY_FAILED;
    return who % 5 == 2 && request->tries == 0 ? STORE_VERIFY_LATER
                                               : STORE_VERIFIED;
}

static void verify_some(struct session *s, enum store_due_kind kind)
{
    struct store_claim claim = {
        .op.verb = STORE_CLAIM,
        .kind = kind,
        .max = 7,
        .hold_ms = HOLD,
    };
    session_must(s, &claim.op);
    for (size_t k = 0; k < claim.count; k++) {
        struct store_settle settle = {
            .op.verb = STORE_SETTLE,
            .request = claim.items[k].request.id,
            .token = claim.items[k].token,
            .verdict = judge(&claim.items[k].request),
            .sent_at = session_now(s),
            .lease = LEASE,
            .due = session_now(s) + SECOND,
        };
        session_run(s, &settle.op);
    }
    store_release(&claim.op);
}

static void verify_all(struct session *s)
{
    for (int i = 0; scene_stats(s).requests > 0; i++) {
        assert_true(i < 1000);
        verify_some(s, STORE_DUE_VERIFY);
        verify_some(s, STORE_DUE_RENEW);
        // What was claimed in an answer that was lost comes back.
        session_advance(s, HOLD / 3);
    }
}

static enum store_outcome_kind nothing_arrives(uint64_t subscription)
{
    (void)subscription;
    return STORE_OWED;
}

static void update_all(struct session *s)
{
    for (unsigned i = 0; i < UPDATES; i++) {
        for (int t = 0; t < 2; t++) {
            char body[32];
            snprintf(body, sizeof body, "update %u of %d", i, t);
            struct store_publish publish = scene_update(s, TOPICS[t], body);
            assert_int_equal(publish.seq, i + 1);
            scene_walk_all(s, publish.topic, t ? nothing_arrives : NULL);
        }
    }
}

// To every third callback nothing ever arrives; every fourth is told to wait
// for its origin when it is due by itself.
static void deliver(struct session *s, const struct store_claimed *item)
{
    const struct store_subscriber *one = &item->subscriber;
    int who = number_of(one->callback);
    bool waits = who % 4 == 2 && !one->waits;
    struct store_outcome outcome = {
        .kind = who % 3 != 1 && !waits ? STORE_DELIVERED : STORE_OWED,
        .topic = one->topic,
        .subscription = one->id,
        .rev = one->rev,
        .token = item->token,
        .upto = UPDATES,
        .next = one->next,
        .attempts = one->attempts + 1,
        .step = one->step + 1,
        .due = waits ? session_now(s) : 0,
        .waits = waits,
        .tried = !waits,
        .status = 503,
    };
    struct store_record record = {
        .op.verb = STORE_RECORD,
        .outcomes = &outcome,
        .count = 1,
    };
    session_must(s, &record.op);
}

static void serve_lane(struct session *s, const struct store_claimed *lane)
{
    struct store_claim_lane claim = {
        .op.verb = STORE_CLAIM_LANE,
        .origin = lane->lane.origin,
        .max = 3,
        .hold_ms = HOLD,
    };
    session_must(s, &claim.op);
    for (size_t i = 0; i < claim.count; i++)
        deliver(s, &claim.items[i]);
    store_release(&claim.op);
    struct store_keep_lane keep = {
        .op.verb = STORE_KEEP_LANE,
        .lane = lane->lane,
        .token = lane->token,
    };
    keep.lane.due = session_now(s) + SECOND;
    enum store_status status = session_run(s, &keep.op);
    assert_true(status == STORE_OK || s->faults);
}

static bool serve_lanes(struct session *s)
{
    struct store_claim claim = {
        .op.verb = STORE_CLAIM,
        .kind = STORE_DUE_LANE,
        .max = 2,
        .hold_ms = HOLD,
    };
    session_must(s, &claim.op);
    for (size_t i = 0; i < claim.count; i++)
        serve_lane(s, &claim.items[i]);
    bool again = claim.count > 0 || claim.next_due != INT64_MAX;
    store_release(&claim.op);
    return again;
}

static bool retry_some(struct session *s)
{
    struct store_claim claim = {
        .op.verb = STORE_CLAIM,
        .kind = STORE_DUE_DELIVER,
        .max = 9,
        .hold_ms = HOLD,
    };
    session_must(s, &claim.op);
    for (size_t i = 0; i < claim.count; i++)
        deliver(s, &claim.items[i]);
    bool again = claim.count > 0 || claim.next_due != INT64_MAX;
    store_release(&claim.op);
    return serve_lanes(s) || again;
}

static void retry_all(struct session *s)
{
    // Twice as long as a claim lasts, for claims whose answer was lost.
    for (int quiet = 0, i = 0; quiet < 8; i++) {
        assert_true(i < 1000);
        quiet = retry_some(s) ? 0 : quiet + 1;
        session_advance(s, HOLD / 3);
    }
}

// Every sixth of the topic to which nothing has arrived.
static void pause_some(struct session *s, bool paused)
{
    struct store_page_subscribers page = {
        .op.verb = STORE_PAGE_SUBSCRIBERS,
        .topic = scene_topic(s, TOPICS[1]).id,
        .max = CALLBACKS,
    };
    session_must(s, &page.op);
    for (size_t i = 0; i < page.count; i++) {
        struct scene_name name = { page.items[i].topic, page.items[i].id };
        struct store_pause pause = scene_pause_one(name, paused);
        if (number_of(page.items[i].callback) % 6 != 2)
            continue;
        enum store_status status = session_run(s, &pause.op);
        assert_true(status == STORE_OK
                    || (status == STORE_DUPLICATE && s->faults));
    }
    store_release(&page.op);
    struct store_pause origin = scene_pause_origin(scene_origin(), paused);
    if (!paused)
        session_run(s, &origin.op);
}

static void resend_all(struct session *s)
{
    struct store_resend resend = {
        .op.verb = STORE_RESEND,
        .topic = scene_topic(s, TOPICS[0]).id,
        .max = 5,
    };
    do
        session_must(s, &resend.op);
    while (!resend.end);
}

// The hub ends some, and tells each of them at the second try.
static void remove_some(struct session *s)
{
    struct store_key origin = scene_key("https://callback.example:443");
    struct store_page_subscribers page = {
        .op.verb = STORE_PAGE_SUBSCRIBERS,
        .origin = &origin,
        .max = 2 * CALLBACKS,
    };
    session_must(s, &page.op);
    for (size_t i = 0; i < page.count; i++) {
        struct store_remove remove = {
            .op.verb = STORE_REMOVE,
            .topic = page.items[i].topic,
            .subscription = page.items[i].id,
            .reason = STORE_DENIAL_OPERATOR,
        };
        if (number_of(page.items[i].callback) % 5 == 1)
            session_run(s, &remove.op);
    }
    store_release(&page.op);
}

static void tell_some(struct session *s)
{
    struct store_claim claim = scene_claim_denials(s);
    for (size_t i = 0; i < claim.count; i++) {
        const struct store_denial *denial = &claim.items[i].denial;
        assert_int_equal(denial->reason, STORE_DENIAL_OPERATOR);
        assert_true(denial->tries <= 1);
        struct store_tell tell = {
            .op.verb = STORE_TELL,
            .denial = denial->id,
            .token = claim.items[i].token,
            .over = denial->tries == 1,
            .due = session_now(s) + SECOND,
        };
        session_run(s, &tell.op);
    }
    store_release(&claim.op);
}

static void tell_all(struct session *s)
{
    for (int i = 0; scene_stats(s).denials > 0; i++) {
        assert_true(i < 1000);
        tell_some(s);
        session_advance(s, HOLD / 3);
    }
}

static void run_story(struct session *s)
{
    take_all(s, STORE_SUBSCRIBE, 1);
    verify_all(s);
    update_all(s);
    pause_some(s, true);
    retry_all(s);
    pause_some(s, false);
    retry_all(s);
    resend_all(s);
    retry_all(s);
    take_all(s, STORE_UNSUBSCRIBE, 4);
    verify_all(s);
    remove_some(s);
    tell_all(s);
}

// What must be equal at the end, as text in the order of callbacks.
static void describe(struct session *s, int t, char *out, size_t size)
{
    static char lines[CALLBACKS][64];
    memset(lines, 0, sizeof lines);
    struct store_topic topic = scene_topic(s, TOPICS[t]);
    struct store_page_subscribers page = {
        .op.verb = STORE_PAGE_SUBSCRIBERS,
        .topic = topic.id,
        .max = CALLBACKS + 1,
    };
    session_must(s, &page.op);
    for (size_t i = 0; i < page.count; i++) {
        const struct store_subscriber *one = &page.items[i];
        int who = number_of(one->callback);
        assert_true(who < CALLBACKS && lines[who][0] == '\0');
        snprintf(lines[who], sizeof lines[who],
                 "%d: lags %d from %u due %d waits %d paused %d\n", who,
                 one->lagging, one->lagging ? (unsigned)one->next : 0,
                 one->lagging && one->due != 0, one->waits, one->paused);
    }
    store_release(&page.op);
    int len = snprintf(out, size, "head %u, %u subscriptions\n",
                       (unsigned)topic.head, (unsigned)topic.subscriptions);
    for (int who = 0; who < CALLBACKS; who++)
        len += snprintf(out + len, size - (size_t)len, "%s", lines[who]);
}

static void expect_bodies(struct session *s, int t)
{
    uint64_t topic = scene_topic(s, TOPICS[t]).id;
    for (unsigned i = 0; i < UPDATES; i++) {
        char body[32];
        snprintf(body, sizeof body, "update %u of %d", i, t);
        struct store_read_body read = {
            .op.verb = STORE_READ_BODY,
            .topic = topic,
            .seq = i + 1,
        };
        session_must(s, &read.op);
        assert_true(scene_same(read.body, body));
        store_release(&read.op);
    }
}

static void expect_alike(struct session *plain, struct session *faulty)
{
    static char wanted[8192], found[8192];
    for (int t = 0; t < 2; t++) {
        describe(plain, t, wanted, sizeof wanted);
        describe(faulty, t, found, sizeof found);
        assert_string_equal(found, wanted);
        expect_bodies(plain, t);
        expect_bodies(faulty, t);
    }
    struct store_numbers a = scene_stats(plain), b = scene_stats(faulty);
    assert_true(a.events == b.events && a.requests == b.requests);
    assert_true(a.lagging == b.lagging && a.walks == b.walks);
    assert_true(a.waiting == b.waiting && a.lanes == b.lanes);
    assert_true(a.topics == b.topics && a.subscriptions == b.subscriptions);
}

static void who_repeats_what_is_unknown_ends_where_others_do(void **state)
{
    enum { ROUNDS = 5 };
    (void)state;
    uint64_t seed = chance_seed();
    struct session *plain = session_new(true);
    session_open(plain);
    run_story(plain);
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct session *faulty = session_new(true);
        session_open(faulty);
        faulty->faults = unreliable_new(faulty->store, seed + i, LOST_PERCENT);
        run_story(faulty);
        assert_true(unreliable_lost(faulty->faults) > 50);
        unreliable_free(faulty->faults);
        faulty->faults = NULL;
        expect_alike(plain, faulty);
        session_free(faulty);
    }
    session_free(plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_repeats_what_is_unknown_ends_where_others_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
