// SPDX-License-Identifier: MIT

#include "lanes_inside.h"
#include "services.h"

#include <stdlib.h>
#include <string.h>

enum {
    LANES_MAX = 16384,
    BUCKETS = 32768, // a power of two
    SLAB = LANES_SLAB,
};

static struct lane **bucket_of(const struct lanes *lanes,
                               const struct store_key *key)
{
    uint64_t words[2];
    memcpy(words, key->bytes, sizeof words);
    uint64_t h = (words[0] ^ lanes->secret[0]) * (lanes->secret[1] | 1);
    h = (h ^ h >> 32 ^ words[1]) * 0x9e3779b97f4a7c15U;
    return &lanes->buckets[h >> 32 & (BUCKETS - 1)];
}

struct lane *lanes_find(const struct lanes *lanes, const struct store_key *key)
{
    struct lane *lane = *bucket_of(lanes, key);
    while (lane && memcmp(&lane->key, key, sizeof *key) != 0)
        lane = lane->chain;
    return lane;
}

static void unlist(struct lanes *lanes, struct lane *lane)
{
    if (lane->list == LANE_PINNED)
        return;
    *(lane->before ? &lane->before->after : &lanes->oldest[lane->list]) =
        lane->after;
    *(lane->after ? &lane->after->before : &lanes->newest[lane->list]) =
        lane->before;
    lane->list = LANE_PINNED;
    lane->before = lane->after = NULL;
}

static bool idle(const struct lane *lane)
{
    return lane->traffic.outstanding == 0 && lane->traffic.slow == 0
           && !lane->paused && !lane->changed && !lane->writing && !lane->turn
           && !lane->claiming && lane->token == 0;
}

void lanes_used(struct lanes *lanes, struct lane *lane)
{
    unlist(lanes, lane);
    if (!idle(lane))
        return;
    enum lane_list list =
        lane->breaker.state == BREAKER_CLOSED && lane->breaker.failures == 0
            ? LANE_HEALTHY
            : LANE_BROKEN;
    lane->list = list;
    lane->before = lanes->newest[list];
    if (lane->before)
        lane->before->after = lane;
    else
        lanes->oldest[list] = lane;
    lanes->newest[list] = lane;
}

static void forget(struct lanes *lanes, struct lane *lane)
{
    struct lane **at = bucket_of(lanes, &lane->key);
    unlist(lanes, lane);
    while (*at != lane)
        at = &(*at)->chain;
    *at = lane->chain;
    free(lane->name);
    *lane = (struct lane){ .chain = lanes->free };
    lanes->free = lane;
    lanes->count--;
}

static void make_some(struct lanes *lanes)
{
    if (lanes->slab_count == LANES_MAX / SLAB)
        return;
    struct lane *slab = calloc(SLAB, sizeof *slab);
    if (!slab)
        return;
    lanes->slabs[lanes->slab_count++] = slab;
    for (size_t i = 0; i < SLAB; i++) {
        slab[i].chain = lanes->free;
        lanes->free = &slab[i];
    }
}

struct lane *lanes_get(struct lanes *lanes, const struct store_key *key)
{
    struct lane *lane = lanes_find(lanes, key);
    if (lane)
        return lane;
    if (!lanes->free)
        make_some(lanes);
    if (!lanes->free && lanes->oldest[LANE_HEALTHY])
        forget(lanes, lanes->oldest[LANE_HEALTHY]);
    else if (!lanes->free && lanes->oldest[LANE_BROKEN])
        forget(lanes, lanes->oldest[LANE_BROKEN]);
    if (!lanes->free)
        return NULL;
    struct lane **bucket = bucket_of(lanes, key);
    lane = lanes->free;
    lanes->free = lane->chain;
    *lane = (struct lane){ .key = *key,
                           .chain = *bucket,
                           .breaker.alive_at = INT64_MIN };
    *bucket = lane;
    lanes->count++;
    return lane;
}

// --------------------------------------------------------------------- making

struct lanes *lanes_new(const struct services *services)
{
    struct lanes *lanes = calloc(1, sizeof *lanes);
    if (!lanes)
        return NULL;
    lanes->config = services->config;
    lanes->metrics = services->metrics;
    lanes->last_changed = &lanes->changed;
    lanes->last_turn = &lanes->turn;
    lanes->buckets = calloc(BUCKETS, sizeof *lanes->buckets);
    lanes->slabs = calloc(LANES_MAX / SLAB, sizeof *lanes->slabs);
    arc4random_buf(lanes->secret, sizeof lanes->secret);
    if (lanes->buckets && lanes->slabs)
        return lanes;
    lanes_free(lanes);
    return NULL;
}

void lanes_free(struct lanes *lanes)
{
    if (!lanes)
        return;
    for (size_t i = 0; lanes->slabs && i < lanes->slab_count; i++) {
        for (size_t j = 0; j < SLAB; j++)
            free(lanes->slabs[i][j].name);
        free(lanes->slabs[i]);
    }
    flights_clear(&lanes->flights);
    free(lanes->slabs);
    free(lanes->buckets);
    free(lanes);
}
