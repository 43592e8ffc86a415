// SPDX-License-Identifier: MIT

#include "places.h"

#include <string.h>

enum { PER_ORIGIN = 2, WAIT_MS = 200, SPREAD_MS = 600, USUAL = 50 };

void places_init(struct places *places, size_t fetches)
{
    size_t half = fetches / 2;
    *places = (struct places){ .max = half < 1            ? 1
                                      : half > PLACES_MAX ? PLACES_MAX
                                                          : half };
}

// Who makes two origins have one hash shares two places with himself.
static uint64_t origin_of(const char *topic)
{
    const char *host = strstr(topic, "://");
    size_t len = host ? (size_t)(host - topic) + 3 : 0;
    len += strcspn(topic + len, "/?");
    uint64_t h = 0xcbf29ce484222325U;
    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)topic[i]) * 0x100000001b3U;
    return h;
}

bool places_take(struct places *places, const char *topic, bool failed)
{
    uint64_t origin = origin_of(topic);
    size_t same = 0;
    for (size_t i = 0; i < places->taken; i++)
        same += places->origins[i] == origin;
    if (places->taken == places->max || (failed && same >= PER_ORIGIN))
        return false;
    places->origins[places->taken++] = origin;
    return true;
}

void places_leave(struct places *places, const char *topic)
{
    uint64_t origin = origin_of(topic);
    for (size_t i = 0; i < places->taken; i++)
        if (places->origins[i] == origin) {
            places->origins[i] = places->origins[--places->taken];
            return;
        }
}

int64_t places_wait(struct places *places, int64_t now_ms, uint32_t chance)
{
    int64_t second = now_ms / 1000;
    if (second != places->second) {
        places->before = second == places->second + 1 ? places->sent : 0;
        places->second = second;
        places->sent = 0;
    }
    places->sent++;
    int64_t many =
        places->sent > places->before ? places->sent : places->before;
    int64_t wait = WAIT_MS + chance % SPREAD_MS;
    return wait + wait * many / USUAL;
}
