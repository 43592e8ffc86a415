// SPDX-License-Identifier: MIT

#include "guests.h"

#include "errands.h"
#include "guest.h"
#include "parcel.h"
#include "peer.h"
#include "slab.h"
#include "stream.h"
#include "turn_away.h"
#include "websocket.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum {
    TURNING_MAX = 256, // that are turned away with patience at a time
    // In one step, so that what comes in never waits for long. 128 release ten
    // thousand a twentieth sooner, but then deliveries that happen meanwhile
    // take 140 ms at their p99, and not 23 (bench-pull --part=aside).
    ERRANDS_STEP = 32,
    RETRIES_STEP = 64,
    DEADLINES_STEP = 64,
};

static bool make_beats(struct guests *all)
{
    all->beats[HOLD_EVENTS - 1] = parcel_new(":\n\n", 3);
    all->beats[HOLD_LINES - 1] = parcel_new("\n", 1);
    all->beats[HOLD_SOCKET - 1] = websocket_ping();
    // Without a line of data, a browser would tell its page nothing.
    static const char pulse[] = "event: heartbeat\ndata:\n\n";
    all->beats[HOLD_PULSE - 1] = parcel_new(pulse, sizeof pulse - 1);
    for (size_t i = 0; i < sizeof all->beats / sizeof *all->beats; i++)
        if (!all->beats[i])
            return false;
    return true;
}

struct guests *guests_new(const struct front_options *options, int epoll,
                          int wake_fd)
{
    pthread_mutexattr_t recursive;
    struct guests *all = calloc(1, sizeof *all);
    if (!all)
        return NULL;
    all->options = *options;
    all->epoll = epoll;
    all->wake_fd = wake_fd;
    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&all->lock, &recursive);
    pthread_mutexattr_destroy(&recursive);

    all->space = (struct intake_space){
        .scratch = malloc(options->limits.head_max),
        .head_max = options->limits.head_max,
        .body_max = options->limits.body_max,
    };
    all->crowd = crowd_new(options->limits.connections);
    all->shelf = answer_shelf_new(all->crowd, &options->limits.answers);
    all->slab = slab_new(sizeof(struct guest), all);
    all->chance = arc4random() | 1;
    bool beats = make_beats(all);
    if (all->space.scratch && all->crowd && all->shelf && all->slab && beats)
        return all;
    guests_free(all);
    return NULL;
}

static void end(void *thing)
{
    guest_end(thing);
}

void guests_free(struct guests *all)
{
    if (!all)
        return;
    if (all->slab)
        slab_each(all->slab, end);
    assert(all->count == 0 && !all->gone.first && !all->news.first);
    slab_free(all->slab);
    deadlines_clear(&all->deadlines);
    answer_shelf_free(all->shelf);
    if (all->crowd)
        crowd_free(all->crowd);
    for (size_t i = 0; i < sizeof all->beats / sizeof *all->beats; i++)
        parcel_free(all->beats[i]);
    free(all->space.scratch);
    pthread_mutex_destroy(&all->lock);
    free(all);
}

// ------------------------------------------------------------- admission

void guests_turn_away(struct guests *all, int fd)
{
    atomic_fetch_add(&all->turned_away, 1);
    turn_away(fd);
}

// With time to send its request and read the answer, if not too many do.
static void turn_away_gently(struct guests *all, int fd, int64_t now)
{
    struct guest *guest =
        all->turning < TURNING_MAX ? guest_new(all, fd) : NULL;
    if (!guest) {
        guests_turn_away(all, fd);
        return;
    }
    guest->turned = true;
    all->turning++;
    atomic_fetch_add(&all->turned_away, 1);
    guest_refuse(guest, 503, "too many connections", now);
}

// False: it is to be turned away.
static bool join(struct guests *all, const struct sockaddr *address,
                 struct crowd_member **member)
{
    const struct front_options *options = &all->options;
    uint8_t network[16];
    *member = NULL;
    if (all->count - all->turning >= options->limits.connections)
        return false;
    if (options->unlimited && options->unlimited(options->context, address))
        return true;
    if (!peer_network(address, network))
        return true;
    *member = crowd_join(all->crowd, network, options->limits.per_address);
    return *member != NULL;
}

void guests_welcome(struct guests *all, int fd, const struct sockaddr *address,
                    int64_t now)
{
    struct crowd_member *member;
    atomic_fetch_add(&all->accepted, 1);
    if (!join(all, address, &member)) {
        turn_away_gently(all, fd, now);
        return;
    }
    struct guest *guest = guest_new(all, fd);
    if (!guest) {
        if (member)
            crowd_leave(all->crowd, member);
        guests_turn_away(all, fd);
        return;
    }
    guest->member = member;
    // Its first event comes by itself: it can be written to.
    if (!guest_wait(guest, now, all->options.limits.head_ms))
        guest_end(guest);
}

// ------------------------------------------------------------- afterwards

void guests_event(struct guest *guest, uint32_t events, int64_t now)
{
    guest_event(guest, events, now);
}

// Answers go out some at a time: between them is looked at who else has come.
static void run_errands(struct guests *all, int64_t now)
{
    struct errand_of some[ERRANDS_STEP];
    size_t count = errands_take(all, some, ERRANDS_STEP);
    for (size_t i = 0; i < count; i++)
        guest_obey(some[i].guest, some[i].errands, now);
}

static bool has_room(const struct guests *all)
{
    unsigned asking = all->options.limits.asking;
    return asking == 0 || atomic_load(&all->asking) < asking;
}

static void let_in(struct guests *all, int64_t now)
{
    for (unsigned i = 0; i < RETRIES_STEP; i++) {
        struct guest *guest = all->queue.first;
        if (!guest || !has_room(all))
            return;
        guest_retry(guest, now);
    }
}

void guests_step(struct guests *all, int64_t now)
{
    if (atomic_load(&all->busy))
        run_errands(all, now);
    let_in(all, now);
    for (unsigned i = 0; i < DEADLINES_STEP; i++) {
        struct deadline *over = deadline_take(&all->deadlines, now);
        if (!over)
            return;
        guest_due((struct guest *)(void *)((char *)over
                                           - offsetof(struct guest, deadline)),
                  now);
    }
}

int guests_wait(const struct guests *all, int64_t now)
{
    bool more = atomic_load(&all->busy) || (all->queue.first && has_room(all));
    return more ? 0 : deadline_wait(&all->deadlines, now);
}

void guests_drain(struct guests *all)
{
    atomic_store(&all->draining, true);
}

static void settle(void *thing)
{
    struct guests *all = guest_all(thing);
    all->settling =
        settling_of_both(all->settling, guest_settle(thing, all->settling_at));
}

enum settling guests_settle(struct guests *all, int64_t now)
{
    all->settling_at = now;
    all->settling = SETTLED;
    slab_each(all->slab, settle);
    return all->settling;
}

void guests_refuse(struct guests *all)
{
    all->refusing = true;
}

bool guests_writing(const struct guests *all)
{
    return all->writing > 0 || atomic_load(&all->busy);
}

struct request *guests_next_gone(struct guests *all)
{
    struct request *request = NULL;
    pthread_mutex_lock(&all->lock);
    struct guest *guest = all->gone.first;
    if (guest) {
        request = guest->request;
        errands_unlist(guest);
    }
    pthread_mutex_unlock(&all->lock);
    return request;
}

void guests_numbers(const struct guests *all, struct front_numbers *out)
{
    *out = (struct front_numbers){
        .accepted = atomic_load(&all->accepted),
        .turned_away = atomic_load(&all->turned_away),
        .handed = atomic_load(&all->handed),
        .parked_now = atomic_load(&all->parked),
        .asking_now = atomic_load(&all->asking),
        .open_now = atomic_load(&all->open),
    };
}
