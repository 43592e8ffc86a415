// SPDX-License-Identifier: MIT

#include "walk.h"

#include "delivery.h"
#include "services.h"
#include "walk_checkpoint.h"
#include "walk_visit.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void content_ready(struct content_wait *wait, struct content *content,
                          bool gone)
{
    struct walk *walk = (struct walk *)wait;
    walk->content_asked = false;
    if (walk->content)
        content_drop(walk->means->contents, walk->content);
    walk->content = content;
    if (!content)
        walk->pause_until = loop_now().mono + WALK_PAUSE_MS;
    if (gone)
        walk->gone = window_count(&walk->window) == 0 && !walk->writing;
}

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
    walk->began = walk->checked_at = walk->turned_at = now.mono;
    return walk;
}

void walk_free(struct walk *walk)
{
    walk_pages_clear(walk);
    if (walk->content)
        content_drop(walk->means->contents, walk->content);
    walk->means->visits -= window_count(&walk->window);
    window_clear(&walk->window);
    free(walk);
}

bool walk_step(struct walk *walk, struct moment now)
{
    const struct walk_means *means = walk->means;
    if (walk->lost || walk->gone)
        walk->over = walk_pages_quiet(walk) && !walk->content_asked;
    if (walk->over || walk->lost || walk->gone || walk->pause_until > now.mono)
        return false;
    walk_visit_late(walk, now);
    bool more = walk_visit_some(walk, now);
    if (!means->draining && !means->paused && !walk->rests
        && !walk_is_done(walk))
        walk_pages_ask(walk);
    if (!walk->writing)
        walk_checkpoint(walk, now);
    if (walk->rests && walk_quiet(walk))
        walk->over = true;
    return more;
}

int64_t walk_patience(const struct walk *walk, struct moment now)
{
    if (walk->over)
        return 0;
    if (walk->pause_until > now.mono)
        return walk->pause_until - now.mono;
    if (walk->write_at > now.mono)
        return walk->write_at - now.mono;
    if (window_count(&walk->window) == 0)
        return LOOP_FOR_EVER; // a page or a content wakes us
    return WALK_CHECKPOINT_MS;
}

bool walk_is_done(const struct walk *walk)
{
    return walk_pages_end(walk)
           || walk->visited >= store_walk_goal(&walk->record);
}

void walk_rest(struct walk *walk)
{
    walk->rests = true;
}

void walk_note_served(const struct walk *walk, struct visit *visit,
                      const struct store_outcome *outcome)
{
    if (outcome->upto < walk->record.to)
        visit_note(visit, outcome);
    else
        visit_settle(visit);
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
        walk_note_served(walk, visit, outcome);
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
    walk->flying--;
    walk_visit_learn(walk, visit, loop_now());
    if (outcome->kind == STORE_DELIVERED)
        walk_note_served(walk, visit, outcome);
    else
        visit_note(visit, outcome);
}

void walk_depart(struct walk *walk, uint64_t subscription)
{
    for (uint64_t n = walk->window.front; n < walk->window.back; n++) {
        const struct visit *visit = window_at(&walk->window, n);
        if (visit->subscription == subscription && visit->delivery)
            delivery_cancel(walk->means->services, visit->delivery);
    }
}

void walk_take_back(struct walk *walk, const struct store_key *origin)
{
    for (uint64_t n = walk->window.front; n < walk->window.back; n++) {
        const struct visit *visit = window_at(&walk->window, n);
        if (visit->delivery
            && memcmp(&visit->delivery->origin, origin, sizeof *origin) == 0)
            delivery_cancel(walk->means->services, visit->delivery);
    }
}

bool walk_quiet(const struct walk *walk)
{
    return !walk->writing && walk_pages_quiet(walk) && !walk->content_asked
           && window_count(&walk->window) == 0;
}
