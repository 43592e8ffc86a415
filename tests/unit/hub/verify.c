// SPDX-License-Identifier: MIT

#include "hub/verify.h"

#include "fakes/fake_engine.h"
#include "fakes/fake_loop.h"
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

enum { CHALLENGE = 64, LEASE_MS = 864000000 };

struct rig {
    struct config config;
    struct metrics metrics;
    struct verify *verify;
    size_t followed;
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

static int setup(void **state)
{
    (void)state;
    rig = (struct rig){ .config = { .verifications = 10,
                                    .verify_timeout = 6000,
                                    .retry_first = 10000 } };
    struct services services = {
        .config = &rig.config,
        .store = fake_store(),
        .engine = fake_engine(),
        .loop = fake_loop(),
        .metrics = &rig.metrics,
    };
    struct verify_listener listener = { on_followed, on_granted, &rig };
    rig.verify = verify_new(&services, &listener);
    return rig.verify ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    verify_free(rig.verify);
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

// Have this request claimed; the question that it makes.
static struct exchange *ask(enum store_mode mode, uint32_t tries)
{
    struct store_claimed item = {
        .token = 50,
        .request = { .id = 9,
                     .mode = mode,
                     .topic = bytes("https://blog.example/feed"),
                     .callback = bytes("https://reader.example/cb?id=1"),
                     .lease = LEASE_MS,
                     .tries = tries },
    };
    turn();
    struct store_claim *claim = fake_store_take(STORE_CLAIM);
    assert_int_equal(claim->kind, STORE_DUE_VERIFY);
    claim->items = fake_store_give(&claim->op, &item, sizeof item);
    claim->count = 1;
    claim->next_due = INT64_MAX;
    fake_store_finish(&claim->op, STORE_OK);
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
        struct store_release_claim *release = fake_store_take(STORE_RELEASE);
        assert_int_equal(release->kind, STORE_DUE_VERIFY);
        assert_int_equal(release->id, 9);
        assert_int_equal(release->token, 50);
        assert_int_equal(release->due, loop_now().unix + 1000);
        fake_store_finish(&release->op, STORE_OK);
        assert_true(verify_idle(rig.verify));
        assert_int_equal(verify_patience(rig.verify, loop_now()), 1000);
    }
    assert_int_equal(rig.metrics.counts[METRIC_VERIFICATIONS], 0);
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
        VERIFIED(what_was_not_asked_counts_as_no_try),
        VERIFIED(a_settlement_for_which_there_was_no_room_is_repeated),
        VERIFIED(a_settlement_that_came_too_late_changes_nothing),
        VERIFIED(each_question_has_a_fresh_challenge),
        VERIFIED(draining_begins_nothing_and_ends_what_was_begun),
    };
    log_setup(LOG_ERROR, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
