// SPDX-License-Identifier: MIT

#include "vouches.h"

#include "address.h"
#include "siphash.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

enum { SHELVES = 2048, PLACES = 8 };

struct place {
    struct address who;
    int64_t until_ms; // 0: nobody
};

struct vouches {
    pthread_mutex_t lock;
    struct siphash_key key;
    struct place places[SHELVES][PLACES];
};

struct vouches *vouches_new(void)
{
    struct vouches *vouches = calloc(1, sizeof *vouches);
    if (!vouches)
        return NULL;
    if (getrandom(&vouches->key, sizeof vouches->key, 0)
        != (ssize_t)sizeof vouches->key) {
        free(vouches);
        return NULL;
    }
    pthread_mutex_init(&vouches->lock, NULL);
    return vouches;
}

void vouches_free(struct vouches *vouches)
{
    if (!vouches)
        return;
    pthread_mutex_destroy(&vouches->lock);
    free(vouches);
}

// His, or else the one that is to be had.
static struct place *place_of(struct vouches *vouches,
                              const struct address *who)
{
    struct place *shelf =
        vouches->places[siphash(&vouches->key, who->bytes, sizeof who->bytes)
                        % SHELVES];
    struct place *oldest = shelf;
    for (size_t i = 0; i < PLACES; i++) {
        if (address_same(&shelf[i].who, who))
            return &shelf[i];
        if (shelf[i].until_ms < oldest->until_ms)
            oldest = &shelf[i];
    }
    return oldest;
}

void vouches_add(struct vouches *vouches, const struct address *address,
                 int64_t now_ms)
{
    struct address who = address_customer(address);
    pthread_mutex_lock(&vouches->lock);
    struct place *place = place_of(vouches, &who);
    place->who = who;
    place->until_ms = now_ms + VOUCHES_GOOD_MS;
    pthread_mutex_unlock(&vouches->lock);
}

bool vouches_has(struct vouches *vouches, const struct address *address,
                 int64_t now_ms)
{
    struct address who = address_customer(address);
    pthread_mutex_lock(&vouches->lock);
    const struct place *place = place_of(vouches, &who);
    bool has = address_same(&place->who, &who) && place->until_ms > now_ms;
    pthread_mutex_unlock(&vouches->lock);
    return has;
}
