// SPDX-License-Identifier: MIT

#include "departed.h"

#include <stddef.h>

// Those of a topic have ids close to each other: they get places of their own.
static size_t place_of(uint64_t topic, uint64_t subscription)
{
    return (size_t)((topic * 0x9e3779b97f4a7c15U + subscription)
                    % DEPARTED_MAX);
}

void departed_add(struct departed *departed, uint64_t topic,
                  uint64_t subscription)
{
    size_t at = place_of(topic, subscription);
    departed->names[at].topic = topic;
    departed->names[at].subscription = subscription;
}

bool departed_has(const struct departed *departed, uint64_t topic,
                  uint64_t subscription)
{
    size_t at = place_of(topic, subscription);
    return departed->names[at].topic == topic
           && departed->names[at].subscription == subscription;
}
