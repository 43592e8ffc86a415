// SPDX-License-Identifier: MIT

#include "walk_visit.h"

#include "config.h"
#include "delivery.h"
#include "lanes.h"
#include "ledger.h"
#include "metrics.h"
#include "services.h"
#include "walk.h"

#include <string.h>

enum {
    LATE_MS = 1000,  // then a delivery gets a lagging record (M1)
    BEHIND = 256,    // that are settled behind him: a checkpoint of them
    USUALLY = 4,     // so many times the usual is long
    SOON_MS = 250,   // the same, where others wait for room in the window
    GRACE_MS = 5000, // beyond its own timeout until that falls due
    AGAIN_MS = 1000, // when memory ran out
    VISITS_A_STEP = 64,
    // In one window whatever the others hold, and in all of them beyond that.
    WINDOW_LEAST = 1024,
    VISITS_MAX = 65536,
};

// -------------------------------------------------------------------- late

static void be_late(struct walk *walk, struct visit *visit, struct moment now)
{
    struct walk_means *means = walk->means;
    struct delivery *delivery = visit->delivery;
    struct store_outcome outcome = {
        .kind = STORE_OWED,
        .rev = delivery->rev,
        .upto = delivery->content->upto,
        .next = delivery->cursor + 1,
        .due = now.unix + means->services->config->delivery_timeout + GRACE_MS,
    };
    visit_note(visit, &outcome);
    visit->state = VISIT_LATE;
    visit->delivery = delivery;
    delivery->late = true;
    walk->flying--;
    means->flying--;
    means->late++;
    metric_add(means->services->metrics, METRIC_DELIVERY_LATE, 1);
    if (delivery->signs)
        return; // it is sent when it has been signed
    if (means->lanes)
        lanes_slow(means->lanes, delivery);
    // One that has not even started frees its place for others.
    delivery_cancel(means->services, delivery);
}

void walk_visit_learn(struct walk *walk, const struct visit *visit,
                      struct moment now)
{
    uint32_t age = visit_age(visit, now.mono);
    walk->usual = walk->usual - walk->usual / 8 + age / 8;
}

// How long one may fly. A kill sends everybody again who is settled behind
// him, and the next walk waits for him: so, where they are many, not for long.
// Where everybody takes long nobody is late for that: it would be a record
// for each.
static uint32_t patience_of(const struct walk *walk)
{
    size_t count = window_count(&walk->window);
    if (count > WINDOW_MAX / 2)
        return SOON_MS;
    if (count - walk->flying < BEHIND)
        return LATE_MS;
    uint32_t patience = USUALLY * walk->usual;
    return patience < SOON_MS   ? SOON_MS
           : patience < LATE_MS ? patience
                                : LATE_MS;
}

void walk_visit_late(struct walk *walk, struct moment now)
{
    struct window *window = &walk->window;
    uint32_t patience = patience_of(walk);
    if (walk->noticed < window->front)
        walk->noticed = window->front;
    while (walk->noticed < window->back) {
        struct visit *visit = window_at(window, walk->noticed);
        if (visit_age(visit, now.mono) < patience)
            return; // later ones began later
        if (visit->state == VISIT_FLYING)
            be_late(walk, visit, now);
        walk->noticed++;
    }
}

// ------------------------------------------------------------------ visits

static struct visit *visit_new(struct walk *walk,
                               const struct store_subscriber *subscriber,
                               struct moment now, uint64_t *number)
{
    struct visit *visit = window_add(&walk->window, number);
    if (!visit)
        return NULL;
    visit->subscription = subscriber->id;
    visit->began = (uint32_t)now.mono;
    walk->visited = subscriber->id;
    walk->means->visits++;
    return visit;
}

// The content for this key, borrowed from the walk. NULL: it is being read.
static struct content *content_for(struct walk *walk,
                                   const struct content_key *key)
{
    struct content *content = walk->content;
    if (content && content->key.from == key->from && content->key.to == key->to
        && content->key.wish == key->wish)
        return content;
    content = content_get(walk->means->contents, key, &walk->wait);
    if (!content) {
        walk->content_asked = true;
        return NULL;
    }
    if (walk->content)
        content_drop(walk->means->contents, walk->content);
    walk->content = content;
    return content;
}

static void note_waiting(const struct walk *walk, struct visit *visit,
                         const struct store_subscriber *subscriber,
                         uint64_t cursor, struct moment now)
{
    struct store_outcome waiting = {
        .kind = STORE_OWED,
        .rev = subscriber->rev,
        .upto = walk->content->upto,
        .next = cursor + 1,
        .due = lanes_waits_fresh(walk->means->lanes, subscriber, now),
        .waits = true,
    };
    visit_note(visit, &waiting);
}

static void send(struct walk *walk, struct visit *visit, uint64_t number,
                 const struct store_subscriber *subscriber, uint64_t cursor,
                 struct moment now)
{
    struct walk_means *means = walk->means;
    struct delivery *delivery =
        delivery_draw(&means->pool, subscriber, content_hold(walk->content),
                      cursor, means->services->config);
    if (!delivery) {
        // Out of memory: he lags, and is served when there is some.
        ledger_short(means->ledger);
        struct store_outcome owed = { .kind = STORE_OWED,
                                      .next = cursor + 1,
                                      .due = now.unix + AGAIN_MS };
        content_drop(means->contents, walk->content);
        visit_note(visit, &owed);
        return;
    }
    delivery->owner = walk;
    delivery->visit = number;
    visit->delivery = delivery;
    walk->flying++;
    means->flying++;
    delivery_submit(means->services, delivery);
    if (means->lanes)
        lanes_began(means->lanes, delivery, now);
}

static bool has_to_wait(const struct walk *walk,
                        const struct store_subscriber *subscriber,
                        struct moment now)
{
    struct lanes *lanes = walk->means->lanes;
    return lanes && lanes_ask(lanes, &subscriber->origin, now) == LANES_WAIT;
}

// False: try again later.
static bool serve(struct walk *walk, const struct store_subscriber *subscriber,
                  uint64_t cursor, struct moment now)
{
    struct content_key key = {
        .topic = walk->record.topic,
        .from = cursor,
        .to = walk->record.to,
        .wish = delivery_wish(subscriber, cursor),
    };
    uint64_t number;
    const struct content *content = content_for(walk, &key);
    if (!content)
        return false;
    struct visit *visit = visit_new(walk, subscriber, now, &number);
    if (!visit)
        return false;
    if (content->nothing) {
        struct store_outcome passed = { .kind = STORE_DELIVERED,
                                        .rev = subscriber->rev,
                                        .upto = content->upto };
        walk_note_served(walk, visit, &passed);
    } else if (has_to_wait(walk, subscriber, now)) {
        note_waiting(walk, visit, subscriber, cursor, now);
    } else {
        send(walk, visit, number, subscriber, cursor, now);
    }
    return true;
}

static struct store_outcome reminder(const struct walk *walk,
                                     const struct store_subscriber *subscriber,
                                     struct moment now)
{
    // Retry alone serves him; but there is something new (M4).
    struct store_outcome outcome = { .kind = STORE_REMINDED,
                                     .rev = subscriber->rev };
    // One that would have his attempt now: if his origin lets him.
    if (!subscriber->paused && !subscriber->waits && subscriber->due == 0
        && has_to_wait(walk, subscriber, now)) {
        outcome.waits = true;
        outcome.due = lanes_waits(walk->means->lanes, &subscriber->origin, now);
    }
    return outcome;
}

static bool visit(struct walk *walk, const struct store_subscriber *subscriber,
                  struct moment now)
{
    uint64_t number;
    uint64_t cursor = store_walk_cursor(&walk->record, subscriber->id);
    if (cursor < subscriber->start)
        cursor = subscriber->start;
    bool owed = cursor < walk->record.to
                && !departed_has(&walk->means->departed, walk->record.topic,
                                 subscriber->id);
    bool over = subscriber->suspended || subscriber->paused
                || subscriber->lease_end <= now.unix;
    if (owed && !over && !subscriber->lagging) // R60
        return serve(walk, subscriber, cursor, now);

    struct visit *passed = visit_new(walk, subscriber, now, &number);
    if (!passed)
        return false;
    visit_settle(passed);
    if (subscriber->lagging) {
        struct store_outcome reminded = reminder(walk, subscriber, now);
        visit_note(passed, &reminded);
    } else if (owed) {
        // A renewal under verification may save him, an operator let him go
        // on: it is kept for that.
        struct store_outcome kept = { .kind = STORE_PASSED,
                                      .rev = subscriber->rev };
        visit_note(passed, &kept);
    }
    return true;
}

// A walk gets no more than three times as many places as are left free: so
// one alone has most of them, and another that comes finds some at once.
static bool has_place(const struct walk *walk)
{
    const struct walk_means *means = walk->means;
    return means->flying < means->flying_max
           && walk->flying < 3 * (means->flying_max - means->flying)
           && means->late < 4 * means->flying_max;
}

static bool has_room(const struct walk *walk)
{
    return !window_full(&walk->window)
           && (window_count(&walk->window) < WINDOW_LEAST
               || walk->means->visits < VISITS_MAX);
}

static bool may_visit(const struct walk *walk)
{
    const struct walk_means *means = walk->means;
    return !walk->content_asked && !walk->rests && !walk->turns
           && !means->draining && !means->paused && !walk_is_done(walk)
           && has_room(walk) && has_place(walk)
           && (!means->lanes || lanes_known(means->lanes));
}

bool walk_visit_some(struct walk *walk, struct moment now)
{
    for (int i = 0; i < VISITS_A_STEP; i++) {
        if (!may_visit(walk))
            return false;
        const struct store_subscriber *subscriber = walk_pages_next(walk, now);
        if (!subscriber || !visit(walk, subscriber, now))
            return false;
        walk_pages_pass(walk);
    }
    return true;
}
