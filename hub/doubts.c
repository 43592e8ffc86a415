// SPDX-License-Identifier: MIT

#include "doubts.h"

#include <stddef.h>
#include <string.h>

static struct doubt *find(struct doubts *doubts, uint64_t topic)
{
    struct doubt *set = doubts->at[topic % DOUBTS_SETS];
    for (size_t i = 0; i < DOUBTS_WAYS; i++)
        if (set[i].topic == topic)
            return &set[i];
    return NULL;
}

// A free place, or the one that has been there for longest.
static struct doubt *place_for(struct doubts *doubts, uint64_t topic)
{
    struct doubt *set = doubts->at[topic % DOUBTS_SETS];
    struct doubt *place = &set[0];
    for (size_t i = 0; i < DOUBTS_WAYS; i++) {
        if (set[i].topic == 0)
            return &set[i];
        if (set[i].since < place->since)
            place = &set[i];
    }
    return place;
}

int64_t doubts_ask(struct doubts *doubts, uint64_t topic,
                   const uint8_t digest[16], int64_t now_ms)
{
    struct doubt *doubt = find(doubts, topic);
    if (!doubt || memcmp(doubt->digest, digest, sizeof doubt->digest) != 0) {
        doubt = doubt ? doubt : place_for(doubts, topic);
        *doubt = (struct doubt){ .topic = topic, .since = now_ms };
        memcpy(doubt->digest, digest, sizeof doubt->digest);
        return DOUBTS_MS;
    }
    int64_t left = doubt->since + DOUBTS_MS - now_ms;
    if (left > 0)
        return left;
    doubt->topic = 0;
    return 0;
}

void doubts_drop(struct doubts *doubts, uint64_t topic)
{
    struct doubt *doubt = find(doubts, topic);
    if (doubt)
        doubt->topic = 0;
}
