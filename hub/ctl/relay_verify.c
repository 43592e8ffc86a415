// SPDX-License-Identifier: MIT

#include "relay_verify.h"

#include "hub/log.h"
#include "hub/outcome.h"
#include "hub/question.h"
#include "relay.h"
#include "relay_deliver.h"
#include "relay_mailbox.h"
#include "relay_watch.h"

#include <stdlib.h>
#include <string.h>

enum {
    AT_ONCE = 32,                       // wishes that are worked on at a time
    TRIES_MAX = 8,                      // of a callback that fails
    WISH_LIFE_MS = 24 * 60 * 60 * 1000, // the hub may be far away that long
    USUAL_LEASE_S = 10 * 24 * 60 * 60,
    DENIAL_MS = 10 * 1000,
    ECHO_MAX = 1024,
};

static void log_wish(const struct relay_wish *wish, enum log_level level,
                     const char *event, const char *why, unsigned status)
{
    char host[256];
    LOG(level, event, LOG_T("topic", wish->terms.topic),
        LOG_T("host", relay_host(&wish->terms, host)),
        LOG_T("mailbox", wish->mailbox),
        LOG_T("mode", wish->unsubscribe ? "unsubscribe" : "subscribe"),
        LOG_T("why", why), LOG_N("status", status));
}

// It has come to an end, this way or another.
static void forget(struct relay *relay, struct relay_wish *wish)
{
    char mailbox[RELAY_NAME_MAX];
    memcpy(mailbox, wish->mailbox, sizeof mailbox);
    relay_book_forget(&relay->book, wish);
    if (!relay_book_needs(&relay->book, mailbox))
        relay_book_leave(&relay->book, mailbox);
}

static void fail(struct relay *relay, struct relay_wish *wish, const char *why,
                 unsigned status)
{
    struct relay_seat *seat = relay_book_seat(&relay->book, &wish->terms);
    log_wish(wish, LOG_WARN, "verification.failed", why, status);
    if (seat && !wish->unsubscribe)
        relay_deliver_bent(seat);
    forget(relay, wish);
}

// The later of two wins (table B): what was asked before is over now.
static void forget_older(struct relay *relay, const struct relay_wish *wish)
{
    struct relay_wish *other = relay->book.wishes;
    while (other && other != wish) {
        struct relay_wish *next = other->next;
        if (relay_terms_meet(&other->terms, &wish->terms)) {
            // In one of two ways it is under way.
            relay_hub_cancel(relay->hub, other->call);
            if (other->stage == RELAY_ASKING)
                relay_net_cancel(relay->net, other->call);
            forget(relay, other);
        }
        other = next;
    }
}

// ------------------------------------------------------------------- denial

static void on_denied(void *context, const struct relay_answer *answer)
{
    char *url = context;
    LOG(LOG_DEBUG, "denial.told", LOG_N("status", answer->status));
    free(url);
}

void relay_verify_deny(struct relay *relay, const struct relay_terms *terms,
                       const char *reason)
{
    struct question question = {
        .mode = "denied",
        .callback = terms->callback,
        .topic = terms->topic,
        .callback_len = strlen(terms->callback),
        .topic_len = strlen(terms->topic),
    };
    char *url = malloc(QUESTION_URL_MAX);
    if (!url || !question_denial_url(&question, reason, url)) {
        free(url);
        return;
    }
    struct relay_ask ask = {
        .side = RELAY_TO_CALLBACK,
        .method = "GET",
        .url = url,
        .timeout_ms = DENIAL_MS,
        .answer_max = ECHO_MAX,
        .truncate = true,
        .done = on_denied,
        .context = url,
    };
    // Nobody is owed a denial: it is said once.
    if (!relay_net_begin(relay->net, &ask))
        free(url);
}

// ------------------------------------------------------------------ settling

static void unseat(struct relay *relay, struct relay_wish *wish)
{
    struct relay_seat *seat = relay_book_seat(&relay->book, &wish->terms);
    log_wish(wish, LOG_INFO, "subscription.ended", "unsubscribed", 0);
    forget_older(relay, wish);
    if (seat)
        relay_deliver_remove(relay, seat);
    forget(relay, wish);
}

static bool replace_terms(struct relay_seat *seat,
                          const struct relay_terms *terms)
{
    struct relay_terms copy;
    if (!relay_terms_copy(terms, &copy))
        return false;
    relay_terms_clear(&seat->terms);
    seat->terms = copy;
    return true;
}

static void seat_him(struct relay *relay, struct relay_wish *wish)
{
    struct relay_seat *seat = relay_book_seat(&relay->book, &wish->terms);
    struct moment now = loop_now();
    char host[256];
    bool renewed = seat != NULL;
    bool fine = renewed && replace_terms(seat, &wish->terms);
    if (!seat) {
        seat = relay_book_sit(&relay->book, &wish->terms, wish->mailbox);
        fine = seat != NULL;
        if (seat)
            seat->seen = now.unix;
    }
    if (!fine) {
        fail(relay, wish, "there is no room for it", 0);
        return;
    }
    seat->relay = relay;
    seat->lease = wish->granted_s * 1000;
    seat->lease_end = wish->sent_at + seat->lease;
    relay_deliver_seated(relay, seat, now);
    relay_watch_seated(relay->watch, seat);
    relay->book.changed = true;
    LOG(LOG_INFO, renewed ? "subscription.renewed" : "subscription.active",
        LOG_T("topic", wish->terms.topic),
        LOG_T("host", relay_host(&wish->terms, host)),
        LOG_T("mailbox", seat->mailbox), LOG_N("lease_s", wish->granted_s));
    forget_older(relay, wish);
    forget(relay, wish);
}

// ------------------------------------------------------------------- mailbox

// What a hub says about it, for the log.
static void log_refusal(const struct relay_wish *wish,
                        const struct relay_answer *answer)
{
    json_t *json = json_loadb(answer->body, answer->len, 0, NULL);
    const char *detail = json_string_value(json_object_get(json, "detail"));
    log_wish(wish, LOG_WARN, "hub.refused", detail ? detail : "",
             answer->status);
    json_decref(json);
}

static const char *refusal(unsigned status)
{
    switch (status) {
    case 403:
        return "the hub does not let this relay have the topic";
    case 404:
    case 405:
        return "the hub has no mailboxes";
    default:
        return "the hub refused";
    }
}

static void on_put(void *context, const struct relay_answer *answer)
{
    struct relay_wish *wish = context;
    struct relay *relay = wish->relay;
    wish->call = NULL;
    if (relay_net_later(answer->status))
        return; // relay_hub knows how long to leave it alone
    if (answer->status >= 300) {
        if (!relay_book_seat(&relay->book, &wish->terms))
            relay_verify_deny(relay, &wish->terms, refusal(answer->status));
        log_refusal(wish, answer);
        fail(relay, wish, refusal(answer->status), answer->status);
        return;
    }
    if (wish->stage == RELAY_AGREEING) {
        seat_him(relay, wish);
        return;
    }
    int64_t asked = wish->lease_s > 0 ? wish->lease_s : USUAL_LEASE_S;
    wish->granted_s = relay_mailbox_lease(answer, asked);
    wish->stage = RELAY_ASKING;
    wish->due = 0;
}

// While somebody sits there, his secret counts until the new one is verified.
static void put(struct relay *relay, struct relay_wish *wish)
{
    const struct relay_seat *seat = relay_book_seat(&relay->book, &wish->terms);
    bool his = seat && wish->stage == RELAY_BOXING;
    struct relay_box box = {
        .name = wish->mailbox,
        .terms = his ? &seat->terms : &wish->terms,
        .lease_s = wish->lease_s,
        .since = seat ? seat->seen : 0,
        .done = on_put,
        .context = wish,
    };
    wish->call = relay_mailbox_put(relay, &box);
    if (!wish->call)
        wish->due = loop_now().mono + relay->options.retry_first;
}

// -------------------------------------------------------------------- asking

static void on_asked(void *context, const struct relay_answer *answer)
{
    struct relay_wish *wish = context;
    struct relay *relay = wish->relay;
    struct moment now = loop_now();
    bool echoed = answer->len == strlen(wish->challenge)
                  && memcmp(answer->body, wish->challenge, answer->len) == 0;
    enum outcome_verification outcome =
        outcome_of_verification(answer->status, echoed);
    wish->call = NULL;
    explicit_bzero(wish->challenge, sizeof wish->challenge);
    if (outcome == OUTCOME_LATER && ++wish->tries < TRIES_MAX
        && !answer->refused) {
        wish->due =
            relay_retry_at(relay, wish->tries, answer->retry_after_ms, now);
        log_wish(wish, LOG_INFO, "verification.later", answer->why,
                 answer->status);
    } else if (outcome != OUTCOME_VERIFIED) {
        fail(relay, wish,
             answer->status == 0 ? answer->why : "it did not confirm",
             answer->status);
    } else if (wish->unsubscribe) {
        unseat(relay, wish);
    } else if (wish->sent_at + wish->granted_s * 1000 <= now.unix) {
        fail(relay, wish, "the lease was over before it confirmed", 0);
    } else {
        wish->stage = RELAY_AGREEING;
        wish->due = 0;
    }
}

static bool write_question(struct relay_wish *wish)
{
    const struct relay_terms *terms = &wish->terms;
    struct question question = {
        .mode = wish->unsubscribe ? "unsubscribe" : "subscribe",
        .callback = terms->callback,
        .topic = terms->topic,
        .callback_len = strlen(terms->callback),
        .topic_len = strlen(terms->topic),
        .challenge = wish->challenge,
        .lease_s = wish->granted_s,
        .verify_token = terms->verify_token,
        .verify_token_len = strlen(terms->verify_token),
    };
    if (!wish->question)
        wish->question = malloc(QUESTION_URL_MAX);
    return wish->question && question_challenge(wish->challenge)
           && question_url(&question, wish->question);
}

static void ask(struct relay *relay, struct relay_wish *wish, struct moment now)
{
    if (!write_question(wish)) {
        fail(relay, wish, "the callback cannot be asked", 0);
        return;
    }
    struct relay_ask ask = {
        .side = RELAY_TO_CALLBACK,
        .method = "GET",
        .url = wish->question,
        .timeout_ms = relay->options.timeout,
        .answer_max = ECHO_MAX,
        .truncate = true,
        .done = on_asked,
        .context = wish,
    };
    wish->sent_at = now.unix;
    wish->call = relay_net_begin(relay->net, &ask);
    if (!wish->call)
        wish->due = now.mono + relay->options.retry_first;
}

// --------------------------------------------------------------------- steps

// Nothing has to be agreed with the hub if it knows these very terms already.
static bool is_agreed(struct relay *relay, const struct relay_wish *wish)
{
    const struct relay_seat *seat = relay_book_seat(&relay->book, &wish->terms);
    if (seat)
        return relay_terms_equal(&seat->terms, &wish->terms);
    return relay_book_wishes(&relay->book, &wish->terms) == 1;
}

static void work_on(struct relay *relay, struct relay_wish *wish,
                    struct moment now)
{
    wish->relay = relay;
    if (now.unix > wish->accepted + WISH_LIFE_MS) {
        fail(relay, wish, "the hub could not be asked for a day", 0);
        return;
    }
    if (wish->unsubscribe) {
        const struct relay_seat *seat =
            relay_book_seat(&relay->book, &wish->terms);
        wish->stage = RELAY_ASKING;
        wish->granted_s = seat ? seat->lease / 1000 : USUAL_LEASE_S;
    }
    if (wish->stage == RELAY_AGREEING && is_agreed(relay, wish))
        seat_him(relay, wish);
    else if (wish->stage == RELAY_ASKING)
        ask(relay, wish, now);
    else if (relay_hub_ready(relay->hub, now))
        put(relay, wish);
}

static size_t busy(const struct relay *relay)
{
    size_t count = 0;
    for (struct relay_wish *wish = relay->book.wishes; wish; wish = wish->next)
        count += wish->call != NULL;
    return count;
}

static bool is_due(const struct relay *relay, const struct relay_wish *wish,
                   struct moment now)
{
    return !wish->call && now.mono >= wish->due
           && (wish->stage != RELAY_BOXING || wish->unsubscribe
               || relay_hub_ready(relay->hub, now));
}

static void on_ended(void *context, const struct relay_answer *answer)
{
    struct relay *relay = context;
    relay->leaving = 0;
    if (!relay_net_later(answer->status) && relay->book.left_count > 0)
        relay_book_left(&relay->book, 0);
}

// One after the other: nobody waits for it.
static void end_mailboxes(struct relay *relay, struct moment now)
{
    if (relay->leaving > 0 || relay->book.left_count == 0
        || !relay_hub_ready(relay->hub, now))
        return;
    struct relay_box box = {
        .name = relay->book.left[0],
        .done = on_ended,
        .context = relay,
    };
    relay->leaving = relay_mailbox_end(relay, &box) != NULL;
}

void relay_verify_step(struct relay *relay, struct moment now)
{
    size_t under_way = busy(relay);
    bool again = !relay->draining;
    // What a wish comes to may end others, so it is begun anew each time.
    while (again && under_way < AT_ONCE) {
        struct relay_wish *wish = relay->book.wishes;
        while (wish && !is_due(relay, wish, now))
            wish = wish->next;
        again = wish != NULL;
        if (wish) {
            size_t before = relay->book.wish_count;
            work_on(relay, wish, now);
            bool ended = relay->book.wish_count < before;
            under_way = busy(relay);
            again = ended || wish->call || !is_due(relay, wish, now);
        }
    }
    if (!relay->draining)
        end_mailboxes(relay, now);
}

int64_t relay_verify_patience(const struct relay *relay, struct moment now)
{
    int64_t patience = LOOP_FOR_EVER, hub = relay_hub_due(relay->hub);
    if (relay->draining)
        return patience;
    bool full = busy(relay) >= AT_ONCE;
    for (struct relay_wish *wish = relay->book.wishes; wish;
         wish = wish->next) {
        bool needs_hub = wish->stage != RELAY_ASKING && !wish->unsubscribe;
        int64_t at = needs_hub && hub > wish->due ? hub : wish->due;
        if (!wish->call && !full)
            patience = relay_sooner(patience, at, now);
    }
    if (relay->book.left_count > 0 && relay->leaving == 0)
        patience = relay_sooner(patience, hub, now);
    return patience;
}
