// SPDX-License-Identifier: MIT

#include "pullers.h"

#include "access.h"
#include "config.h"
#include "crowd.h"
#include "hold.h"
#include "metrics.h"
#include "pull_problem.h"
#include "puller_inside.h"
#include "request.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    EVENTS_STEP = 512, // of connections
    READS_STEP = 512,  // begun
    REVOKED_STEP = 128,
    EXPIRED_STEP = 128, // each is written for itself
    ADDRESSES = 4096,   // places in the table
    DRAIN_LOOK_MS = 20, // between two portions
    DRAIN_EACH_MS = 2,  // a held one, as long as they are few
    STEP_MS = 3,
};

// -------------------------------------------------------------------- limits

// An address, or the /64 that one customer gets of IPv6, as bytes.
static void network_of(const char *peer, uint8_t out[16])
{
    memset(out, 0, 16);
    if (inet_pton(AF_INET6, peer, out) == 1)
        memset(out + 8, 0, 8);
    else
        (void)inet_pton(AF_INET, peer, out + 12);
}

static void key_of(uint64_t token, uint8_t out[16])
{
    memset(out, 0, 16);
    memcpy(out, &token, sizeof token);
}

static struct pull_problem too_many(unsigned status, const char *of_whom)
{
    return pull_problem_of(status, "too-many-requests-held", of_whom);
}

bool pullers_count(struct puller *puller, struct pull_problem *problem)
{
    struct pullers *all = puller->all;
    const struct config *config = all->services.config;
    const struct visitor *visitor = puller->visitor;
    uint8_t key[16];
    int64_t most =
        config->pulls < config->pulls_room ? config->pulls : config->pulls_room;
    if (all->held >= (uint64_t)most) {
        *problem = too_many(503, "this hub holds as many as it can");
        return false;
    }
    if (visitor->token != 0) {
        key_of(visitor->token, key);
        puller->member =
            crowd_join(all->tokens, key, (unsigned)config->pulls_per_token);
    } else {
        network_of(puller->request->peer, key);
        puller->member = crowd_join(all->addresses, key,
                                    (unsigned)config->pulls_per_address);
    }
    if (!puller->member) {
        *problem = too_many(429, visitor->token != 0
                                     ? "too many are held with this token"
                                     : "too many are held for this address");
        return false;
    }
    all->held++;
    all->of_voice[puller->voice]++;
    return true;
}

static void discount(struct puller *puller)
{
    struct pullers *all = puller->all;
    if (!puller->member)
        return;
    crowd_leave(puller->visitor->token != 0 ? all->tokens : all->addresses,
                puller->member);
    puller->member = NULL;
    all->held--;
    all->of_voice[puller->voice]--;
}

// Whoever is counted was marked when his token ended; who came in by then and
// is not counted yet is found among the last of those that have.
static bool is_revoked(const struct puller *puller)
{
    const struct pullers *all = puller->all;
    uint64_t token = puller->visitor->token;
    if (puller->member && crowd_is_marked(puller->member))
        return true;
    for (size_t i = 0; token != 0 && i < PULLERS_REVOKED; i++)
        if (all->revoked[i] == token)
            return true;
    return false;
}

static void say_revoked(struct puller *puller)
{
    struct pull_problem problem = pull_problem_of(
        401, "token-revoked", "the token has ended: show another");
    metric_add(puller->all->services.metrics, METRIC_PULLS_REVOKED, 1);
    puller_refuse(puller, &problem);
}

// ------------------------------------------------------------------- holding

// By George Marsaglia (xorshift). The system's own takes a call into the
// kernel, and thousands come back at a time.
uint32_t pullers_throw(struct pullers *all, uint32_t sides)
{
    all->dice ^= all->dice << 13;
    all->dice ^= all->dice >> 7;
    all->dice ^= all->dice << 17;
    return (uint32_t)(all->dice >> 32) % sides;
}

// Up to a fifth less than asked for, so that many do not come back at one
// time; streams up to a fifth more, too.
static int64_t length_of(const struct puller *puller)
{
    bool stream = puller_is_stream(puller);
    int64_t most = stream ? puller->wish->life_ms : puller->wish->wait_ms;
    int64_t fifth = most / 5;
    int64_t less = fifth * (int64_t)pullers_throw(puller->all, 1001) / 1000;
    return stream ? most + fifth - 2 * less : most - less;
}

bool pullers_hold(struct puller *puller, struct moment now)
{
    struct pullers *all = puller->all;
    struct pull_problem problem;
    if (is_revoked(puller)) {
        say_revoked(puller);
        return false;
    }
    if (!puller->member && !pullers_count(puller, &problem)) {
        metric_add(all->services.metrics, METRIC_PULLS_TURNED_AWAY, 1);
        puller_refuse(puller, &problem);
        return false;
    }
    int64_t ms = length_of(puller), expires = puller->visitor->expires;
    if (expires > 0 && expires - now.unix < ms)
        ms = expires > now.unix ? expires - now.unix : 0;
    struct puller_wish *wish = puller->wish;
    puller->deadline = (struct deadline){ 0 };
    if (!deadline_set(&all->deadlines, &puller->deadline, now.mono + ms)) {
        puller->wish = wish;
        problem =
            pull_problem_of(503, "out-of-memory", "the hub is out of memory");
        puller_refuse(puller, &problem);
        return false;
    }
    free(wish);
    puller->hold = hold_take(puller->request, puller);
    puller->held = true;
    metric_add(all->services.metrics, METRIC_PULLS_HELD, 1);
    return true;
}

void pullers_queue(struct puller *puller)
{
    struct pullers *all = puller->all;
    puller->state = PULLER_QUEUED;
    puller->next = NULL;
    *all->last = puller;
    all->last = &puller->next;
    loop_wake(all->services.loop);
}

void pullers_forget(struct puller *puller)
{
    struct pullers *all = puller->all;
    bool queued = puller->state == PULLER_QUEUED;
    assert(puller->state != PULLER_OVER);
    puller->source->over(puller);
    discount(puller);
    if (puller->held)
        deadline_drop(&all->deadlines, &puller->deadline);
    else
        free(puller->wish);
    visitor_drop(puller->visitor);
    all->count--;
    puller->state = PULLER_OVER;
    if (!queued)
        free(puller);
}

// ------------------------------------------------------------------- stepping

// What a socket says may take long to read.
static bool took_long(const struct hold_event *event, struct moment now)
{
    return event->kind == HOLD_MESSAGE && loop_now().mono - now.mono >= STEP_MS;
}

static bool look_after_connections(struct pullers *all, struct moment now)
{
    struct hold_event event;
    for (int i = 0; all->front && i < EVENTS_STEP; i++) {
        if (!hold_next(all->front, &event))
            return false;
        puller_event(event.owner, &event);
        if (event.kind == HOLD_MESSAGE)
            free(event.text);
        if (took_long(&event, now))
            return true;
    }
    return all->front != NULL;
}

static bool read_some(struct pullers *all, struct moment now)
{
    for (int i = 0; i < READS_STEP && all->first; i++) {
        struct puller *puller = all->first;
        all->first = puller->next;
        if (!all->first)
            all->last = &all->first;
        if (puller->state == PULLER_OVER)
            free(puller);
        else
            puller_read_next(puller);
        if (i % 32 == 31 && loop_now().mono - now.mono >= STEP_MS)
            break;
    }
    return all->first != NULL;
}

static struct puller *of_deadline(struct deadline *deadline)
{
    char *at = (char *)deadline;
    return (struct puller *)(void *)(at - offsetof(struct puller, deadline));
}

static bool expire_some(struct pullers *all, struct moment now)
{
    for (int i = 0; i < EXPIRED_STEP; i++) {
        struct deadline *over = deadline_take(&all->deadlines, now.mono);
        if (!over)
            return false;
        puller_expire(of_deadline(over), now);
    }
    return true;
}

// Those whose token has ended. Whoever goes moves others in the heap: it is
// looked through until there is nobody.
static bool revoke_some(struct pullers *all, struct moment now)
{
    const struct deadlines *held = &all->deadlines;
    size_t ended = 0;
    for (uint32_t i = held->count; all->revoking && i-- > 0;) {
        if (i >= held->count)
            continue;
        struct puller *puller = of_deadline(held->heap[i]);
        if (!crowd_is_marked(puller->member))
            continue;
        say_revoked(puller);
        if (++ended == REVOKED_STEP
            || (ended % 16 == 0 && loop_now().mono - now.mono >= STEP_MS))
            return true;
    }
    all->revoking = ended > 0;
    return all->revoking;
}

// As many as it takes to be done in time.
static void drain_some(struct pullers *all, struct moment now)
{
    uint64_t left = all->deadlines.count;
    int64_t time = all->drain_end - all->drain_last;
    int64_t passed = now.mono - all->drain_last;
    uint64_t some = left;
    if (time > 0 && passed < time)
        some = left * (uint64_t)passed / (uint64_t)time;
    if (some == 0)
        return;
    all->drain_last = now.mono;
    for (uint64_t i = 0; i < some && i < EVENTS_STEP; i++) {
        if (all->deadlines.count == 0)
            return;
        struct deadline *one = all->deadlines.heap[all->deadlines.count - 1];
        deadline_drop(&all->deadlines, one);
        puller_expire(of_deadline(one), now);
    }
}

bool pullers_step(void *self, struct moment now)
{
    struct pullers *all = self;
    all->now = now;
    bool more = look_after_connections(all, now);
    more = read_some(all, now) || more;
    more = expire_some(all, now) || more;
    more = revoke_some(all, now) || more;
    if (all->draining)
        drain_some(all, now);
    return more;
}

int64_t pullers_patience(void *self, struct moment now)
{
    const struct pullers *all = self;
    if (all->first || all->revoking)
        return 0;
    int wait = deadline_wait(&all->deadlines, now.mono);
    if (wait < 0)
        return LOOP_FOR_EVER;
    return all->draining && wait > DRAIN_LOOK_MS ? DRAIN_LOOK_MS : wait;
}

// ------------------------------------------------------------------ all of it

void pullers_numbers(const struct pullers *pullers, struct pullers_numbers *out)
{
    *out = (struct pullers_numbers){ .held = pullers->held };
    memcpy(out->of_voice, pullers->of_voice, sizeof out->of_voice);
}

void pullers_revoke(struct pullers *pullers, uint64_t token)
{
    uint8_t key[16];
    key_of(token, key);
    crowd_mark(pullers->tokens, key);
    pullers->revoked[pullers->revoked_next++ % PULLERS_REVOKED] = token;
    pullers->revoking = true;
    loop_wake(pullers->services.loop);
}

void pullers_judge(struct pullers *pullers)
{
    const struct deadlines *held = &pullers->deadlines;
    for (uint32_t i = 0; i < held->count; i++) {
        struct puller *puller = of_deadline(held->heap[i]);
        if (puller->source->ruled)
            puller_wake(puller);
    }
}

void pullers_drain(struct pullers *pullers, int64_t spread_ms)
{
    int64_t now = loop_now().mono;
    int64_t needed = (int64_t)pullers->deadlines.count * DRAIN_EACH_MS;
    pullers->draining = true;
    pullers->drain_last = now;
    pullers->drain_end = now + (needed < spread_ms ? needed : spread_ms);
    loop_wake(pullers->services.loop);
}

bool pullers_idle(const struct pullers *pullers)
{
    return pullers->count == 0 && !pullers->first;
}

struct pullers *pullers_new(const struct services *services,
                            struct front *front)
{
    struct pullers *all = calloc(1, sizeof *all);
    if (!all)
        return NULL;
    all->services = *services;
    all->front = front;
    all->last = &all->first;
    all->now = loop_now();
    all->began = all->now.mono;
    all->dice = (uint64_t)arc4random() << 32 | arc4random() | 1;
    all->addresses = crowd_new(ADDRESSES);
    all->tokens = crowd_new(ADDRESSES);
    if (all->addresses && all->tokens)
        return all;
    pullers_free(all);
    return NULL;
}

void pullers_free(struct pullers *pullers)
{
    if (!pullers)
        return;
    crowd_free(pullers->addresses);
    crowd_free(pullers->tokens);
    deadlines_clear(&pullers->deadlines);
    for (size_t i = 1; i <= PULLERS_ORIGINS; i++)
        free(pullers->origins[i]);
    free(pullers);
}
