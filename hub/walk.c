// SPDX-License-Identifier: MIT

#include "walk.h"

#include "config.h"
#include "delivery.h"
#include "services.h"
#include "walk_checkpoint.h"

#include <assert.h>
#include <stdlib.h>

enum {
    PAGE = 256,
    LATE_MS = 1000,  // then a delivery gets a lagging record (M1)
    GRACE_MS = 5000, // beyond its own timeout until that falls due
    PAUSE_MS = 1000,
    VISITS_A_STEP = 64,
};

// What he was sent, or passed by, may end before the walk does (M13): then
// what is left is owed.
static void note_served(const struct walk *walk, struct visit *visit,
                        const struct store_outcome *outcome)
{
    if (outcome->upto < walk->record.to)
        visit_note(visit, outcome);
    else
        visit_settle(visit);
}

// ----------------------------------------------------------------- visits

static void notice_late(struct walk *walk, struct moment now)
{
    const struct config *config = walk->means->services->config;
    for (uint64_t n = walk->window.front; n < walk->window.back; n++) {
        struct visit *visit = window_at(&walk->window, n);
        if (now.mono - visit->began < LATE_MS)
            return; // later ones began later
        if (visit->state != VISIT_FLYING)
            continue;
        struct delivery *delivery = visit->delivery;
        struct store_outcome outcome = {
            .kind = STORE_OWED,
            .rev = delivery->rev,
            .upto = delivery->content->upto,
            .next = delivery->cursor + 1,
            .due = now.unix + config->delivery_timeout + GRACE_MS,
        };
        visit_note(visit, &outcome);
        visit->state = VISIT_LATE;
        visit->delivery = delivery;
        // One that has not even started frees its place for others.
        engine_cancel(walk->means->services->engine, &delivery->exchange);
    }
}

static struct visit *visit_new(struct walk *walk,
                               const struct store_subscriber *subscriber,
                               struct moment now, uint64_t *number)
{
    struct visit *visit = window_add(&walk->window, number);
    if (!visit)
        return NULL;
    visit->subscription = subscriber->id;
    visit->began = now.mono;
    walk->visited = subscriber->id;
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

static void content_ready(struct content_wait *wait, struct content *content,
                          bool gone)
{
    struct walk *walk = (struct walk *)wait;
    walk->content_asked = false;
    if (walk->content)
        content_drop(walk->means->contents, walk->content);
    walk->content = content;
    if (!content)
        walk->pause_until = loop_now().mono + PAUSE_MS;
    if (gone)
        walk->over = window_count(&walk->window) == 0 && !walk->writing;
}

// False: try again later.
static bool deliver(struct walk *walk,
                    const struct store_subscriber *subscriber,
                    struct moment now)
{
    uint64_t cursor = subscriber->start > walk->record.from ? subscriber->start
                                                            : walk->record.from;
    struct content_key key = {
        .topic = walk->record.topic,
        .from = cursor,
        .to = walk->record.to,
        .wish = delivery_wish(subscriber, cursor),
    };
    uint64_t number;
    struct content *content = content_for(walk, &key);
    if (!content)
        return false;
    struct visit *visit = visit_new(walk, subscriber, now, &number);
    if (!visit)
        return false;
    if (content->nothing) {
        struct store_outcome passed = { .kind = STORE_DELIVERED,
                                        .rev = subscriber->rev,
                                        .upto = content->upto };
        note_served(walk, visit, &passed);
        return true;
    }
    struct delivery *delivery =
        delivery_new(subscriber, content_hold(content), cursor,
                     EXCHANGE_DELIVER, walk->means->services->config);
    if (!delivery) {
        // Out of memory: he lags, and is served when there is some.
        struct store_outcome owed = { .kind = STORE_OWED,
                                      .next = cursor + 1,
                                      .due = now.unix + PAUSE_MS };
        content_drop(walk->means->contents, content);
        visit_note(visit, &owed);
        return true;
    }
    delivery->owner = walk;
    delivery->visit = number;
    visit->delivery = delivery;
    walk->means->flying++;
    engine_submit(walk->means->services->engine, &delivery->exchange);
    return true;
}

static bool visit(struct walk *walk, const struct store_subscriber *subscriber,
                  struct moment now)
{
    uint64_t number;
    bool owed = subscriber->start < walk->record.to
                && !departed_has(&walk->means->departed, walk->record.topic,
                                 subscriber->id);
    bool over = subscriber->suspended || subscriber->lease_end <= now.unix;
    if (owed && !over && !subscriber->lagging) // R60
        return deliver(walk, subscriber, now);

    struct visit *passed = visit_new(walk, subscriber, now, &number);
    if (!passed)
        return false;
    visit_settle(passed);
    if (subscriber->lagging) {
        // Retry alone serves him; but there is something new (M4).
        struct store_outcome reminded = { .kind = STORE_REMINDED,
                                          .rev = subscriber->rev };
        visit_note(passed, &reminded);
    } else if (owed) {
        // A renewal under verification may save him: it is kept for that.
        struct store_outcome kept = { .kind = STORE_PASSED,
                                      .rev = subscriber->rev };
        visit_note(passed, &kept);
    }
    return true;
}

// ------------------------------------------------------------------- pages

static void paged(struct store_op *op)
{
    struct walk *walk = op->context;
    walk->page_asked = false;
    if (op->status != STORE_OK) {
        store_release(op);
        walk->over =
            op->status == STORE_NOT_FOUND && window_count(&walk->window) == 0;
        walk->pause_until = loop_now().mono + PAUSE_MS;
        return;
    }
    walk->page_there = true;
    walk->page_at = 0;
    walk->end = walk->page.end;
}

static void ask_page(struct walk *walk)
{
    store_release(&walk->page.op);
    walk->page = (struct store_page_subscribers){
        .op = { .verb = STORE_PAGE_SUBSCRIBERS,
                .done = paged,
                .context = walk },
        .topic = walk->record.topic,
        .after = walk->visited,
        .max = PAGE,
    };
    walk->page_there = false;
    walk->page_asked = true;
    walk->page_at = 0;
    store_submit(walk->means->services->store, &walk->page.op);
}

static bool may_visit(const struct walk *walk)
{
    return walk->page_there && walk->page_at < walk->page.count
           && !walk->content_asked && !window_full(&walk->window)
           && !walk->means->draining
           && walk->means->flying < walk->means->flying_max;
}

static bool visit_some(struct walk *walk, struct moment now)
{
    for (int i = 0; i < VISITS_A_STEP; i++) {
        if (!may_visit(walk))
            return false;
        if (!visit(walk, &walk->page.items[walk->page_at], now))
            return false;
        walk->page_at++;
    }
    return may_visit(walk);
}

// --------------------------------------------------------------- the walk

struct walk *walk_new(struct walk_means *means, const struct store_walk *record,
                      struct moment now)
{
    struct walk *walk = calloc(1, sizeof *walk);
    if (!walk)
        return NULL;
    walk->wait.ready = content_ready;
    walk->means = means;
    walk->record = *record;
    walk->visited = record->position;
    walk->checked_at = now.mono;
    return walk;
}

void walk_free(struct walk *walk)
{
    store_release(&walk->page.op);
    if (walk->content)
        content_drop(walk->means->contents, walk->content);
    window_clear(&walk->window);
    free(walk);
}

bool walk_step(struct walk *walk, struct moment now)
{
    if (walk->lost)
        walk->over = !walk->page_asked && !walk->content_asked;
    if (walk->over || walk->lost || walk->pause_until > now.mono)
        return false;
    notice_late(walk, now);
    bool more = visit_some(walk, now);
    bool page_done = !walk->page_there || walk->page_at == walk->page.count;
    if (page_done && !walk->end && !walk->page_asked && !walk->means->draining)
        ask_page(walk);
    if (!walk->writing)
        walk_checkpoint(walk, now);
    return more;
}

int64_t walk_patience(const struct walk *walk, struct moment now)
{
    if (walk->over)
        return 0;
    if (walk->pause_until > now.mono)
        return walk->pause_until - now.mono;
    if (window_count(&walk->window) == 0)
        return LOOP_FOR_EVER; // a page or a content wakes us
    return WALK_CHECKPOINT_MS;
}

static void ended_late(struct walk *walk, struct visit *visit,
                       const struct store_outcome *outcome, uint64_t number)
{
    visit->delivery = NULL;
    if (walk->writing && number - walk->window.front < walk->passing) {
        // Its record is just being written: this one comes after it.
        visit->state = VISIT_OUTCOME;
        if (walk->late_count < sizeof walk->late / sizeof *walk->late)
            walk->late[walk->late_count++] = *outcome;
        return;
    }
    if (outcome->kind == STORE_DELIVERED)
        note_served(walk, visit, outcome);
    else
        visit_note(visit, outcome);
}

void walk_ended(struct walk *walk, const struct delivery *delivery,
                const struct store_outcome *outcome)
{
    struct visit *visit = window_at(&walk->window, delivery->visit);
    assert(visit && visit->delivery == delivery);
    if (visit->state == VISIT_LATE) {
        ended_late(walk, visit, outcome, delivery->visit);
        return;
    }
    if (outcome->kind == STORE_DELIVERED)
        note_served(walk, visit, outcome);
    else
        visit_note(visit, outcome);
}

void walk_depart(struct walk *walk, uint64_t subscription)
{
    for (uint64_t n = walk->window.front; n < walk->window.back; n++) {
        const struct visit *visit = window_at(&walk->window, n);
        if (visit->subscription == subscription && visit->delivery)
            engine_cancel(walk->means->services->engine,
                          &visit->delivery->exchange);
    }
}

bool walk_quiet(const struct walk *walk)
{
    return !walk->writing && !walk->page_asked && !walk->content_asked
           && window_count(&walk->window) == 0;
}
