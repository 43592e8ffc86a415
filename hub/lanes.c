// SPDX-License-Identifier: MIT

#include "lanes_inside.h"

#include "backoff.h"
#include "config.h"
#include "delivery.h"
#include "log.h"
#include "metrics.h"
#include "services.h"
#include "wording.h"

#include <stdlib.h>
#include <string.h>

enum {
    PROBE_MAX_MS = 30 * 60 * 1000,
    CROWDED_MS = 500,       // until one that is full is looked at again
    PROBING_MS = 30 * 1000, // and one whose probe is under way
    ASKED_MAX_MS = 24 * 60 * 60 * 1000,
    RECORDED_MS = 2000, // a failure is written down within so much
    PAUSED_MS = 60 * 60 * 1000,
};

// --------------------------------------------------------- what is to be done

void lanes_change(struct lanes *lanes, struct lane *lane)
{
    if (lane->changed)
        return;
    lane->changed = true;
    lane->next_changed = NULL;
    *lanes->last_changed = lane;
    lanes->last_changed = &lane->next_changed;
    lanes_used(lanes, lane);
}

struct lane *lanes_changed(struct lanes *lanes)
{
    struct lane *lane = lanes->changed;
    if (!lane)
        return NULL;
    lanes->changed = lane->next_changed;
    if (!lanes->changed)
        lanes->last_changed = &lanes->changed;
    lane->changed = false;
    return lane;
}

void lanes_line_up(struct lanes *lanes, struct lane *lane)
{
    if (lane->turn)
        return;
    lane->turn = true;
    lane->served = true;
    lane->next_turn = NULL;
    *lanes->last_turn = lane;
    lanes->last_turn = &lane->next_turn;
    lanes_used(lanes, lane);
}

struct lane *lanes_turn(struct lanes *lanes)
{
    struct lane *lane = lanes->turn;
    if (!lane)
        return NULL;
    lanes->turn = lane->next_turn;
    if (!lanes->turn)
        lanes->last_turn = &lanes->turn;
    lane->turn = false;
    return lane;
}

uint32_t lanes_room(const struct lanes *lanes, const struct lane *lane,
                    struct moment now)
{
    if (lane->paused || !breaker_allows(&lane->breaker, now.mono))
        return 0;
    if (lane->breaker.state != BREAKER_CLOSED)
        return 1;
    return traffic_room(&lane->traffic, (uint32_t)lanes->config->deliveries,
                        now.mono);
}

int64_t lanes_due(const struct lane *lane, struct moment now)
{
    if (lane->paused)
        return now.unix + PAUSED_MS; // a resume asks for it
    switch (lane->breaker.state) {
    case BREAKER_OPEN:
        return now.unix + lane->breaker.next - now.mono;
    case BREAKER_HALF_OPEN:
        return now.unix + PROBING_MS;
    case BREAKER_CLOSED:
        break;
    }
    return now.unix + CROWDED_MS;
}

void lanes_hurry(struct lane *lane, struct moment now)
{
    struct breaker *breaker = &lane->breaker;
    if (breaker->state == BREAKER_OPEN && breaker->next > now.mono)
        breaker->next = now.mono;
}

bool lanes_reserve(struct lanes *lanes, struct lane *lane, struct moment now)
{
    bool probe = breaker_began(&lane->breaker);
    traffic_began(&lane->traffic, now.mono);
    lanes_used(lanes, lane);
    if (probe)
        metric_add(lanes->metrics, METRIC_PROBES, 1);
    return probe;
}

// ------------------------------------------------------------------- asking

static struct breaker_pace pace_of(const struct lanes *lanes)
{
    int64_t most = lanes->config->retry_max;
    return (struct breaker_pace){
        .first = lanes->config->retry_first,
        .max = most < PROBE_MAX_MS ? most : PROBE_MAX_MS,
    };
}

bool lanes_known(const struct lanes *lanes)
{
    return !lanes->unknown;
}

enum lanes_answer lanes_ask(struct lanes *lanes, const struct store_key *origin,
                            struct moment now)
{
    const struct lane *lane = lanes_find(lanes, origin);
    if (!lane || lanes_room(lanes, lane, now) > 0)
        return LANES_SEND;
    const struct breaker_pace pace = pace_of(lanes);
    bool probe = !lane->paused && lane->breaker.state == BREAKER_OPEN
                 && breaker_allows_fresh(&lane->breaker, &pace, now.mono);
    return probe ? LANES_SEND : LANES_WAIT;
}

void lanes_began(struct lanes *lanes, struct delivery *delivery,
                 struct moment now)
{
    struct lane *lane = lanes_get(lanes, &delivery->origin);
    flights_add(&lanes->flights, delivery->topic, delivery->subscription);
    if (lane)
        delivery->probe = lanes_reserve(lanes, lane, now);
}

bool lanes_serves(const struct lanes *lanes, uint64_t topic,
                  uint64_t subscription)
{
    return flights_has(&lanes->flights, topic, subscription);
}

int64_t lanes_waits(struct lanes *lanes, const struct store_key *origin,
                    struct moment now)
{
    struct lane *lane = lanes_find(lanes, origin);
    metric_add(lanes->metrics, METRIC_DELIVERY_WAITED, 1);
    if (!lane)
        return now.unix;
    // It is due anew only if nobody waited there before.
    lane->in_vain = 0;
    if (lane->waiting && lane->breaker.state == BREAKER_CLOSED && !lane->paused)
        lanes_line_up(lanes, lane);
    lane->waiting = true;
    return lanes_due(lane, now);
}

static void note_fresh(struct lane *lane,
                       const struct store_subscriber *subscriber,
                       struct moment now)
{
    for (size_t i = 0; i < lane->fresh_count; i++)
        if (lane->fresh[i].topic == subscriber->topic)
            return;
    if (lane->fresh_count == LANE_FRESH_MAX)
        return;
    lane->fresh[lane->fresh_count].topic = subscriber->topic;
    lane->fresh[lane->fresh_count].at = now.mono;
    lane->fresh[lane->fresh_count++].id = subscriber->id;
}

int64_t lanes_waits_fresh(struct lanes *lanes,
                          const struct store_subscriber *subscriber,
                          struct moment now)
{
    struct lane *lane = lanes_find(lanes, &subscriber->origin);
    if (lane) {
        const struct breaker_pace pace = pace_of(lanes);
        int64_t before = lane->breaker.next;
        note_fresh(lane, subscriber, now);
        breaker_hurry_fresh(&lane->breaker, &pace);
        if (lane->waiting && lane->breaker.next < before)
            lanes_change(lanes, lane);
    }
    return lanes_waits(lanes, &subscriber->origin, now);
}

void lanes_slow(struct lanes *lanes, struct delivery *delivery)
{
    struct lane *lane = lanes_find(lanes, &delivery->origin);
    if (!lane || delivery->slow)
        return;
    delivery->slow = true;
    traffic_slow(&lane->traffic);
}

// ------------------------------------------------------------------- learning

// "https://host:port" of a callback; there is nothing secret in that.
static void note_name(struct lane *lane, const char *url)
{
    const char *host = strstr(url, "://");
    if (lane->name || !host)
        return;
    size_t len = (size_t)(host - url) + 3;
    len += strcspn(url + len, "/?#");
    if (len <= STORE_LANE_NAME_MAX)
        lane->name = strndup(url, len);
}

static void tell(const struct lanes *lanes, const struct lane *lane,
                 enum breaker_state before, struct moment now)
{
    const struct breaker *breaker = &lane->breaker;
    const char *name = lane->name ? lane->name : "?";
    char words[WORDING_MAX];
    if (before == BREAKER_CLOSED && breaker->state == BREAKER_OPEN) {
        metric_add(lanes->metrics, METRIC_BREAKER_OPENED, 1);
        LOG(LOG_WARN, "origin.broken", LOG_T("origin", name),
            LOG_N("status", lane->last_status),
            LOG_T("outcome", wording_status(lane->last_status, words)),
            LOG_N("failures", breaker->failures),
            LOG_N("probe_ms", breaker->next - now.mono));
    } else if (before != BREAKER_CLOSED && breaker->state == BREAKER_CLOSED) {
        metric_add(lanes->metrics, METRIC_BREAKER_CLOSED, 1);
        LOG(LOG_INFO, "origin.back", LOG_T("origin", name));
    }
}

static void take_back(const struct lanes *lanes, const struct lane *lane)
{
    if (lanes->broken)
        lanes->broken(lanes->context, &lane->key);
}

static void learn(struct lanes *lanes, struct lane *lane,
                  const struct breaker_event *event, struct moment now)
{
    const struct breaker_pace pace = pace_of(lanes);
    struct breaker *breaker = &lane->breaker;
    enum breaker_state before = breaker->state;
    // Chance is dear, and few have need of it.
    uint32_t chance = event->sign == BREAKER_DEAD ? arc4random() : 0;
    breaker_learn(breaker, event, &pace, chance, now.mono);
    if (before == breaker->state) {
        if (lane->served && !lane->claiming && breaker->state == BREAKER_CLOSED)
            lanes_line_up(lanes, lane);
        return;
    }
    if (breaker->state == BREAKER_CLOSED) {
        lane->failing_since = 0;
        traffic_restart(&lane->traffic);
        if (lane->waiting)
            lanes_line_up(lanes, lane);
    } else if (lane->waiting || lane->token != 0) {
        lanes_change(lanes, lane);
    }
    if (lane->fresh_count > 0)
        breaker_hurry_fresh(breaker, &pace);
    tell(lanes, lane, before, now);
    if (before == BREAKER_CLOSED)
        take_back(lanes, lane);
}

void lanes_cancel(struct lanes *lanes, struct lane *lane, bool probe,
                  struct moment now)
{
    struct breaker_event event = { .sign = BREAKER_NOTHING, .probe = probe };
    traffic_ended(&lane->traffic, false, false, now.mono);
    learn(lanes, lane, &event, now);
    lanes_used(lanes, lane);
}

static struct breaker_event event_of(const struct delivery *delivery,
                                     const struct store_outcome *outcome,
                                     struct moment now)
{
    const struct exchange *x = &delivery->exchange;
    bool tried = outcome->kind == STORE_DELIVERED || outcome->tried;
    int64_t since = x->started_ms;
    // It was written down some time after it had begun.
    int64_t first = now.mono - now.unix + delivery->first_failure - RECORDED_MS;
    if (delivery->first_failure > 0 && first < since)
        since = first;
    enum breaker_sign sign = breaker_sign(
        outcome->status > 0 ? (unsigned)outcome->status : 0, tried);
    const struct exchange_field *field =
        sign == BREAKER_DEAD ? exchange_field(x, "retry-after", NULL) : NULL;
    return (struct breaker_event){
        .sign = sign,
        .probe = delivery->probe,
        .subscription =
            delivery->topic * 0x9e3779b97f4a7c15U + delivery->subscription,
        .since = since,
        .asked = backoff_retry_after(field ? field->value : NULL, now.unix,
                                     ASKED_MAX_MS),
        .present = outcome->status > 0 || x->result == EXCHANGE_TIMEOUT
                   || x->result == EXCHANGE_BROKEN,
    };
}

static bool should_wait(const struct lanes *lanes, const struct lane *lane,
                        const struct breaker_event *event,
                        const struct store_outcome *outcome, struct moment now)
{
    if (outcome->kind != STORE_OWED || outcome->due == 0)
        return false;
    // Who wants to be asked later than the others is asked later.
    if (event->asked > 0 && outcome->due > lanes_due(lane, now)
        && now.unix + event->asked >= outcome->due)
        return false;
    if (event->sign == BREAKER_DEAD)
        return lane->breaker.state != BREAKER_CLOSED;
    return event->sign == BREAKER_NOTHING && lanes_room(lanes, lane, now) == 0;
}

void lanes_ended(struct lanes *lanes, const struct delivery *delivery,
                 struct store_outcome *outcome, struct moment now)
{
    struct lane *lane = lanes_find(lanes, &delivery->origin);
    if (delivery->exchange.class == EXCHANGE_DELIVER)
        flights_remove(&lanes->flights, delivery->topic,
                       delivery->subscription);
    if (!lane)
        return;
    struct breaker_event event = event_of(delivery, outcome, now);
    traffic_ended(&lane->traffic, delivery->slow, event.sign != BREAKER_NOTHING,
                  now.mono);
    if (event.sign == BREAKER_DEAD) {
        note_name(lane, delivery->exchange.url);
        lane->last_status = outcome->status;
        if (lane->failing_since == 0)
            lane->failing_since = now.unix;
    } else if (event.sign == BREAKER_ALIVE) {
        traffic_grow(&lane->traffic);
    }
    learn(lanes, lane, &event, now);
    if (should_wait(lanes, lane, &event, outcome, now)) {
        outcome->waits = true;
        outcome->due = lanes_waits(lanes, &delivery->origin, now);
    }
    lanes_used(lanes, lane);
}

void lanes_tell(struct lanes *lanes,
                void (*broken)(void *context, const struct store_key *origin),
                void *context)
{
    lanes->broken = broken;
    lanes->context = context;
}

void lanes_paused(struct lanes *lanes, const struct store_key *origin,
                  bool paused, struct moment now)
{
    struct lane *lane =
        paused ? lanes_get(lanes, origin) : lanes_find(lanes, origin);
    if (!lane)
        return;
    lane->paused = paused;
    if (!paused)
        lanes_hurry(lane, now);
    lanes_used(lanes, lane);
    if (paused)
        take_back(lanes, lane);
}

// -------------------------------------------------------------------- numbers

void lanes_numbers(const struct lanes *lanes, struct lanes_numbers *out)
{
    *out = (struct lanes_numbers){ .lanes = lanes->count };
    for (size_t i = 0; i < lanes->slab_count; i++)
        for (size_t j = 0; j < LANES_SLAB; j++) {
            const struct lane *lane = &lanes->slabs[i][j];
            out->open += lane->breaker.state != BREAKER_CLOSED;
            out->probing += lane->breaker.state == BREAKER_HALF_OPEN;
            out->paused += lane->paused;
            out->outstanding += lane->traffic.outstanding + lane->traffic.slow;
        }
}
