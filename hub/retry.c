// SPDX-License-Identifier: MIT

#include "retry.h"

#include "config.h"
#include "content.h"
#include "delivery.h"
#include "delivery_end.h"
#include "departed.h"
#include "lane_turns.h"
#include "lanes_inside.h"
#include "ledger.h"
#include "pump.h"
#include "services.h"

#include <stdlib.h>
#include <string.h>

enum {
    SHARE = 4, // one slot in so many is for retries
    // Times the deliveries may be slow: more than the engine lets be, which
    // ends the oldest of them (limits.slow), so that nothing stands still here.
    SLOW = 4,
    HOLD_MS = 10 * 60 * 1000,
    AGAIN_MS = 5 * 1000, // when there was no content to be had
    SERVED_MS = 1000,    // while a first attempt is under way to him
};

// A claimed subscriber, until its content is there. For its lane it has begun.
struct debt {
    struct content_wait wait;
    struct retry *retry;
    uint64_t token;
    bool due;   // claimed for its own due time, else from a lane
    bool probe; // of its origin
    struct store_subscriber subscriber; // bytes point into `text`
    char text[];
};

struct retry {
    struct services services;
    struct contents *contents;
    struct lanes *lanes;
    struct lane_turns *turns;
    struct ledger *ledger;
    struct pump pump;                // those who are due by themselves
    size_t lane_cap, from_lanes;     // slots for those from lanes, and in use
    struct delivery *flying, **last; // oldest first
    struct delivery *slow;           // flying, and without a slot
    size_t slow_count;
    struct departed departed; // nothing is sent to these
    bool paused, draining;
};

// Bytes of the store's, copied to `at`; the place behind them.
static char *keep(struct bytes *bytes, char *at)
{
    if (bytes->len > 0)
        memcpy(at, bytes->at, bytes->len);
    bytes->at = at;
    return at + bytes->len;
}

static struct debt *debt_new(const struct store_claimed *item)
{
    const struct store_subscriber *s = &item->subscriber;
    struct debt *debt =
        calloc(1, sizeof *debt + s->callback.len + s->topic_url.len
                      + s->profile.secret.len);
    if (!debt)
        return NULL;
    debt->token = item->token;
    debt->subscriber = *s;
    char *end = keep(&debt->subscriber.callback, debt->text);
    end = keep(&debt->subscriber.topic_url, end);
    keep(&debt->subscriber.profile.secret, end);
    debt->subscriber.profile.verify_token = (struct bytes){ "", 0 };
    return debt;
}

static void free_slot(struct retry *retry, bool due)
{
    if (due)
        pump_ended(&retry->pump);
    else
        retry->from_lanes--;
}

// ------------------------------------------------------- what is not sent

static struct store_outcome outcome_of(const struct debt *debt,
                                       enum store_outcome_kind kind)
{
    const struct store_subscriber *s = &debt->subscriber;
    return (struct store_outcome){
        .kind = kind,
        .subscription = s->id,
        .topic = s->topic,
        .rev = s->rev,
        .token = debt->token,
        // No attempt was made: its count goes on, whatever is new.
        .upto = UINT64_MAX,
        .next = s->next,
        .attempts = s->attempts,
        .step = s->step,
        .status = s->last_status,
    };
}

// It is not sent, which its lane has to know.
static void unsent(const struct debt *debt, const struct store_outcome *outcome)
{
    struct retry *retry = debt->retry;
    struct lane *lane = lanes_find(retry->lanes, &debt->subscriber.origin);
    if (lane)
        lanes_cancel(retry->lanes, lane, debt->probe, loop_now());
    ledger_add(retry->ledger, outcome);
    free_slot(retry, debt->due);
}

static void postpone(const struct debt *debt, int64_t due)
{
    struct store_outcome outcome = outcome_of(debt, STORE_OWED);
    outcome.due = due;
    unsent(debt, &outcome);
}

// ------------------------------------------------------------- what is sent

static void fly(struct retry *retry, struct delivery *delivery)
{
    delivery->next = NULL;
    *retry->last = delivery;
    retry->last = &delivery->next;
    delivery_submit(&retry->services, delivery);
}

static void send(struct debt *debt, struct content *content)
{
    struct retry *retry = debt->retry;
    const struct store_subscriber *s = &debt->subscriber;
    if (departed_has(&retry->departed, s->topic, s->id)) {
        // It ended while its content was being read.
        content_drop(retry->contents, content);
        postpone(debt, loop_now().unix + AGAIN_MS);
        return;
    }
    if (lanes_serves(retry->lanes, s->topic, s->id)) {
        // A walk's delivery is on its way to him: one after the other.
        content_drop(retry->contents, content);
        postpone(debt, loop_now().unix + SERVED_MS);
        return;
    }
    if (content->nothing) {
        // Nothing in there for him: his cursor moves on.
        struct store_outcome outcome = outcome_of(debt, STORE_DELIVERED);
        outcome.upto = content->upto;
        content_drop(retry->contents, content);
        unsent(debt, &outcome);
        return;
    }
    struct delivery *delivery = delivery_new(
        s, content, s->next - 1, EXCHANGE_RETRY, retry->services.config);
    if (!delivery) {
        content_drop(retry->contents, content);
        postpone(debt, loop_now().unix + AGAIN_MS);
        return;
    }
    delivery->token = debt->token;
    delivery->probe = debt->probe;
    delivery->due = debt->due;
    delivery->began = loop_now().mono;
    fly(retry, delivery);
}

static void ready(struct content_wait *wait, struct content *content, bool gone)
{
    struct debt *debt = (struct debt *)wait;
    (void)gone; // then the outcome is ignored by the store
    if (content)
        send(debt, content);
    else
        postpone(debt, loop_now().unix + AGAIN_MS);
    free(debt);
}

// `debt` has its slot, and has begun for its lane.
static void start(struct debt *debt, struct moment now)
{
    const struct store_subscriber *s = &debt->subscriber;
    debt->wait.ready = ready;
    // R60: no POST once the lease is over, or while only a renewal under
    // verification keeps it. Whoever ends or renews it settles the rest.
    if (s->suspended || s->paused || s->lease_end <= now.unix) {
        postpone(debt, now.unix + AGAIN_MS);
        free(debt);
        return;
    }
    struct content_key key = {
        .topic = s->topic,
        .from = s->next - 1,
        .wish = delivery_wish(s, s->next - 1),
    };
    struct content *content =
        content_get(debt->retry->contents, &key, &debt->wait);
    if (content)
        ready(&debt->wait, content, false);
}

// ------------------------------------------------------------- who is taken

// One that is due by itself, and may have to wait for its origin after all.
static void take_due(void *self, const struct store_claimed *item,
                     struct moment now)
{
    struct retry *retry = self;
    const struct store_key *origin = &item->subscriber.origin;
    struct debt *debt = debt_new(item);
    if (!debt) {
        // The claim runs out by itself.
        ledger_short(retry->ledger);
        pump_ended(&retry->pump);
        return;
    }
    debt->retry = retry;
    debt->due = true;
    struct lane *lane = lanes_find(retry->lanes, origin);
    if (lane && lanes_room(retry->lanes, lane, now) == 0) {
        struct store_outcome outcome = outcome_of(debt, STORE_OWED);
        outcome.waits = true;
        outcome.due = lanes_waits(retry->lanes, origin, now);
        ledger_add(retry->ledger, &outcome);
        pump_ended(&retry->pump);
        free(debt);
        return;
    }
    lane = lanes_get(retry->lanes, origin);
    if (lane)
        debt->probe = lanes_reserve(retry->lanes, lane, now);
    start(debt, now);
}

static void take_waiting(void *self, const struct store_claimed *item,
                         bool probe, struct moment now)
{
    struct retry *retry = self;
    struct debt *debt = debt_new(item);
    if (!debt) {
        struct lane *lane = lanes_find(retry->lanes, &item->subscriber.origin);
        lanes_cancel(retry->lanes, lane, probe, now);
        return;
    }
    debt->retry = retry;
    debt->probe = probe;
    retry->from_lanes++;
    start(debt, now);
}

static size_t room_for_waiting(void *self)
{
    const struct retry *retry = self;
    return retry->lane_cap > retry->from_lanes
               ? retry->lane_cap - retry->from_lanes
               : 0;
}

// ----------------------------------------------------------- who comes back

// The engine gives the places of those who are slow to others, and so do we.
static void notice_slow(struct retry *retry, struct moment now)
{
    size_t most = SLOW * (size_t)retry->services.config->deliveries;
    while (retry->flying && retry->slow_count < most
           && now.mono - retry->flying->began >= EXCHANGE_SLOW_MS) {
        struct delivery *delivery = retry->flying;
        retry->flying = delivery->next;
        if (!retry->flying)
            retry->last = &retry->flying;
        delivery->next = retry->slow;
        retry->slow = delivery;
        retry->slow_count++;
        lanes_slow(retry->lanes, delivery);
        free_slot(retry, delivery->due);
        // One that has not even started waits in its lane, not in the engine,
        // where it would stand before everybody who comes after.
        if (!delivery->signs)
            delivery_cancel(&retry->services, delivery);
    }
}

static void land(struct retry *retry, const struct delivery *delivery)
{
    bool slow = false;
    struct delivery **at = &retry->flying;
    while (*at && *at != delivery)
        at = &(*at)->next;
    if (!*at) {
        slow = true;
        at = &retry->slow;
        while (*at != delivery)
            at = &(*at)->next;
    }
    *at = delivery->next;
    if (slow)
        retry->slow_count--;
    else if (!*at)
        retry->last = at;
    if (!slow)
        free_slot(retry, delivery->due);
}

void retry_answered(struct retry *retry, struct exchange *exchange)
{
    struct delivery *delivery = exchange->owner;
    struct moment now = loop_now();
    struct store_outcome outcome =
        delivery_outcome(delivery, retry->services.config, now);
    land(retry, delivery);
    lanes_ended(retry->lanes, delivery, &outcome, now);
    delivery_note(delivery, &outcome, &retry->services, retry->ledger, now);
    ledger_add(retry->ledger, &outcome);
    delivery_free(delivery, retry->contents);
}

void retry_take_back(struct retry *retry, const struct store_key *origin)
{
    // Who is slow has been taken back already, if he had not been sent.
    for (struct delivery *d = retry->flying; d; d = d->next)
        if (memcmp(&d->origin, origin, sizeof *origin) == 0)
            delivery_cancel(&retry->services, d);
}

static void cancel(struct retry *retry, struct delivery *list, uint64_t topic,
                   uint64_t subscription)
{
    for (struct delivery *d = list; d; d = d->next)
        if (d->topic == topic && d->subscription == subscription)
            delivery_cancel(&retry->services, d);
}

void retry_depart(struct retry *retry, uint64_t topic, uint64_t subscription)
{
    departed_add(&retry->departed, topic, subscription);
    cancel(retry, retry->flying, topic, subscription);
    cancel(retry, retry->slow, topic, subscription);
}

// --------------------------------------------------------------- the source

void retry_poke(void *self)
{
    struct retry *retry = self;
    pump_due(&retry->pump, 0);
    lane_turns_poke(retry->turns);
}

static void open_or_close(struct retry *retry)
{
    bool closed =
        retry->paused || retry->draining || ledger_busy(retry->ledger);
    retry->pump.closed = closed;
    lane_turns_close(retry->turns, closed);
}

bool retry_step(void *self, struct moment now)
{
    struct retry *retry = self;
    notice_slow(retry, now);
    // Those who are told to wait come back as fast as they are claimed.
    open_or_close(retry);
    lane_turns_step(retry->turns, now);
    if (lanes_known(retry->lanes))
        pump_step(&retry->pump, now);
    return false;
}

int64_t retry_patience(void *self, struct moment now)
{
    const struct retry *retry = self;
    int64_t patience = lane_turns_patience(retry->turns, now);
    if (lanes_known(retry->lanes)) {
        int64_t due = pump_patience(&retry->pump, now);
        if (due < patience)
            patience = due;
    }
    if (retry->flying) {
        int64_t left = retry->flying->began + EXCHANGE_SLOW_MS - now.mono;
        left = left > 0 ? left : EXCHANGE_SLOW_MS;
        if (left < patience)
            patience = left;
    }
    return patience;
}

void retry_pause(struct retry *retry, bool paused)
{
    retry->paused = paused;
    open_or_close(retry);
    if (!paused)
        retry_poke(retry);
}

void retry_drain(struct retry *retry)
{
    retry->draining = true;
    open_or_close(retry);
}

bool retry_idle(const struct retry *retry)
{
    return pump_idle(&retry->pump) && retry->from_lanes == 0
           && retry->slow_count == 0 && lane_turns_idle(retry->turns);
}

// ------------------------------------------------------------------- making

struct retry *retry_new(const struct services *services,
                        struct contents *contents, struct lanes *lanes)
{
    struct retry *retry = calloc(1, sizeof *retry);
    if (!retry)
        return NULL;
    const struct lane_turns_listener listener = { room_for_waiting,
                                                  take_waiting, retry };
    retry->turns = lane_turns_new(services, lanes, &listener);
    if (!retry->turns) {
        free(retry);
        return NULL;
    }
    // Those from lanes have as many slots as those who are due by themselves.
    size_t slots = (size_t)services->config->deliveries / SHARE;
    size_t cap = slots > 0 ? slots : 1;
    retry->services = *services;
    retry->contents = contents;
    retry->lanes = lanes;
    retry->last = &retry->flying;
    retry->lane_cap = cap;
    pump_init(&retry->pump, services->store, STORE_DUE_DELIVER, cap, HOLD_MS);
    retry->pump.take = take_due;
    retry->pump.self = retry;
    return retry;
}

void retry_free(struct retry *retry)
{
    if (!retry)
        return;
    lane_turns_free(retry->turns);
    free(retry);
}

void retry_use(struct retry *retry, struct ledger *ledger)
{
    retry->ledger = ledger;
}
