// SPDX-License-Identifier: MIT

#include "echoes.h"

#include "poll.h"

#include <stddef.h>

// Topics are numbered in a row, so they spread by themselves.
static size_t set_of(uint64_t topic)
{
    return (size_t)(topic % ECHOES_SETS);
}

bool echoes_has(const struct echoes *echoes, uint64_t topic)
{
    const struct echo *set = echoes->at[set_of(topic)];
    for (size_t i = 0; i < ECHOES_WAYS; i++)
        if (set[i].topic == topic)
            return true;
    return false;
}

// A free place, or the one that was looked at most.
static struct echo *place_in(struct echo *set)
{
    struct echo *place = &set[0];
    for (size_t i = 0; i < ECHOES_WAYS; i++) {
        if (set[i].topic == 0)
            return &set[i];
        if (set[i].count > place->count)
            place = &set[i];
    }
    return place;
}

static struct echo *echo_for(struct echoes *echoes, uint64_t topic, bool begin)
{
    struct echo *set = echoes->at[set_of(topic)];
    struct echo *place = NULL;
    for (size_t i = 0; i < ECHOES_WAYS; i++)
        if (set[i].topic == topic)
            place = &set[i];
    if (begin) {
        place = place ? place : place_in(set);
        *place = (struct echo){ .topic = topic };
    }
    return place;
}

int64_t echoes_next(struct echoes *echoes, uint64_t topic, bool silent,
                    bool pinged)
{
    struct echo *echo = echo_for(echoes, topic, silent && pinged);
    if (!echo)
        return 0;
    if (silent && echo->count < POLL_ECHOES)
        return poll_after_silence(echo->count++);
    echo->topic = 0;
    return 0;
}
