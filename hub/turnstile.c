// SPDX-License-Identifier: MIT

#include "turnstile.h"

#include "crowd.h"
#include "peer.h"

#include <limits.h>
#include <stdint.h>

enum { FEATHER = 2048 }; // too small to count

bool turnstile_open(struct turnstile *turnstile,
                    const struct turnstile_limits *limits)
{
    turnstile->crowd = crowd_new(limits->expected);
    if (!turnstile->crowd)
        return false;
    pthread_mutex_init(&turnstile->lock, NULL);
    turnstile->limits = *limits;
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

static bool is_unlimited(const struct turnstile *turnstile,
                         const struct sockaddr *address)
{
    const struct turnstile_limits *limits = &turnstile->limits;
    return limits->unlimited && limits->unlimited(limits->context, address);
}

bool turnstile_has_room(struct turnstile *turnstile,
                        const struct sockaddr *address)
{
    unsigned limit = turnstile->limits.per_address;
    if (limit == 0 || is_unlimited(turnstile, address))
        return true;
    pthread_mutex_lock(&turnstile->lock);
    struct crowd_member *member = join(turnstile, address, limit);
    if (member)
        crowd_leave(turnstile->crowd, member);
    pthread_mutex_unlock(&turnstile->lock);
    return member != NULL;
}

struct crowd_member *turnstile_enter(struct turnstile *turnstile,
                                     const struct sockaddr *address)
{
    if (is_unlimited(turnstile, address))
        return NULL;
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

const atomic_bool *turnstile_sated(const struct crowd_member *member)
{
    return member ? crowd_sated(member) : NULL;
}

// Each answer is a copy of its own here, so each is its own `what`.
static bool load(struct turnstile *turnstile, struct weight *weight)
{
    const struct answer_limits *limits = &turnstile->limits.answers;
    size_t before = atomic_fetch_add(&turnstile->weight, weight->bytes);
    if ((limits->all == 0 || before + weight->bytes <= limits->all)
        && (!weight->member
            || crowd_burden(turnstile->crowd, weight->member, weight,
                            weight->bytes, limits->per_address)))
        return true;
    atomic_fetch_sub(&turnstile->weight, weight->bytes);
    return false;
}

const struct reply *turnstile_weigh(struct turnstile *turnstile,
                                    struct crowd_member *member,
                                    const struct reply *reply,
                                    struct weight *weight)
{
    static const char text[] = "too much is on its way already\n";
    static const struct reply later = {
        .status = 503,
        .content_type = "text/plain; charset=utf-8",
        .body = text,
        .body_len = sizeof text - 1,
        .headers = { "X-Content-Type-Options: nosniff", "Retry-After: 5" },
        .header_count = 2,
        .close = true,
    };
    *weight = (struct weight){ reply->body_len, member };
    if (weight->bytes >= FEATHER && !load(turnstile, weight)) {
        weight->bytes = 0;
        return &later;
    }
    if (weight->bytes < FEATHER)
        weight->bytes = 0;
    return reply;
}

void turnstile_relieve(struct turnstile *turnstile, const struct weight *weight)
{
    if (weight->bytes == 0)
        return;
    atomic_fetch_sub(&turnstile->weight, weight->bytes);
    if (weight->member)
        crowd_relieve(turnstile->crowd, weight->member, weight);
}
