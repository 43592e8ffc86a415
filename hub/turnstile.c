// SPDX-License-Identifier: MIT

#include "turnstile.h"

#include "crowd.h"
#include "peer.h"

#include <limits.h>
#include <stdint.h>

enum { FEATHER = 2048 }; // too small to count

bool turnstile_open(struct turnstile *turnstile, unsigned expected,
                    unsigned per_address, size_t weight_max)
{
    turnstile->crowd = crowd_new(expected);
    if (!turnstile->crowd)
        return false;
    pthread_mutex_init(&turnstile->lock, NULL);
    turnstile->per_address = per_address;
    turnstile->weight_max = weight_max;
    atomic_init(&turnstile->weight, 0);
    return true;
}

void turnstile_close(struct turnstile *turnstile)
{
    if (!turnstile->crowd)
        return;
    crowd_free(turnstile->crowd);
    pthread_mutex_destroy(&turnstile->lock);
}

static struct crowd_member *join(struct turnstile *turnstile,
                                 const struct sockaddr *address, unsigned limit)
{
    uint8_t network[16];
    if (!peer_network(address, network))
        return NULL;
    return crowd_join(turnstile->crowd, network, limit);
}

bool turnstile_has_room(struct turnstile *turnstile,
                        const struct sockaddr *address)
{
    if (turnstile->per_address == 0)
        return true;
    pthread_mutex_lock(&turnstile->lock);
    struct crowd_member *member =
        join(turnstile, address, turnstile->per_address);
    if (member)
        crowd_leave(turnstile->crowd, member);
    pthread_mutex_unlock(&turnstile->lock);
    return member != NULL;
}

struct crowd_member *turnstile_enter(struct turnstile *turnstile,
                                     const struct sockaddr *address)
{
    pthread_mutex_lock(&turnstile->lock);
    struct crowd_member *member = join(turnstile, address, UINT_MAX);
    pthread_mutex_unlock(&turnstile->lock);
    return member;
}

void turnstile_leave(struct turnstile *turnstile, struct crowd_member *member)
{
    if (!member)
        return;
    pthread_mutex_lock(&turnstile->lock);
    crowd_leave(turnstile->crowd, member);
    pthread_mutex_unlock(&turnstile->lock);
}

const struct reply *turnstile_weigh(struct turnstile *turnstile,
                                    const struct reply *reply, size_t *weight)
{
    static const char text[] = "too much is being sent to others\n";
    static const struct reply later = {
        .status = 503,
        .content_type = "text/plain; charset=utf-8",
        .body = text,
        .body_len = sizeof text - 1,
        .headers = { "X-Content-Type-Options: nosniff", "Retry-After: 5" },
        .header_count = 2,
        .close = true,
    };
    *weight = 0;
    if (turnstile->weight_max == 0 || reply->body_len < FEATHER)
        return reply;
    size_t before = atomic_fetch_add(&turnstile->weight, reply->body_len);
    if (before + reply->body_len > turnstile->weight_max) {
        atomic_fetch_sub(&turnstile->weight, reply->body_len);
        return &later;
    }
    *weight = reply->body_len;
    return reply;
}

void turnstile_relieve(struct turnstile *turnstile, size_t weight)
{
    if (weight > 0)
        atomic_fetch_sub(&turnstile->weight, weight);
}
