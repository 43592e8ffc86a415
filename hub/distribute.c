// SPDX-License-Identifier: MIT

#include "distribute.h"

#include "config.h"
#include "delivery.h"
#include "delivery_end.h"
#include "lanes.h"
#include "ledger.h"
#include "services.h"
#include "walk.h"

#include <assert.h>
#include <stdlib.h>

enum {
    WALKS_MAX = 64, // at a time; the store keeps the others
    WALKS_PAGE = 64,
    WAITING_MAX = 64, // that are known here; the others are looked for
    LOOK_AGAIN_MS = 1000,
    TURN_MS = 500, // then one makes room for who waits
};

struct distribute {
    struct services services;
    struct walk_means means;
    struct walk *first, **last; // in turn
    size_t count;
    struct store_walk waiting[WAITING_MAX]; // for a place, in a ring
    size_t waiting_at, waiting_count;
    struct store_walks walks;
    bool asking;
    bool unlisted;   // the store may have walks that are not in the list
    int64_t look_at; // monotonic: when to look for them
};

// ------------------------------------------------------------------- places

static struct walk *find(const struct distribute *distribute, uint64_t topic)
{
    for (struct walk *w = distribute->first; w; w = w->next)
        if (w->record.topic == topic && !w->over && !w->lost)
            return w;
    return NULL;
}

static struct store_walk *waiting(struct distribute *distribute, size_t i)
{
    return &distribute->waiting[(distribute->waiting_at + i) % WAITING_MAX];
}

static bool waits(struct distribute *distribute, uint64_t topic)
{
    for (size_t i = 0; i < distribute->waiting_count; i++)
        if (waiting(distribute, i)->topic == topic)
            return true;
    return false;
}

// False: there is no room to remember it.
static bool queue(struct distribute *distribute,
                  const struct store_walk *record)
{
    if (waits(distribute, record->topic))
        return true;
    if (distribute->waiting_count == WAITING_MAX)
        return false;
    *waiting(distribute, distribute->waiting_count++) = *record;
    return true;
}

// `anew`: it has been waiting, or was left by the last run: the head may have
// risen, and it goes on with that in one step (M1).
static bool start(struct distribute *distribute,
                  const struct store_walk *record, bool anew)
{
    struct walk *walk = walk_new(&distribute->means, record, loop_now());
    if (!walk)
        return false;
    walk->turns = anew;
    *distribute->last = walk;
    distribute->last = &walk->next;
    distribute->count++;
    return true;
}

// False: it has to be looked for later.
static bool place(struct distribute *distribute,
                  const struct store_walk *record, bool anew)
{
    const struct walk *known = find(distribute, record->topic);
    if (known)
        // Another one: the end of the known one is still on its way here.
        return known->record.to == record->to;
    if (distribute->means.draining)
        return false;
    if (distribute->count == WALKS_MAX || distribute->waiting_count > 0)
        return queue(distribute, record);
    return start(distribute, record, anew);
}

void distribute_begin(struct distribute *distribute,
                      const struct store_walk *record)
{
    if (!place(distribute, record, false))
        distribute->unlisted = true;
}

static void fill_places(struct distribute *distribute)
{
    while (distribute->waiting_count > 0 && distribute->count < WALKS_MAX
           && !distribute->means.draining) {
        const struct store_walk *record = waiting(distribute, 0);
        if (!start(distribute, record, true))
            distribute->unlisted = true;
        distribute->waiting_at = (distribute->waiting_at + 1) % WAITING_MAX;
        distribute->waiting_count--;
    }
}

// As many as wait, of those who have had their turn; the longest first.
static void make_room(struct distribute *distribute, struct moment now)
{
    size_t resting = 0;
    if (distribute->count < WALKS_MAX || distribute->waiting_count == 0)
        return;
    for (const struct walk *w = distribute->first; w; w = w->next)
        resting += w->rests;
    while (resting < distribute->waiting_count) {
        struct walk *oldest = NULL;
        for (struct walk *w = distribute->first; w; w = w->next)
            if (!w->rests && now.mono - w->began >= TURN_MS
                && (!oldest || w->began < oldest->began))
                oldest = w;
        if (!oldest)
            return;
        walk_rest(oldest);
        resting++;
    }
}

// ------------------------------------------------------------------- steps

void distribute_depart(struct distribute *distribute, uint64_t topic,
                       uint64_t subscription)
{
    departed_add(&distribute->means.departed, topic, subscription);
    for (struct walk *w = distribute->first; w; w = w->next)
        if (w->record.topic == topic)
            walk_depart(w, subscription);
}

void distribute_take_back(struct distribute *distribute,
                          const struct store_key *origin)
{
    for (struct walk *w = distribute->first; w; w = w->next)
        walk_take_back(w, origin);
}

void distribute_recall(struct distribute *distribute, uint64_t topic,
                       uint64_t subscription)
{
    for (struct walk *w = distribute->first; w; w = w->next) {
        if (w->record.topic != topic)
            continue;
        walk_pages_outdate(w);
        if (subscription != 0)
            walk_depart(w, subscription);
    }
}

static void listed(struct store_op *op)
{
    struct distribute *distribute = op->context;
    const struct store_walks *walks = &distribute->walks;
    distribute->asking = false;
    distribute->look_at = loop_now().mono + LOOK_AGAIN_MS;
    if (op->status == STORE_OK) {
        uint64_t after = walks->after;
        size_t placed = 0;
        distribute->unlisted = false;
        while (placed < walks->count
               && place(distribute, &walks->items[placed], true))
            after = walks->items[placed++].topic;
        if (placed < walks->count || !walks->end)
            distribute->unlisted = true;
        else
            after = 0;
        distribute->walks.after = after;
    }
    store_release(op);
}

static bool wants_list(const struct distribute *distribute)
{
    return distribute->unlisted && !distribute->asking
           && !distribute->means.draining && distribute->waiting_count == 0;
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

// It is over, or has stepped aside.
static void end(struct distribute *distribute, struct walk *walk)
{
    distribute->count--;
    distribute->unlisted |= walk->lost;
    // It comes after those who wait already.
    if (walk->rests && !walk->gone && !walk->lost && !walk->finished)
        distribute->unlisted |=
            distribute->waiting_count == 0 || !queue(distribute, &walk->record);
    walk_free(walk);
}

static bool step_walks(struct distribute *distribute, struct moment now)
{
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
        end(distribute, walk);
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
    return more;
}

bool distribute_step(void *self, struct moment now)
{
    struct distribute *distribute = self;
    bool more = step_walks(distribute, now);
    more |= distribute->count < WALKS_MAX && distribute->waiting_count > 0
            && !distribute->means.draining;
    fill_places(distribute);
    make_room(distribute, now);
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
    if (distribute->waiting_count > 0 && patience > TURN_MS)
        patience = TURN_MS;
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
    struct moment now = loop_now();
    struct store_outcome outcome =
        delivery_outcome(delivery, distribute->services.config, now);

    if (delivery->late)
        distribute->means.late--;
    else
        distribute->means.flying--;
    if (distribute->means.lanes)
        lanes_ended(distribute->means.lanes, delivery, &outcome, now);
    delivery_note(delivery, &outcome, &distribute->services,
                  distribute->means.ledger, now);
    if (walk)
        walk_ended(walk, delivery, &outcome);
    else
        ledger_add(distribute->means.ledger, &outcome);
    delivery_free(delivery, distribute->means.contents);
}

// A few more than the engine has, so that none of these is idle; but so that
// one walk alone leaves some of them to others (walk_visit.c).
static size_t places(const struct config *config)
{
    size_t deliveries = (size_t)config->deliveries;
    return deliveries + (deliveries + 3) / 4;
}

struct distribute *distribute_new(const struct services *services,
                                  struct contents *contents,
                                  struct ledger *ledger, struct lanes *lanes,
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
        .lanes = lanes,
        .flying_max = places(services->config),
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
    delivery_pool_clear(&distribute->means.pool);
    free(distribute);
}

void distribute_pause(struct distribute *distribute, bool paused)
{
    if (distribute->means.paused == paused)
        return;
    distribute->means.paused = paused;
    loop_wake(distribute->services.loop);
}

void distribute_drain(struct distribute *distribute)
{
    distribute->means.draining = true;
}

bool distribute_idle(const struct distribute *distribute)
{
    const struct walk_means *means = &distribute->means;
    if (means->flying > 0 || means->late > 0 || distribute->asking)
        return false;
    for (const struct walk *w = distribute->first; w; w = w->next)
        if (!walk_quiet(w))
            return false;
    return true;
}
