// SPDX-License-Identifier: MIT

#include "attempt.h"

#include "backoff.h"
#include "config.h"
#include "diagnosis.h"
#include "log.h"
#include "outcome.h"
#include "policy.h"

#include <stdlib.h>
#include <string.h>

enum {
    TRIES = 3,          // R58
    TRIES_RENEWING = 5, // of what exists
    LATER_MAX_MS = 2 * 60 * 1000,
    RETRY_AFTER_MAX_MS = 5 * 60 * 1000,
    HURRY = 3, // the part of its time that is left
};

static void set_timeout(struct attempt *attempt, uint32_t timeout)
{
    attempt->exchange.timeout_ms = timeout;
    attempt->exchange.connect_timeout_ms = timeout / 2;
}

static void fill(struct attempt *attempt, const struct config *config)
{
    attempt->exchange = (struct exchange){
        .class = EXCHANGE_VERIFY,
        .url = attempt->url,
        // Two bytes more than the challenge tell a longer body from it, and
        // one in quotes from others.
        .body_max = QUESTION_CHALLENGE + 2,
        .truncate = true,
        .stranger = attempt->stranger,
        .renews = attempt->rank == ALLOWANCE_RENEWING,
        .owner = attempt,
    };
    set_timeout(attempt, (uint32_t)config->verify_timeout);
}

struct attempt *attempt_new(const struct store_claimed *item,
                            const struct config *config)
{
    const struct store_request *request = &item->request;
    char challenge[QUESTION_CHALLENGE + 1], url[QUESTION_URL_MAX];
    struct question question = {
        .mode = request->mode == STORE_SUBSCRIBE ? "subscribe" : "unsubscribe",
        .callback = request->callback.at,
        .callback_len = request->callback.len,
        .topic = request->topic.at,
        .topic_len = request->topic.len,
        .challenge = challenge,
        .lease_s = request->lease / 1000,
        .verify_token = request->profile.verify_token.at,
        .verify_token_len = request->profile.verify_token.len,
    };
    if (!question_challenge(challenge) || !question_url(&question, url))
        return NULL;
    size_t size = strlen(url) + 1;
    struct attempt *attempt = calloc(1, sizeof *attempt + size);
    if (!attempt)
        return NULL;
    memcpy(attempt->url, url, size);
    memcpy(attempt->challenge, challenge, sizeof challenge);
    callback_host(request->callback.at, request->callback.len, attempt->host);
    attempt->rank = request->renews  ? ALLOWANCE_RENEWING
                    : request->known ? ALLOWANCE_KNOWN
                                     : ALLOWANCE_STRANGER;
    attempt->stranger = !request->known;
    attempt->tries = request->tries;
    attempt->accepted = request->accepted;
    attempt->deadline = request->deadline;
    attempt->settle.request = request->id;
    attempt->settle.token = item->token;
    attempt->settle.lease = question.lease_s * 1000;
    attempt->settle.keep_secret =
        policy_pins_secret(config, request->callback.at, request->callback.len);
    fill(attempt, config);
    return attempt;
}

void attempt_hurry(struct attempt *attempt, const struct config *config)
{
    // Who is really slow gets all of it the next time.
    if (attempt->tries == 0)
        set_timeout(attempt, (uint32_t)config->verify_timeout / HURRY);
}

void attempt_free(struct attempt *attempt)
{
    exchange_clear(&attempt->exchange);
    free(attempt);
}

static bool echoed(const struct attempt *attempt)
{
    const struct exchange *x = &attempt->exchange;
    return x->result == EXCHANGE_ANSWERED && x->response
           && x->response_len == QUESTION_CHALLENGE
           && memcmp(x->response, attempt->challenge, QUESTION_CHALLENGE) == 0;
}

static enum outcome_verification outcome_of(const struct attempt *attempt)
{
    const struct exchange *x = &attempt->exchange;
    // An address that may not be called does not become callable by waiting.
    if (x->result == EXCHANGE_REFUSED || x->result == EXCHANGE_BAD_URL)
        return OUTCOME_REFUSED;
    // Half of an answer is not a wrong one.
    bool success = x->status >= 200 && x->status < 300;
    bool whole = x->result == EXCHANGE_ANSWERED;
    return outcome_of_verification(success && !whole ? 0 : x->status,
                                   echoed(attempt));
}

static int64_t later(const struct attempt *attempt, const struct config *config,
                     struct moment now)
{
    int64_t delay = backoff_delay(config->retry_first, LATER_MAX_MS,
                                  attempt->tries, arc4random());
    const struct exchange_field *field =
        exchange_field(&attempt->exchange, "retry-after", NULL);
    int64_t asked = backoff_retry_after(field ? field->value : NULL, now.unix,
                                        RETRY_AFTER_MAX_MS);
    return now.unix + (asked > delay ? asked : delay);
}

void attempt_judge(struct attempt *attempt, const struct config *config,
                   struct moment now)
{
    struct store_settle *settlement = &attempt->settle;
    uint32_t tries =
        attempt->rank == ALLOWANCE_RENEWING ? TRIES_RENEWING : TRIES;
    // WebSub 5.3.1: the lease counts from the time the GET was made.
    int64_t started = attempt->exchange.started_ms;
    settlement->sent_at =
        started > 0 ? now.unix - (now.mono - started) : now.unix;
    settlement->verdict = STORE_VERIFY_FAILED;
    switch (outcome_of(attempt)) {
    case OUTCOME_VERIFIED:
        settlement->verdict = STORE_VERIFIED;
        return;
    case OUTCOME_REFUSED:
        return;
    case OUTCOME_LATER:
        settlement->due = later(attempt, config, now);
        if (attempt->tries + 1 < tries && settlement->due < attempt->deadline)
            settlement->verdict = STORE_VERIFY_LATER;
        return;
    }
}

// It agreed, and the store did not.
static const char *in_vain(const struct store_settle *settle)
{
    return settle->keep_secret ? "the secret is pinned, or the lease was over"
                               : "the lease was over already";
}

static const char *reason_of(const struct attempt *attempt)
{
    if (attempt->unasked)
        return attempt->unasked;
    if (attempt->settle.verdict == STORE_VERIFIED)
        return in_vain(&attempt->settle);
    return diagnosis(&attempt->exchange, attempt->challenge);
}

static void log_failure(const struct attempt *attempt)
{
    const struct exchange *exchange = &attempt->exchange;
    LOG(LOG_INFO, "verification.failed", LOG_T("host", attempt->host),
        LOG_N("status", exchange->status),
        LOG_T("result", attempt->unasked
                            ? "not asked"
                            : exchange_result_name(exchange->result)),
        LOG_T("reason", reason_of(attempt)));
}

void attempt_log(const struct attempt *attempt)
{
    const struct store_settle *settle = &attempt->settle;
    static const struct {
        const char *event, *reason;
    } words[] = {
        [STORE_EFFECT_ACTIVE] = { "subscription.active", "verified" },
        [STORE_EFFECT_RENEWED] = { "subscription.renewed", "verified" },
        [STORE_EFFECT_ENDED] = { "subscription.ended", "unsubscribed" },
        [STORE_EFFECT_REFUSED] = { "subscription.refused", "limit" },
        [STORE_EFFECT_DENIED] = { "subscription.refused", "policy" },
    };
    size_t effect = (size_t)settle->effect;
    if (settle->effect == STORE_EFFECT_FAILED)
        log_failure(attempt);
    if (effect >= sizeof words / sizeof *words || !words[effect].event)
        return;
    LOG(LOG_INFO, words[effect].event, LOG_N("topic", settle->topic),
        LOG_N("id", settle->subscription), LOG_T("host", attempt->host),
        LOG_T("reason", settle->profile_changed ? "profile-changed"
                                                : words[effect].reason));
}
