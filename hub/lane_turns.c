// SPDX-License-Identifier: MIT

#include "lane_turns.h"

#include "lane_rows.h"
#include "lanes_inside.h"
#include "pump.h"
#include "services.h"

#include <stdlib.h>
#include <string.h>

enum {
    CLAIMS = 4,      // lanes that are asked at a time
    BATCH = 64,      // taken from one in its turn
    LOOKS = 256,     // lanes looked at in a step
    DUE_BATCH = 256, // claimed as due at a time
    HOLD_MS = 10 * 60 * 1000,
    AGAIN_MS = 1000,
    // Who waits there may not be sent to now; or has been, and it is not
    // recorded yet: doubled each time, up to the most.
    LEFT_MS = 100,
    LEFT_MAX_MS = 10 * 1000,
    CROWDED_MS = 50,
    FRESH_MS = 1000, // until somebody is written down, at most
};

// A lane whose subscribers are being taken. For it they have begun.
struct taking {
    struct store_claim_lane claim;
    struct lane_turns *turns;
    struct lane *lane; // NULL: it is not in use
    bool probe;
    bool fair;    // of the next topic, wherever the rotation is
    bool partial; // not of all topics
    bool fresh;   // from the first of lane->fresh on
};

struct lane_turns {
    struct services services;
    struct lanes *lanes;
    struct lane_rows *rows;
    struct lane_turns_listener listener;
    struct pump due;
    struct taking takings[CLAIMS];
    size_t promised; // to those takings
    bool closed;
};

// ------------------------------------------------------------------ who is due

static void take_due(void *self, const struct store_claimed *item,
                     struct moment now)
{
    struct lane_turns *turns = self;
    pump_ended(&turns->due);
    struct lane *lane = lane_rows_learn(turns->lanes, &item->lane, now);
    if (!lane)
        return; // the claim runs out by itself
    // As it was written down, it was to be looked at when its probe is due;
    // an operator or a renewal may have made that earlier.
    if (item->lane.failing_since > 0)
        lanes_hurry(lane, now);
    lane->token = item->token;
    lane->waiting = true;
    if (lane->breaker.state == BREAKER_HALF_OPEN)
        return; // what it is to be told follows from its probe
    if (!lane->paused && breaker_allows(&lane->breaker, now.mono))
        lanes_line_up(turns->lanes, lane);
    else
        lanes_change(turns->lanes, lane);
}

// ---------------------------------------------------------------------- turns

static void put_off(struct lane_turns *turns, struct lane *lane)
{
    int64_t ms = LEFT_MS;
    for (uint32_t i = 0; i < lane->in_vain && ms < LEFT_MAX_MS; i++)
        ms *= 2;
    lane->in_vain++;
    lane->served = false;
    lane->put_off = ms < LEFT_MAX_MS ? ms : LEFT_MAX_MS;
    lanes_change(turns->lanes, lane);
}

static void go_on(struct lane_turns *turns, struct lane *lane,
                  const struct taking *taking)
{
    const struct store_claim_lane *claim = &taking->claim;
    if (taking->fair) {
        lane->fair_topic = claim->end ? 0 : claim->after_topic;
    } else if (!taking->fresh) {
        lane->after_topic = claim->end ? 0 : claim->after_topic;
        lane->after_id = claim->end ? 0 : claim->after;
    }
    if (claim->count > 0)
        lane->in_vain = 0;
    if (claim->empty) {
        lane->served = false;
        lanes_change(turns->lanes, lane);
    } else if (claim->count > 0 || !claim->end || taking->partial) {
        lanes_line_up(turns->lanes, lane);
    } else if (lane->traffic.outstanding + lane->traffic.slow == 0) {
        put_off(turns, lane);
    }
}

// Whether he was there. He is written down some time after it was said that
// he waits.
static void note_taken(struct lane *lane, const struct store_claim_lane *claim,
                       struct moment now)
{
    const struct store_subscriber *first =
        claim->count > 0 ? &claim->items[0].subscriber : NULL;
    bool there = first && first->topic == lane->fresh[0].topic
                 && first->id == lane->fresh[0].id;
    if (!there && now.mono - lane->fresh[0].at < FRESH_MS)
        return;
    memmove(&lane->fresh[0], &lane->fresh[1],
            --lane->fresh_count * sizeof lane->fresh[0]);
}

static void taken(struct store_op *op)
{
    struct taking *taking = op->context;
    struct lane_turns *turns = taking->turns;
    struct lane *lane = taking->lane;
    const struct store_claim_lane *claim = &taking->claim;
    struct moment now = loop_now();
    size_t count = op->status == STORE_OK ? claim->count : 0;

    taking->lane = NULL;
    turns->promised -= claim->max;
    for (size_t i = 0; i < count; i++)
        turns->listener.take(turns->listener.context, &claim->items[i],
                             taking->probe && i == 0, now);
    for (size_t i = count; i < claim->max; i++)
        lanes_cancel(turns->lanes, lane, taking->probe && i == 0, now);
    lane->claiming = false;
    if (op->status == STORE_OK) {
        if (taking->fresh)
            note_taken(lane, claim, now);
        go_on(turns, lane, taking);
    } else {
        lane->served = false;
        lane->put_off = AGAIN_MS;
        lanes_change(turns->lanes, lane);
    }
    lanes_used(turns->lanes, lane);
    store_release(op);
}

// Who is taken next. Those of a topic with many must not keep those of others
// waiting: each second turn is the next topic's.
static void choose(struct taking *taking, struct lane *lane)
{
    struct store_claim_lane *claim = &taking->claim;
    taking->fair = taking->partial = taking->fresh = false;
    if (lane->fresh_count > 0) {
        taking->partial = true;
        claim->after_topic = lane->fresh[0].topic;
        claim->after = lane->fresh[0].id - 1;
        taking->fresh = true;
    } else if (lane->breaker.state == BREAKER_CLOSED) {
        lane->fair = !lane->fair;
        taking->fair = lane->fair;
    }
    if (taking->fair) {
        taking->partial = lane->fair_topic > 0;
        claim->after_topic = lane->fair_topic;
        claim->after = lane->fair_topic > 0 ? UINT64_MAX : 0;
    }
}

static void take_from(struct lane_turns *turns, struct taking *taking,
                      struct lane *lane, size_t count, struct moment now)
{
    taking->turns = turns;
    taking->lane = lane;
    taking->probe = false;
    taking->claim = (struct store_claim_lane){
        .op = { .verb = STORE_CLAIM_LANE, .done = taken, .context = taking },
        .origin = lane->key,
        .after_topic = lane->after_topic,
        .after = lane->after_id,
        .max = count,
        .hold_ms = HOLD_MS,
    };
    choose(taking, lane);
    lane->claiming = true;
    turns->promised += count;
    for (size_t i = 0; i < count; i++)
        taking->probe |= lanes_reserve(turns->lanes, lane, now);
    store_submit(turns->services.store, &taking->claim.op);
}

static struct taking *free_taking(struct lane_turns *turns)
{
    for (size_t i = 0; i < CLAIMS; i++)
        if (!turns->takings[i].lane)
            return &turns->takings[i];
    return NULL;
}

static size_t room(const struct lane_turns *turns)
{
    size_t slots = turns->listener.room(turns->listener.context);
    return slots > turns->promised ? slots - turns->promised : 0;
}

// False: no more in this step.
static bool next_turn(struct lane_turns *turns, struct moment now)
{
    struct taking *taking = free_taking(turns);
    size_t slots = room(turns);
    if (!taking || slots == 0)
        return false;
    struct lane *lane = lanes_turn(turns->lanes);
    if (!lane)
        return false;
    size_t count = lanes_room(turns->lanes, lane, now);
    if (count > slots)
        count = slots;
    if (count > BATCH)
        count = BATCH;
    lane->served = true;
    if (count > 0) {
        take_from(turns, taking, lane, count, now);
    } else if (!lane->paused && lane->breaker.state == BREAKER_CLOSED) {
        lanes_line_up(turns->lanes, lane); // when something has come back
    } else {
        lane->served = false;
        if (lane->breaker.state != BREAKER_HALF_OPEN || lane->paused)
            lanes_change(turns->lanes, lane);
        lanes_used(turns->lanes, lane);
    }
    return true;
}

// ----------------------------------------------------------------- the source

void lane_turns_step(struct lane_turns *turns, struct moment now)
{
    if (!lanes_known(turns->lanes)) {
        lane_rows_step(turns->rows, now);
        return;
    }
    pump_due(&turns->due, lane_rows_due(turns->rows));
    pump_step(&turns->due, now);
    const struct lane *last = NULL;
    for (int i = 0; i < LOOKS && !turns->closed && turns->lanes->turn; i++) {
        // Once around, and no more: who is crowded stays so in this step.
        if (turns->lanes->turn == last)
            break;
        if (!last)
            last = turns->lanes->turn;
        if (!next_turn(turns, now))
            break;
        if (!last->turn)
            last = NULL;
    }
    lane_rows_step(turns->rows, now);
}

int64_t lane_turns_patience(const struct lane_turns *turns, struct moment now)
{
    int64_t patience = lane_rows_patience(turns->rows, now);
    if (!lanes_known(turns->lanes))
        return patience;
    int64_t due = pump_patience(&turns->due, now);
    if (due < patience)
        patience = due;
    bool crowded = turns->lanes->turn && !turns->closed;
    return crowded && CROWDED_MS < patience ? CROWDED_MS : patience;
}

void lane_turns_poke(struct lane_turns *turns)
{
    pump_due(&turns->due, 0);
}

void lane_turns_close(struct lane_turns *turns, bool closed)
{
    turns->closed = closed;
    turns->due.closed = closed;
}

bool lane_turns_idle(const struct lane_turns *turns)
{
    for (size_t i = 0; i < CLAIMS; i++)
        if (turns->takings[i].lane)
            return false;
    return pump_idle(&turns->due) && lane_rows_idle(turns->rows);
}

struct lane_turns *lane_turns_new(const struct services *services,
                                  struct lanes *lanes,
                                  const struct lane_turns_listener *listener)
{
    struct lane_turns *turns = calloc(1, sizeof *turns);
    if (!turns)
        return NULL;
    turns->rows = lane_rows_new(services, lanes);
    if (!turns->rows) {
        free(turns);
        return NULL;
    }
    turns->services = *services;
    turns->lanes = lanes;
    turns->listener = *listener;
    pump_init(&turns->due, services->store, STORE_DUE_LANE, DUE_BATCH, HOLD_MS);
    turns->due.take = take_due;
    turns->due.self = turns;
    return turns;
}

void lane_turns_free(struct lane_turns *turns)
{
    if (!turns)
        return;
    lane_rows_free(turns->rows);
    free(turns);
}
