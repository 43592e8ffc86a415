// SPDX-License-Identifier: MIT

#include "echoes.h"

#include "poll.h"

#include <stddef.h>

static size_t place_of(const struct echoes *echoes, uint64_t topic)
{
    size_t i = 0;
    while (i < ECHOES_MAX && echoes->at[i].topic != topic)
        i++;
    return i;
}

bool echoes_has(const struct echoes *echoes, uint64_t topic)
{
    return place_of(echoes, topic) < ECHOES_MAX;
}

static struct echo *echo_for(struct echoes *echoes, uint64_t topic, bool begin)
{
    size_t at = place_of(echoes, topic);
    if (begin && at == ECHOES_MAX)
        at = place_of(echoes, 0);
    if (at == ECHOES_MAX)
        return NULL;
    if (begin)
        echoes->at[at] = (struct echo){ .topic = topic };
    return &echoes->at[at];
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
