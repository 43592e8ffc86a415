// SPDX-License-Identifier: MIT

#include "courtesy.h"

#include "origin_hash.h"

#include <openssl/rand.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { SETS = 1024, WAYS = 4 };

struct place {
    uint64_t origin; // keyed hash; 0: free
    int64_t paid;    // when all of its polls so far would have come in turn
    int64_t given;   // the last moment that was given to somebody
    int64_t closed;  // until then it wants to be left alone
};

struct courtesy {
    uint64_t key; // unknown outside, so that nobody can aim at a place
    struct place places[SETS][WAYS];
};

struct courtesy *courtesy_new(void)
{
    struct courtesy *courtesy = calloc(1, sizeof *courtesy);
    if (!courtesy)
        return NULL;
    if (RAND_bytes((unsigned char *)&courtesy->key, sizeof courtesy->key) == 1)
        return courtesy;
    free(courtesy);
    return NULL;
}

void courtesy_free(struct courtesy *courtesy)
{
    free(courtesy);
}

static struct place *place_of(struct courtesy *courtesy, uint64_t origin)
{
    struct place *set = courtesy->places[origin % SETS];
    struct place *least = &set[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].origin == origin)
            return &set[i];
        if (set[i].paid < least->paid)
            least = &set[i];
    }
    *least = (struct place){ .origin = origin };
    return least;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

int64_t courtesy_wait(struct courtesy *courtesy, const char *topic,
                      int64_t now_ms)
{
    struct place *place = place_of(courtesy, origin_hash(courtesy->key, topic));
    place->paid = later(place->paid, now_ms);
    if (place->closed <= now_ms
        && place->paid - now_ms < COURTESY_AT_ONCE * COURTESY_EVERY_MS) {
        place->paid += COURTESY_EVERY_MS;
        return 0;
    }
    place->given =
        later(later(place->given, place->closed), now_ms) + COURTESY_EVERY_MS;
    return place->given - now_ms;
}

void courtesy_pause(struct courtesy *courtesy, const char *topic,
                    int64_t pause_ms, int64_t now_ms)
{
    struct place *place = place_of(courtesy, origin_hash(courtesy->key, topic));
    if (pause_ms > COURTESY_PAUSE_MAX_MS)
        pause_ms = COURTESY_PAUSE_MAX_MS;
    place->closed = later(place->closed, now_ms + pause_ms);
    // Else its place would be the first to be taken by another.
    place->paid = later(place->paid, place->closed);
}
