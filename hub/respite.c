// SPDX-License-Identifier: MIT

#include "respite.h"

#include <stddef.h>
#include <stdlib.h>

enum { SETS = 64, WAYS = 8 };

struct place {
    uint64_t topic; // 0: unused
    int64_t end;
};

struct respite {
    struct place places[SETS][WAYS];
};

struct respite *respite_new(void)
{
    return calloc(1, sizeof(struct respite));
}

void respite_free(struct respite *respite)
{
    free(respite);
}

void respite_grant(struct respite *respite, uint64_t topic, int64_t ms,
                   int64_t now_ms)
{
    struct place *set = respite->places[topic % SETS];
    struct place *place = &set[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].topic == topic) {
            place = &set[i];
            break;
        }
        if (set[i].end < place->end)
            place = &set[i];
    }
    *place = (struct place){
        .topic = topic,
        .end = now_ms + (ms < RESPITE_MAX_MS ? ms : RESPITE_MAX_MS),
    };
}

int64_t respite_left(const struct respite *respite, uint64_t topic,
                     int64_t now_ms)
{
    const struct place *set = respite->places[topic % SETS];
    for (size_t i = 0; i < WAYS; i++)
        if (set[i].topic == topic && set[i].end > now_ms)
            return set[i].end - now_ms;
    return 0;
}
