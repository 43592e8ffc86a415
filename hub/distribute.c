// SPDX-License-Identifier: MIT

#include "distribute.h"

#include "config.h"
#include "delivery.h"
#include "ledger.h"
#include "services.h"
#include "walk.h"

#include <assert.h>
#include <stdlib.h>

enum {
    WALKS_MAX = 64, // at a time; the store keeps the others
    WALKS_PAGE = 64,
    LOOK_AGAIN_MS = 1000,
};

struct distribute {
    struct services services;
    struct walk_means means;
    struct walk *first, **last; // in turn
    size_t count;
    struct store_walks walks;
    bool asking;
    bool unlisted;   // the store may have walks that are not in the list
    int64_t look_at; // monotonic: when to look for them
};

static struct walk *find(const struct distribute *distribute, uint64_t topic)
{
    for (struct walk *w = distribute->first; w; w = w->next)
        if (w->record.topic == topic && !w->over && !w->lost)
            return w;
    return NULL;
}

void distribute_begin(struct distribute *distribute,
                      const struct store_walk *record)
{
    const struct walk *known = find(distribute, record->topic);
    if (known) {
        // Another one: the end of the known one is still on its way here.
        distribute->unlisted |= known->record.to != record->to;
        return;
    }
    if (distribute->count == WALKS_MAX || distribute->means.draining) {
        distribute->unlisted = true;
        return;
    }
    struct walk *walk = walk_new(&distribute->means, record, loop_now());
    if (!walk) {
        distribute->unlisted = true;
        return;
    }
    *distribute->last = walk;
    distribute->last = &walk->next;
    distribute->count++;
}

void distribute_depart(struct distribute *distribute, uint64_t topic,
                       uint64_t subscription)
{
    departed_add(&distribute->means.departed, topic, subscription);
    for (struct walk *w = distribute->first; w; w = w->next)
        if (w->record.topic == topic)
            walk_depart(w, subscription);
}

static void listed(struct store_op *op)
{
    struct distribute *distribute = op->context;
    const struct store_walks *walks = &distribute->walks;
    distribute->asking = false;
    distribute->look_at = loop_now().mono + LOOK_AGAIN_MS;
    if (op->status == STORE_OK) {
        distribute->unlisted = !walks->end;
        for (size_t i = 0; i < walks->count; i++)
            distribute_begin(distribute, &walks->items[i]);
        distribute->walks.after = walks->end || walks->count == 0
                                      ? 0
                                      : walks->items[walks->count - 1].topic;
    }
    store_release(op);
}

static bool wants_list(const struct distribute *distribute)
{
    return distribute->unlisted && !distribute->asking
           && !distribute->means.draining && distribute->count < WALKS_MAX;
}

static void ask_list(struct distribute *distribute)
{
    uint64_t after = distribute->walks.after;
    distribute->walks = (struct store_walks){
        .op = { .verb = STORE_WALKS, .done = listed, .context = distribute },
        .after = after,
        .max = WALKS_PAGE,
    };
    distribute->asking = true;
    store_submit(distribute->services.store, &distribute->walks.op);
}

bool distribute_step(void *self, struct moment now)
{
    struct distribute *distribute = self;
    bool more = false;
    struct walk **at = &distribute->first;
    while (*at) {
        struct walk *walk = *at;
        more |= walk_step(walk, now);
        if (!walk->over) {
            at = &walk->next;
            continue;
        }
        *at = walk->next;
        distribute->count--;
        distribute->unlisted |= walk->lost;
        walk_free(walk);
    }
    // Who was first is last in the next turn: so all get their share.
    distribute->last = at;
    if (distribute->count > 1) {
        struct walk *walk = distribute->first;
        assert(walk);
        distribute->first = walk->next;
        walk->next = NULL;
        *distribute->last = walk;
        distribute->last = &walk->next;
    }
    if (wants_list(distribute) && distribute->look_at <= now.mono)
        ask_list(distribute);
    return more;
}

int64_t distribute_patience(void *self, struct moment now)
{
    const struct distribute *distribute = self;
    int64_t patience = LOOP_FOR_EVER;
    for (const struct walk *w = distribute->first; w; w = w->next) {
        int64_t left = walk_patience(w, now);
        if (left < patience)
            patience = left;
    }
    if (wants_list(distribute)) {
        int64_t left = distribute->look_at - now.mono;
        left = left > 0 ? left : 0;
        if (left < patience)
            patience = left;
    }
    return patience;
}

void distribute_answered(struct distribute *distribute,
                         struct exchange *exchange)
{
    struct delivery *delivery = exchange->owner;
    struct walk *walk = delivery->owner;
    struct store_outcome outcome =
        delivery_outcome(delivery, distribute->services.config, loop_now());

    distribute->means.flying--;
    delivery_note(delivery, &outcome, distribute->services.metrics);
    if (walk)
        walk_ended(walk, delivery, &outcome);
    else
        ledger_add(distribute->means.ledger, &outcome);
    delivery_free(delivery, distribute->means.contents);
}

struct distribute *distribute_new(const struct services *services,
                                  struct contents *contents,
                                  struct ledger *ledger,
                                  void (*lagging)(void *context), void *context)
{
    struct distribute *distribute = calloc(1, sizeof *distribute);
    if (!distribute)
        return NULL;
    distribute->services = *services;
    distribute->last = &distribute->first;
    distribute->unlisted = true; // what the last run left unfinished
    distribute->means = (struct walk_means){
        .services = &distribute->services,
        .contents = contents,
        .ledger = ledger,
        .flying_max = (size_t)services->config->deliveries * 2,
        .lagging = lagging,
        .context = context,
    };
    return distribute;
}

void distribute_free(struct distribute *distribute)
{
    if (!distribute)
        return;
    while (distribute->first) {
        struct walk *walk = distribute->first;
        distribute->first = walk->next;
        walk_free(walk);
    }
    free(distribute);
}

void distribute_drain(struct distribute *distribute)
{
    distribute->means.draining = true;
}

bool distribute_idle(const struct distribute *distribute)
{
    if (distribute->means.flying > 0 || distribute->asking)
        return false;
    for (const struct walk *w = distribute->first; w; w = w->next)
        if (!walk_quiet(w))
            return false;
    return true;
}
