// SPDX-License-Identifier: MIT

#include "guests.h"

#include "guest.h"
#include "peer.h"
#include "turn_away.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { TURNING_MAX = 256 }; // that are turned away with patience at a time

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
    if (all->space.scratch && all->crowd && all->shelf)
        return all;
    guests_free(all);
    return NULL;
}

void guests_free(struct guests *all)
{
    if (!all)
        return;
    while (all->first)
        guest_end(all->first);
    assert(!all->answered && !all->gone);
    deadlines_clear(&all->deadlines);
    answer_shelf_free(all->shelf);
    crowd_free(all->crowd);
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

static struct guest *take_answered(struct guests *all)
{
    pthread_mutex_lock(&all->lock);
    struct guest *first = all->answered;
    all->answered = all->answered_last = NULL;
    pthread_mutex_unlock(&all->lock);
    return first;
}

void guests_step(struct guests *all, int64_t now)
{
    struct guest *next;
    for (struct guest *guest = take_answered(all); guest; guest = next) {
        struct answer *answer = guest->answer;
        next = guest->link;
        guest->answer = NULL;
        guest->link = NULL;
        atomic_fetch_sub(&all->parked, 1);
        guest_answer(guest, answer, now);
    }

    struct deadline *over;
    while ((over = deadline_take(&all->deadlines, now)) != NULL)
        guest_end((struct guest *)(void *)((char *)over
                                           - offsetof(struct guest, deadline)));
}

int guests_wait(const struct guests *all, int64_t now)
{
    return deadline_wait(&all->deadlines, now);
}

void guests_drain(struct guests *all)
{
    struct guest *next;
    atomic_store(&all->draining, true);
    for (struct guest *guest = all->first; guest; guest = next) {
        next = guest->next;
        if (guest->state == GUEST_READING && guest->served
            && !guest->intake.begun)
            guest_end(guest);
    }
}

bool guests_writing(const struct guests *all)
{
    return all->writing > 0;
}

struct request *guests_next_gone(struct guests *all)
{
    struct request *request = NULL;
    pthread_mutex_lock(&all->lock);
    struct guest *guest = all->gone;
    if (guest) {
        request = guest->request;
        guest_unlist(guest);
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
        .open_now = atomic_load(&all->open),
    };
}
