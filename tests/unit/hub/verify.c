// SPDX-License-Identifier: MIT

#include "hub/verify.h"

#include "fakes/fake_engine.h"
#include "fakes/fake_loop.h"
#include "fakes/fake_rules.h"
#include "fakes/fake_store.h"
#include "hub/config.h"
#include "hub/log.h"
#include "hub/metrics.h"
#include "hub/services.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

enum { CHALLENGE = 64, LEASE_MS = 864000000, DEADLINE_MS = 600000 };

struct rig {
    struct config config;
    struct metrics metrics;
    struct allowance *allowance;
    struct verify *verify;
    size_t followed, denied;
    uint64_t ended;  // the subscription as told last
    int64_t granted; // the lease's end as told last
};

static struct rig rig;

static void on_followed(void *context)
{
    assert_ptr_equal(context, &rig);
    rig.followed++;
}

static void on_granted(void *context, int64_t end)
{
    assert_ptr_equal(context, &rig);
    rig.granted = end;
}

static void on_ended(void *context, uint64_t topic, uint64_t subscription)
{
    assert_ptr_equal(context, &rig);
    assert_int_equal(topic, 3);
    rig.ended = subscription;
}

static void on_denied(void *context)
{
    assert_ptr_equal(context, &rig);
    rig.denied++;
}

static int open_rig(const struct allowance_rates *rates)
{
    rig = (struct rig){ .config = { .verifications = 16,
                                    .verify_timeout = 6000,
                                    .retry_first = 10000 } };
    struct services services = {
        .config = &rig.config,
        .store = fake_store(),
        .engine = fake_engine(),
        .loop = fake_loop(),
        .metrics = &rig.metrics,
        .rules = fake_rules(),
    };
    struct verify_listener listener = { on_followed, on_granted, on_ended,
                                        on_denied, &rig };
    rig.allowance = allowance_new(rates);
    rig.verify = verify_new(&services, rig.allowance, &listener);
    return rig.allowance && rig.verify ? 0 : -1;
}

static int setup(void **state)
{
    const struct allowance_rates rates = { .strangers_at_once = 100,
                                           .host_at_once = 100 };
    (void)state;
    return open_rig(&rates);
}

// Where a host may be asked twice at once, and every five minutes.
static int setup_strict(void **state)
{
    const struct allowance_rates rates = { .strangers = 12,
                                           .strangers_at_once = 100,
                                           .host_at_once = 100 };
    (void)state;
    return open_rig(&rates);
}

static int teardown(void **state)
{
    (void)state;
    verify_free(rig.verify);
    allowance_free(rig.allowance);
    return fake_store_clean() && fake_engine_waiting() == 0 ? 0 : -1;
}

static void turn(void)
{
    verify_step(rig.verify, loop_now());
}

static struct bytes bytes(const char *text)
{
    return (struct bytes){ text, strlen(text) };
}

static struct store_claimed request(enum store_mode mode)
{
    return (struct store_claimed){
        .token = 50,
        .request = { .id = 9,
                     .mode = mode,
                     .topic = bytes("https://blog.example/feed"),
                     .callback = bytes("https://reader.example/cb?id=1"),
                     .lease = LEASE_MS,
                     .accepted = loop_now().unix,
                     .deadline = loop_now().unix + DEADLINE_MS },
    };
}

// Answer both claims: this is due, and nothing else.
static void claim(const struct store_claimed *item)
{
    enum store_due_kind kind =
        item->request.renews ? STORE_DUE_RENEW : STORE_DUE_VERIFY;
    turn();
    while (fake_store_waiting(STORE_CLAIM) > 0) {
        struct store_claim *op = fake_store_take(STORE_CLAIM);
        op->next_due = INT64_MAX;
        op->count = op->kind == kind;
        if (op->kind == kind)
            op->items = fake_store_give(&op->op, item, sizeof *item);
        fake_store_finish(&op->op, STORE_OK);
    }
}

// Have this request claimed; the question that it makes.
static struct exchange *ask(enum store_mode mode, uint32_t tries)
{
    struct store_claimed item = request(mode);
    item.request.tries = tries;
    claim(&item);
    return fake_engine_take();
}

static const char *challenge_of(const struct exchange *question)
{
    static char challenge[CHALLENGE + 1];
    const char *at = strstr(question->url, "hub.challenge=");
    assert_non_null(at);
    memcpy(challenge, at + strlen("hub.challenge="), CHALLENGE);
    challenge[CHALLENGE] = '\0';
    return challenge;
}

static struct store_settle *settled(struct exchange *question)
{
    verify_answered(rig.verify, question);
    return fake_store_take(STORE_SETTLE);
}

static struct store_settle *answered(struct exchange *question, unsigned status,
                                     const char *body)
{
    fake_engine_answer(question, status, body);
    return settled(question);
}

static void end(struct store_settle *settle, enum store_effect effect)
{
    settle->effect = effect;
    fake_store_finish(&settle->op, STORE_OK);
    assert_true(verify_idle(rig.verify));
}

static void R50_the_callback_is_asked_with_a_challenge(void **state)
{
    (void)state;
    struct exchange *question = ask(STORE_SUBSCRIBE, 0);
    assert_int_equal(question->class, EXCHANGE_VERIFY);
    assert_false(question->post);
    assert_int_equal(question->redirects_max, 0);
    assert_int_equal(question->timeout_ms, 6000);
    assert_non_null(strstr(question->url, "https://reader.example/cb?id=1&"));
    assert_non_null(strstr(question->url, "hub.mode=subscribe"));
    assert_non_null(strstr(question->url, "hub.lease_seconds=864000"));
    // A longer answer than the challenge is told from it.
    assert_true(question->body_max > CHALLENGE);
    end(answered(question, 200, challenge_of(question)), STORE_EFFECT_ACTIVE);
}

static void the_echoed_challenge_verifies(void **state)
{
    (void)state;
    struct exchange *question = ask(STORE_SUBSCRIBE, 0);
    struct store_settle *settle =
        answered(question, 200, challenge_of(question));
    assert_int_equal(settle->request, 9);
    assert_int_equal(settle->token, 50);
    assert_int_equal(settle->verdict, STORE_VERIFIED);
    assert_int_equal(settle->lease, LEASE_MS);
    int64_t sent_at = settle->sent_at;
    settle->topic_new = true;
    end(settle, STORE_EFFECT_ACTIVE);
    assert_int_equal(rig.granted, sent_at + LEASE_MS);
    assert_int_equal(rig.followed, 1);
    assert_int_equal(rig.metrics.counts[METRIC_VERIFIED], 1);
    assert_int_equal(rig.metrics.counts[METRIC_VERIFICATIONS], 1);
    // Where that was, others may be asked too.
    assert_int_equal(fake_engine_vouched(), 1);
}

static void the_lease_counts_from_when_the_question_was_sent(void **state)
{
    (void)state;
    struct exchange *question = ask(STORE_SUBSCRIBE, 0);
    fake_loop_pass(3000);
    question->started_ms = loop_now().mono - 1200;
    struct store_settle *settle =
        answered(question, 200, challenge_of(question));
    assert_int_equal(settle->sent_at, loop_now().unix - 1200);
    end(settle, STORE_EFFECT_ACTIVE);
}

static void R55_anything_but_the_challenge_is_a_refusal(void **state)
{
    (void)state;
    static const char *const bodies[] = { "", "yes", NULL };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        verify_poke(rig.verify);
        struct exchange *question = ask(STORE_SUBSCRIBE, 0);
        struct store_settle *settle = answered(question, 200, bodies[i]);
        assert_int_equal(settle->verdict, STORE_VERIFY_FAILED);
        end(settle, STORE_EFFECT_FAILED);
    }
    verify_poke(rig.verify);
    struct exchange *question = ask(STORE_SUBSCRIBE, 0);
    char longer[CHALLENGE + 2] = { 0 };
    memcpy(longer, challenge_of(question), CHALLENGE);
    longer[CHALLENGE] = '\n';
    struct store_settle *settle = answered(question, 200, longer);
    assert_int_equal(settle->verdict, STORE_VERIFY_FAILED);
    end(settle, STORE_EFFECT_FAILED);
    assert_int_equal(rig.metrics.counts[METRIC_VERIFY_FAILED], 4);
    assert_int_equal(rig.granted, 0);
    assert_int_equal(fake_engine_vouched(), 0);
}

static void R55_a_404_or_a_redirect_is_a_refusal(void **state)
{
    (void)state;
    static const unsigned statuses[] = { 301, 404, 410 };
    for (size_t i = 0; i < 3; i++) {
        verify_poke(rig.verify);
        struct exchange *question = ask(STORE_UNSUBSCRIBE, 0);
        struct store_settle *settle =
            answered(question, statuses[i], challenge_of(question));
        assert_int_equal(settle->verdict, STORE_VERIFY_FAILED);
        end(settle, STORE_EFFECT_FAILED);
    }
}

static void trouble_is_asked_again_up_to_three_times(void **state)
{
    (void)state;
    for (uint32_t tries = 0; tries < 3; tries++) {
        verify_poke(rig.verify);
        struct exchange *question = ask(STORE_SUBSCRIBE, tries);
        struct store_settle *settle = answered(question, 500, NULL);
        if (tries == 2) {
            assert_int_equal(settle->verdict, STORE_VERIFY_FAILED);
            end(settle, STORE_EFFECT_FAILED);
            break;
        }
        assert_int_equal(settle->verdict, STORE_VERIFY_LATER);
        int64_t delay = settle->due - loop_now().unix;
        assert_in_range(delay, 8000 << tries, 12000 << tries);
        end(settle, STORE_EFFECT_LATER);
        // That is when it is looked for next.
        assert_int_equal(verify_patience(rig.verify, loop_now()), delay);
    }
}

static void R58_what_exists_is_asked_about_up_to_five_times(void **state)
{
    (void)state;
    for (uint32_t tries = 3; tries < 5; tries++) {
        struct store_claimed item = request(STORE_SUBSCRIBE);
        item.request.known = item.request.renews = true;
        item.request.tries = tries;
        verify_poke(rig.verify);
        claim(&item);
        struct store_settle *settle = answered(fake_engine_take(), 500, NULL);
        assert_int_equal(settle->verdict,
                         tries == 3 ? STORE_VERIFY_LATER : STORE_VERIFY_FAILED);
        end(settle, tries == 3 ? STORE_EFFECT_LATER : STORE_EFFECT_FAILED);
    }
}

static void R58_what_is_new_where_we_are_known_is_asked_three_times(
    void **state)
{
    (void)state;
    struct store_claimed item = request(STORE_SUBSCRIBE);
    item.request.known = true;
    item.request.tries = 2;
    claim(&item);
    struct store_settle *settle = answered(fake_engine_take(), 500, NULL);
    assert_int_equal(settle->verdict, STORE_VERIFY_FAILED);
    end(settle, STORE_EFFECT_FAILED);
}

static void nothing_is_tried_again_beyond_its_deadline(void **state)
{
    (void)state;
    struct store_claimed item = request(STORE_SUBSCRIBE);
    item.request.deadline = loop_now().unix + 7000;
    claim(&item);
    struct store_settle *settle = answered(fake_engine_take(), 500, NULL);
    assert_int_equal(settle->verdict, STORE_VERIFY_FAILED);
    end(settle, STORE_EFFECT_FAILED);
}

static void R55_half_an_answer_is_trouble_and_not_a_refusal(void **state)
{
    (void)state;
    static const enum exchange_result results[] = { EXCHANGE_CUT,
                                                    EXCHANGE_TIMEOUT };
    for (size_t i = 0; i < 2; i++) {
        verify_poke(rig.verify);
        struct exchange *question = ask(STORE_SUBSCRIBE, 0);
        fake_engine_answer(question, 200, "0123");
        question->result = results[i];
        struct store_settle *settle = settled(question);
        assert_int_equal(settle->verdict, STORE_VERIFY_LATER);
        end(settle, STORE_EFFECT_LATER);
    }
}

static void retry_after_of_a_callback_is_heard_within_bounds(void **state)
{
    (void)state;
    static const char *const asked[] = { "60", "1", "86400" };
    static const int64_t least[] = { 60000, 8000, 300000 };
    static const int64_t most[] = { 60000, 12000, 300000 };
    for (size_t i = 0; i < 3; i++) {
        verify_poke(rig.verify);
        struct exchange *question = ask(STORE_SUBSCRIBE, 0);
        fake_engine_field(question, "retry-after", asked[i]);
        struct store_settle *settle = answered(question, 503, NULL);
        assert_in_range(settle->due - loop_now().unix, least[i], most[i]);
        end(settle, STORE_EFFECT_LATER);
    }
}

static void an_address_that_may_not_be_called_is_final(void **state)
{
    (void)state;
    static const enum exchange_result results[] = { EXCHANGE_REFUSED,
                                                    EXCHANGE_BAD_URL };
    for (size_t i = 0; i < 2; i++) {
        verify_poke(rig.verify);
        struct exchange *question = ask(STORE_SUBSCRIBE, 0);
        fake_engine_fail(question, results[i]);
        struct store_settle *settle = settled(question);
        assert_int_equal(settle->verdict, STORE_VERIFY_FAILED);
        end(settle, STORE_EFFECT_FAILED);
    }
}

// The request was given back; when it is due again, in ms.
static int64_t put_off(enum store_due_kind kind)
{
    struct store_release_claim *release = fake_store_take(STORE_RELEASE);
    int64_t due = release->due;
    assert_int_equal(release->kind, kind);
    assert_int_equal(release->id, 9);
    assert_int_equal(release->token, 50);
    fake_store_finish(&release->op, STORE_OK);
    assert_true(verify_idle(rig.verify));
    return due - loop_now().unix;
}

static void what_was_not_asked_counts_as_no_try(void **state)
{
    (void)state;
    static const enum exchange_result results[] = { EXCHANGE_BUSY,
                                                    EXCHANGE_CANCELLED };
    for (size_t i = 0; i < 2; i++) {
        verify_poke(rig.verify);
        struct exchange *question = ask(STORE_SUBSCRIBE, 2);
        fake_engine_fail(question, results[i]);
        verify_answered(rig.verify, question);
        assert_int_equal(put_off(STORE_DUE_VERIFY), 1000);
        assert_int_equal(verify_patience(rig.verify, loop_now()), 1000);
    }
    assert_int_equal(rig.metrics.counts[METRIC_VERIFICATIONS], 0);
    assert_int_equal(rig.metrics.counts[METRIC_VERIFY_LATER], 2);
}

static void S5_an_address_that_is_asked_too_much_is_left_alone(void **state)
{
    (void)state;
    // By what it has waited, and not before we began.
    static const int64_t waited[] = { 0, 90000, 29000, 100000 };
    static const int64_t least[] = { 30000, 30000, 30000, 100000 };
    for (size_t i = 0; i < 4; i++) {
        if (i == 2)
            fake_loop_pass(200000);
        struct store_claimed item = request(STORE_SUBSCRIBE);
        item.request.accepted -= waited[i];
        verify_poke(rig.verify);
        claim(&item);
        struct exchange *question = fake_engine_take();
        fake_engine_fail(question, EXCHANGE_LIMITED);
        verify_answered(rig.verify, question);
        assert_in_range(put_off(STORE_DUE_VERIFY), least[i], least[i] * 5 / 4);
    }
}

static void S5_whom_we_know_waits_only_until_somebody_answers_there(
    void **state)
{
    (void)state;
    static const int64_t waited[] = { 0, 500, 4000, 100000 };
    static const int64_t least[] = { 1000, 1000, 4000, 10000 };
    fake_loop_pass(10000);
    for (size_t i = 0; i < 8; i++) {
        struct store_claimed item = request(STORE_SUBSCRIBE);
        item.request.accepted -= waited[i % 4];
        item.request.known = true;
        item.request.renews = i >= 4;
        verify_poke(rig.verify);
        claim(&item);
        struct exchange *question = fake_engine_take();
        assert_false(question->stranger);
        assert_int_equal(question->renews, i >= 4);
        fake_engine_fail(question, EXCHANGE_LIMITED);
        verify_answered(rig.verify, question);
        assert_in_range(put_off(i >= 4 ? STORE_DUE_RENEW : STORE_DUE_VERIFY),
                        least[i % 4], least[i % 4] * 5 / 4);
    }
    // Nobody was asked, so nothing of the host's is used up but the looks.
    assert_int_equal(rig.metrics.counts[METRIC_VERIFICATIONS], 0);
}

static void S5_what_is_new_and_fails_costs_a_host_that_is_known_more(
    void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct store_claimed item = request(STORE_SUBSCRIBE);
        item.request.known = true;
        verify_poke(rig.verify);
        claim(&item);
        end(answered(fake_engine_take(), 404, NULL), STORE_EFFECT_FAILED);
    }
    assert_int_equal(
        verify_left(rig.verify, ALLOWANCE_KNOWN, "reader.example", loop_now()),
        0);
    struct store_claimed item = request(STORE_SUBSCRIBE);
    item.request.known = item.request.renews = true;
    verify_poke(rig.verify);
    claim(&item);
    end(answered(fake_engine_take(), 404, NULL), STORE_EFFECT_FAILED);
    assert_int_equal(verify_left(rig.verify, ALLOWANCE_RENEWING,
                                 "reader.example", loop_now()),
                     999);
}

static void S5_a_stranger_without_budget_waits_for_his_turn(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        verify_poke(rig.verify);
        struct exchange *question = ask(STORE_SUBSCRIBE, 0);
        assert_true(question->stranger);
        end(answered(question, 500, NULL), STORE_EFFECT_LATER);
    }
    struct store_claimed item = request(STORE_SUBSCRIBE);
    verify_poke(rig.verify);
    claim(&item);
    assert_int_equal(fake_engine_waiting(), 0);
    // Its host has just answered, and may be known in a moment.
    assert_int_equal(put_off(STORE_DUE_VERIFY), 1000);
    fake_loop_pass(5000);
    verify_poke(rig.verify);
    claim(&item);
    assert_int_equal(put_off(STORE_DUE_VERIFY), 295000);
    // At that time he has his turn.
    fake_loop_pass(295000);
    claim(&item);
    end(answered(fake_engine_take(), 404, NULL), STORE_EFFECT_FAILED);
    assert_int_equal(rig.metrics.counts[METRIC_VERIFICATIONS], 3);
}

static void S5_one_that_has_no_turn_is_looked_at_once_more(void **state)
{
    (void)state;
    struct store_claimed item = request(STORE_SUBSCRIBE);
    for (int i = 0; i < 2; i++) {
        verify_poke(rig.verify);
        end(answered(ask(STORE_SUBSCRIBE, 0), 404, NULL), STORE_EFFECT_FAILED);
    }
    fake_loop_pass(5000);
    verify_poke(rig.verify);
    claim(&item);
    assert_int_equal(put_off(STORE_DUE_VERIFY), 295000);
    verify_poke(rig.verify);
    claim(&item);
    int64_t wait = put_off(STORE_DUE_VERIFY);
    assert_in_range(wait, DEADLINE_MS - 10000, DEADLINE_MS - 1);
    // He who had the turn before has taken it, for nothing, so this one is
    // dropped.
    fake_loop_pass(wait);
    verify_poke(rig.verify);
    struct exchange *question = ask(STORE_SUBSCRIBE, 0);
    fake_engine_fail(question, EXCHANGE_TIMEOUT);
    verify_answered(rig.verify, question);
    end(fake_store_take(STORE_SETTLE), STORE_EFFECT_LATER);
    verify_poke(rig.verify);
    claim(&item);
    struct store_settle *settle = fake_store_take(STORE_SETTLE);
    assert_int_equal(settle->verdict, STORE_VERIFY_FAILED);
    end(settle, STORE_EFFECT_FAILED);
    assert_int_equal(fake_engine_waiting(), 0);
}

static void S5_first_questions_are_hurried_while_strangers_crowd(void **state)
{
    (void)state;
    const struct allowance_rates rates = { .strangers = 60,
                                           .strangers_at_once = 4,
                                           .host_at_once = 8 };
    verify_free(rig.verify);
    allowance_free(rig.allowance);
    assert_int_equal(open_rig(&rates), 0);
    static const char *const others[] = { "a.example", "b.example" };
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(allowance_take(rig.allowance, ALLOWANCE_STRANGER,
                                        others[i], loop_now().mono, 0,
                                        INT64_MAX),
                         0);
    struct exchange *question = ask(STORE_SUBSCRIBE, 0);
    assert_int_equal(question->timeout_ms, 2000);
    assert_int_equal(question->connect_timeout_ms, 1000);
    fake_engine_fail(question, EXCHANGE_TIMEOUT);
    end(settled(question), STORE_EFFECT_LATER);
    // A second one has all its time, and so has whom we know.
    allowance_ended(rig.allowance, ALLOWANCE_STRANGER, others[0]);
    fake_loop_pass(12000);
    verify_poke(rig.verify);
    question = ask(STORE_SUBSCRIBE, 1);
    assert_int_equal(question->timeout_ms, 6000);
    end(answered(question, 404, NULL), STORE_EFFECT_FAILED);
    struct store_claimed item = request(STORE_SUBSCRIBE);
    item.request.known = true;
    verify_poke(rig.verify);
    claim(&item);
    question = fake_engine_take();
    assert_int_equal(question->timeout_ms, 6000);
    end(answered(question, 404, NULL), STORE_EFFECT_FAILED);
}

static void S5_a_stranger_who_answers_may_be_asked_more_at_a_time(void **state)
{
    (void)state;
    const struct allowance_rates rates = { .strangers = 60,
                                           .strangers_at_once = 60,
                                           .host_at_once = 8 };
    verify_free(rig.verify);
    allowance_free(rig.allowance);
    assert_int_equal(open_rig(&rates), 0);
    struct exchange *held[3];
    struct store_claimed item = request(STORE_SUBSCRIBE);
    for (size_t i = 0; i < 2; i++) {
        verify_poke(rig.verify);
        held[i] = ask(STORE_SUBSCRIBE, 0);
    }
    verify_poke(rig.verify);
    claim(&item);
    assert_int_equal(fake_engine_waiting(), 0);
    struct store_release_claim *release = fake_store_take(STORE_RELEASE);
    fake_store_finish(&release->op, STORE_OK);
    // It may say what it likes.
    struct store_settle *settle = answered(held[0], 503, NULL);
    fake_store_finish(&settle->op, STORE_OK);
    for (size_t i = 0; i < 3; i += 2) {
        verify_poke(rig.verify);
        held[i] = ask(STORE_SUBSCRIBE, 0);
    }
    for (size_t i = 0; i < 3; i++) {
        settle = answered(held[i], 404, NULL);
        fake_store_finish(&settle->op, STORE_OK);
    }
}

static void S20_renewals_do_not_wait_behind_new_requests(void **state)
{
    (void)state;
    const struct verify_slots slots = verify_slots(16);
    struct store_claimed many[16];
    for (size_t i = 0; i < 16; i++)
        many[i] = request(STORE_SUBSCRIBE);
    turn();
    struct store_claim *renewals = fake_store_take(STORE_CLAIM);
    assert_int_equal(renewals->kind, STORE_DUE_RENEW);
    renewals->next_due = INT64_MAX;
    fake_store_finish(&renewals->op, STORE_OK);
    struct store_claim *fresh = fake_store_take(STORE_CLAIM);
    assert_int_equal(fresh->kind, STORE_DUE_VERIFY);
    assert_int_equal(fresh->max, slots.fresh);
    fresh->items =
        fake_store_give(&fresh->op, many, slots.fresh * sizeof *many);
    fresh->count = slots.fresh;
    fresh->next_due = 0;
    fake_store_finish(&fresh->op, STORE_OK);
    struct exchange *slow[16];
    for (size_t i = 0; i < slots.fresh; i++)
        slow[i] = fake_engine_take();
    // All slots for new requests are taken, and one for a renewal is free.
    verify_poke(rig.verify);
    struct store_claimed renewal = request(STORE_SUBSCRIBE);
    renewal.request.renews = renewal.request.known = true;
    claim(&renewal);
    struct exchange *question = fake_engine_take();
    assert_false(question->stranger);
    struct store_settle *settle =
        answered(question, 200, challenge_of(question));
    settle->effect = STORE_EFFECT_RENEWED;
    fake_store_finish(&settle->op, STORE_OK);
    for (size_t i = 0; i < slots.fresh; i++) {
        settle = answered(slow[i], 404, NULL);
        settle->effect = STORE_EFFECT_FAILED;
        fake_store_finish(&settle->op, STORE_OK);
    }
}

static void the_slots_are_shared_out(void **state)
{
    (void)state;
    for (int64_t all = 1; all <= 1000; all++) {
        struct verify_slots slots = verify_slots(all);
        assert_in_range(slots.fresh, 1, (uint64_t)all);
        assert_in_range(slots.renewals, 1, (uint64_t)all);
        assert_in_range(slots.farewells, 1, (uint64_t)all);
        assert_in_range(slots.strangers, 1, slots.fresh);
        if (all >= 4)
            assert_true(slots.fresh <= (uint64_t)(all - all / 4));
    }
}

static void R57_an_unsubscription_is_told_of(void **state)
{
    (void)state;
    struct exchange *question = ask(STORE_UNSUBSCRIBE, 0);
    struct store_settle *settle =
        answered(question, 200, challenge_of(question));
    settle->topic = 3;
    settle->subscription = 12;
    end(settle, STORE_EFFECT_ENDED);
    assert_int_equal(rig.ended, 12);
    assert_int_equal(rig.granted, 0);
}

static void R19_what_is_denied_meanwhile_is_not_asked(void **state)
{
    (void)state;
    struct store_claimed item = request(STORE_SUBSCRIBE);
    fake_rule(STORE_RULE_DENY_TOPIC, "blog.example");
    claim(&item);
    assert_int_equal(fake_engine_waiting(), 0);
    struct store_settle *settle = fake_store_take(STORE_SETTLE);
    assert_int_equal(settle->request, 9);
    assert_int_equal(settle->verdict, STORE_VERIFY_DENIED);
    assert_int_equal(settle->reason, STORE_DENIAL_POLICY);
    end(settle, STORE_EFFECT_DENIED);
    assert_int_equal(rig.denied, 1);
    // But who does not want it any more is still asked.
    verify_poke(rig.verify);
    end(answered(ask(STORE_UNSUBSCRIBE, 0), 404, NULL), STORE_EFFECT_FAILED);
}

static void R19_where_nothing_is_delivered_nothing_is_asked(void **state)
{
    (void)state;
    fake_rule(STORE_RULE_DENY_CALLBACK, "reader.example");
    struct store_claimed item = request(STORE_UNSUBSCRIBE);
    claim(&item);
    struct store_settle *settle = fake_store_take(STORE_SETTLE);
    assert_int_equal(settle->verdict, STORE_VERIFY_FAILED);
    end(settle, STORE_EFFECT_FAILED);
    assert_int_equal(rig.denied, 0);
}

static void S20_one_for_whom_there_is_no_place_is_told_so(void **state)
{
    (void)state;
    struct exchange *question = ask(STORE_SUBSCRIBE, 0);
    end(answered(question, 200, challenge_of(question)), STORE_EFFECT_REFUSED);
    assert_int_equal(rig.denied, 1);
    assert_int_equal(rig.granted, 0);
}

static void a_settlement_for_which_there_was_no_room_is_repeated(void **state)
{
    (void)state;
    static const enum store_status statuses[] = { STORE_FULL, STORE_AGAIN,
                                                  STORE_UNKNOWN };
    struct exchange *question = ask(STORE_SUBSCRIBE, 0);
    struct store_settle *settle =
        answered(question, 200, challenge_of(question));
    int64_t sent_at = settle->sent_at;
    for (size_t i = 0; i < 3; i++) {
        fake_store_finish(&settle->op, statuses[i]);
        assert_false(verify_idle(rig.verify));
        assert_int_equal(verify_patience(rig.verify, loop_now()), 1000);
        fake_loop_pass(999);
        turn();
        assert_int_equal(fake_store_waiting(STORE_SETTLE), 0);
        fake_loop_pass(1);
        turn();
        settle = fake_store_take(STORE_SETTLE);
        assert_int_equal(settle->verdict, STORE_VERIFIED);
        assert_int_equal(settle->sent_at, sent_at);
    }
    end(settle, STORE_EFFECT_ACTIVE);
    assert_int_equal(rig.metrics.counts[METRIC_VERIFIED], 1);
}

static void a_put_off_for_which_there_was_no_room_is_repeated(void **state)
{
    (void)state;
    static const enum store_status statuses[] = { STORE_FULL, STORE_AGAIN,
                                                  STORE_UNKNOWN };
    struct exchange *question = ask(STORE_SUBSCRIBE, 0);
    fake_engine_fail(question, EXCHANGE_BUSY);
    verify_answered(rig.verify, question);
    for (size_t i = 0; i < 3; i++) {
        struct store_release_claim *release = fake_store_take(STORE_RELEASE);
        assert_int_equal(release->id, 9);
        fake_store_finish(&release->op, statuses[i]);
        assert_false(verify_idle(rig.verify));
        fake_loop_pass(1000);
        turn();
    }
    struct store_release_claim *release = fake_store_take(STORE_RELEASE);
    fake_store_finish(&release->op, STORE_STALE);
    assert_true(verify_idle(rig.verify));
    assert_int_equal(rig.metrics.counts[METRIC_VERIFY_LATER], 1);
}

static void a_settlement_that_came_too_late_changes_nothing(void **state)
{
    (void)state;
    struct exchange *question = ask(STORE_SUBSCRIBE, 0);
    struct store_settle *settle =
        answered(question, 200, challenge_of(question));
    fake_store_finish(&settle->op, STORE_STALE);
    assert_true(verify_idle(rig.verify));
    assert_int_equal(rig.granted, 0);
    assert_int_equal(rig.metrics.counts[METRIC_VERIFIED], 0);
}

static void each_question_has_a_fresh_challenge(void **state)
{
    (void)state;
    struct exchange *question = ask(STORE_SUBSCRIBE, 0);
    char first[CHALLENGE + 1];
    memcpy(first, challenge_of(question), sizeof first);
    end(answered(question, 500, NULL), STORE_EFFECT_LATER);
    verify_poke(rig.verify);
    question = ask(STORE_SUBSCRIBE, 1);
    assert_string_not_equal(first, challenge_of(question));
    // And an old one verifies nothing.
    struct store_settle *settle = answered(question, 200, first);
    assert_int_equal(settle->verdict, STORE_VERIFY_FAILED);
    end(settle, STORE_EFFECT_FAILED);
}

static void draining_begins_nothing_and_ends_what_was_begun(void **state)
{
    (void)state;
    struct exchange *question = ask(STORE_SUBSCRIBE, 0);
    verify_drain(rig.verify);
    verify_poke(rig.verify);
    turn();
    assert_int_equal(fake_store_waiting_all(), 0);
    assert_false(verify_idle(rig.verify));
    end(answered(question, 200, challenge_of(question)), STORE_EFFECT_ACTIVE);
}

#define VERIFIED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
#define STRICT(test)                                                           \
    cmocka_unit_test_setup_teardown(test, setup_strict, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        VERIFIED(R50_the_callback_is_asked_with_a_challenge),
        VERIFIED(the_echoed_challenge_verifies),
        VERIFIED(the_lease_counts_from_when_the_question_was_sent),
        VERIFIED(R55_anything_but_the_challenge_is_a_refusal),
        VERIFIED(R55_a_404_or_a_redirect_is_a_refusal),
        VERIFIED(trouble_is_asked_again_up_to_three_times),
        VERIFIED(retry_after_of_a_callback_is_heard_within_bounds),
        VERIFIED(an_address_that_may_not_be_called_is_final),
        VERIFIED(R58_what_exists_is_asked_about_up_to_five_times),
        VERIFIED(R58_what_is_new_where_we_are_known_is_asked_three_times),
        VERIFIED(nothing_is_tried_again_beyond_its_deadline),
        VERIFIED(R55_half_an_answer_is_trouble_and_not_a_refusal),
        VERIFIED(what_was_not_asked_counts_as_no_try),
        VERIFIED(S5_an_address_that_is_asked_too_much_is_left_alone),
        VERIFIED(S5_whom_we_know_waits_only_until_somebody_answers_there),
        STRICT(S5_what_is_new_and_fails_costs_a_host_that_is_known_more),
        STRICT(S5_a_stranger_without_budget_waits_for_his_turn),
        STRICT(S5_one_that_has_no_turn_is_looked_at_once_more),
        VERIFIED(S5_first_questions_are_hurried_while_strangers_crowd),
        VERIFIED(S5_a_stranger_who_answers_may_be_asked_more_at_a_time),
        VERIFIED(S20_renewals_do_not_wait_behind_new_requests),
        VERIFIED(the_slots_are_shared_out),
        VERIFIED(R57_an_unsubscription_is_told_of),
        VERIFIED(R19_what_is_denied_meanwhile_is_not_asked),
        VERIFIED(R19_where_nothing_is_delivered_nothing_is_asked),
        VERIFIED(S20_one_for_whom_there_is_no_place_is_told_so),
        VERIFIED(a_settlement_for_which_there_was_no_room_is_repeated),
        VERIFIED(a_put_off_for_which_there_was_no_room_is_repeated),
        VERIFIED(a_settlement_that_came_too_late_changes_nothing),
        VERIFIED(each_question_has_a_fresh_challenge),
        VERIFIED(draining_begins_nothing_and_ends_what_was_begun),
    };
    log_setup(LOG_ERROR, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
