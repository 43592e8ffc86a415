// SPDX-License-Identifier: MIT

#include "chance.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct chance chance_from(uint64_t seed)
{
    return (struct chance){ seed };
}

uint64_t chance_seed(void)
{
    const char *given = getenv("STORE_SEED");
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t seed = given ? strtoull(given, NULL, 0)
                          : (uint64_t)now.tv_nsec ^ (uint64_t)getpid() << 32;
    printf("STORE_SEED=%" PRIu64 "\n", seed);
    fflush(stdout);
    return seed;
}

// SplitMix64: any state will do, also 0.
uint64_t chance_next(struct chance *chance)
{
    uint64_t z = chance->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

uint64_t chance_below(struct chance *chance, uint64_t limit)
{
    assert(limit > 0);
    return chance_next(chance) % limit;
}
