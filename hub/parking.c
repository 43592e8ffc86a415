// SPDX-License-Identifier: MIT

#include "parking.h"

#include "errands.h"
#include "held.h"

#include <stdatomic.h>

struct answer *parking_too_much(const struct guest *guest)
{
    static const char text[] = "too much is on its way already\n";
    static const struct reply later = {
        .status = 503,
        .content_type = "text/plain; charset=utf-8",
        .body = text,
        .body_len = sizeof text - 1,
        .headers = { "X-Content-Type-Options: nosniff", "Retry-After: 5" },
        .header_count = 2,
    };
    return answer_new(guest_all(guest)->shelf, NULL, &later, guest->head_only,
                      true);
}

// Front is woken when half of them are done with, not for each.
void parking_less(struct guests *all)
{
    unsigned left = atomic_fetch_sub(&all->asking, 1) - 1;
    if (left == all->options.limits.asking / 2 && atomic_load(&all->queued) > 0)
        errands_wake(all);
}

// From any thread. Until front's has taken it from the list, the guest cannot
// end; the request ends here, but not before front's thread can no longer
// speak of it.
static void answer_request(struct request *request, const struct reply *reply)
{
    struct guest *guest = held_owner(request);
    struct guests *all = guest_all(guest);
    bool last =
        reply->close || !guest->keep_alive || atomic_load(&all->draining);
    struct answer *answer =
        answer_new(all->shelf, guest->member, reply, guest->head_only, last);
    if (!answer)
        answer = parking_too_much(guest);

    pthread_mutex_lock(&all->lock);
    errands_unlist(guest);
    guest->phase = GUEST_OURS;
    guest->answer = answer;
    bool first = errands_put(all, guest, ERRAND_ANSWER);
    pthread_mutex_unlock(&all->lock);

    held_free(request);
    parking_less(all);
    if (first)
        errands_wake(all);
}

static void tell_gone(struct guest *guest)
{
    struct guests *all = guest_all(guest);
    bool told = true;
    pthread_mutex_lock(&all->lock);
    if (guest->phase == GUEST_ASKED && !guest->told) {
        guest->listed = true;
        atomic_store(&guest->request->gone, true);
        guest_list_add(&all->gone, guest);
        guest->told = true;
        all->options.gone(all->options.context, guest->request);
    } else if (guest->phase == GUEST_HELD) {
        told = guest->told;
        guest->told = true;
    }
    pthread_mutex_unlock(&all->lock);
    if (!told)
        errands_tell(guest, NEWS_GONE);
}

void parking_enter(struct guest *guest)
{
    struct guests *all = guest_all(guest);
    struct request *request = guest->intake.request;
    guest_become(guest, GUEST_PARKED);
    atomic_fetch_add(&all->parked, 1);
    atomic_fetch_add(&all->asking, 1);
    guest->keep_alive = held_keeps_alive(request);
    guest->head_only = request->method == REQUEST_HEAD;
    guest->told = false;
    guest->news = 0;
    guest->owner = NULL;
    guest->request = request;
    guest->phase = GUEST_ASKED;
    request->answer = answer_request;
    request->sated = guest->member ? crowd_sated(guest->member) : NULL;
    all->options.arrived(all->options.context, request);
}

void parking_look(struct guest *guest)
{
    if (guest->left)
        tell_gone(guest);
}
