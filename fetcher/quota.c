// SPDX-License-Identifier: MIT

#include "quota.h"

#include "address.h"
#include "siphash.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

enum {
    SHELVES = 512,
    PLACES = 8,
    AT_ONCE = 6, // the part of an hour's that may be taken at once
};

static const int64_t HOUR_US = 3600000000;

// Counted by when everything that was taken will have been earned: a moment
// that has passed means that all is there, so nothing ever has to be filled
// up or cleared away.
struct place {
    struct address who;
    int64_t earned_us;
};

struct quota {
    pthread_mutex_t lock;
    struct siphash_key key;
    int64_t each_us, at_once_us; // each 0: no limit
    struct place places[SHELVES][PLACES];
};

struct quota *quota_new(unsigned an_hour)
{
    struct quota *quota = calloc(1, sizeof *quota);
    if (!quota)
        return NULL;
    if (getrandom(&quota->key, sizeof quota->key, 0)
        != (ssize_t)sizeof quota->key) {
        free(quota);
        return NULL;
    }
    pthread_mutex_init(&quota->lock, NULL);
    quota_set(quota, an_hour);
    return quota;
}

void quota_set(struct quota *quota, unsigned an_hour)
{
    unsigned at_once = an_hour / AT_ONCE > 0 ? an_hour / AT_ONCE : 1;
    pthread_mutex_lock(&quota->lock);
    quota->each_us = an_hour > 0 ? HOUR_US / an_hour : 0;
    quota->at_once_us = quota->each_us * at_once;
    pthread_mutex_unlock(&quota->lock);
}

void quota_free(struct quota *quota)
{
    if (!quota)
        return;
    pthread_mutex_destroy(&quota->lock);
    free(quota);
}

static struct place *place_of(struct quota *quota, const struct address *who)
{
    struct place *shelf =
        quota->places[siphash(&quota->key, who->bytes, sizeof who->bytes)
                      % SHELVES];
    struct place *least = shelf;
    for (size_t i = 0; i < PLACES; i++) {
        if (address_same(&shelf[i].who, who))
            return &shelf[i];
        if (shelf[i].earned_us < least->earned_us)
            least = &shelf[i];
    }
    least->who = *who;
    least->earned_us = 0;
    return least;
}

bool quota_take(struct quota *quota, const struct address *address,
                int64_t now_ms)
{
    struct address who = address_customer(address);
    int64_t now_us = now_ms * 1000;
    pthread_mutex_lock(&quota->lock);
    if (quota->each_us == 0) {
        pthread_mutex_unlock(&quota->lock);
        return true;
    }
    struct place *place = place_of(quota, &who);
    int64_t from_us = place->earned_us > now_us ? place->earned_us : now_us;
    bool enough = from_us - now_us + quota->each_us > quota->at_once_us;
    if (!enough)
        place->earned_us = from_us + quota->each_us;
    pthread_mutex_unlock(&quota->lock);
    return !enough;
}
