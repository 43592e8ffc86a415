// SPDX-License-Identifier: MIT

#include "flights.h"

#include <stdlib.h>

enum { SIZE_MIN = 1024 };

static size_t home_of(const struct flights *flights, uint64_t topic,
                      uint64_t subscription)
{
    uint64_t h =
        (topic * 0x9e3779b97f4a7c15U + subscription) * 0xd1b54a32d192ed03U;
    return (size_t)(h >> 32) & (flights->size - 1);
}

// Its place, or the one that it would get.
static size_t place_of(const struct flights *flights, uint64_t topic,
                       uint64_t subscription)
{
    size_t at = home_of(flights, topic, subscription);
    while (flights->places[at].topic != 0
           && (flights->places[at].topic != topic
               || flights->places[at].subscription != subscription))
        at = (at + 1) & (flights->size - 1);
    return at;
}

static bool grow(struct flights *flights)
{
    struct flights larger = { .size = flights->size > 0 ? 2 * flights->size
                                                        : SIZE_MIN };
    larger.places = calloc(larger.size, sizeof *larger.places);
    if (!larger.places)
        return false;
    for (size_t i = 0; i < flights->size; i++) {
        const struct flight *one = &flights->places[i];
        if (one->topic != 0)
            larger.places[place_of(&larger, one->topic, one->subscription)] =
                *one;
    }
    larger.count = flights->count;
    free(flights->places);
    *flights = larger;
    return true;
}

void flights_add(struct flights *flights, uint64_t topic, uint64_t subscription)
{
    if (2 * (flights->count + 1) > flights->size && !grow(flights))
        return;
    struct flight *place =
        &flights->places[place_of(flights, topic, subscription)];
    if (place->topic != 0)
        return;
    *place = (struct flight){ topic, subscription };
    flights->count++;
}

void flights_remove(struct flights *flights, uint64_t topic,
                    uint64_t subscription)
{
    if (flights->count == 0)
        return;
    size_t mask = flights->size - 1;
    size_t hole = place_of(flights, topic, subscription);
    if (flights->places[hole].topic == 0)
        return;
    flights->count--;
    // Those behind it move up, unless they are before their home then.
    for (size_t at = (hole + 1) & mask; flights->places[at].topic != 0;
         at = (at + 1) & mask) {
        const struct flight *one = &flights->places[at];
        size_t home = home_of(flights, one->topic, one->subscription);
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            flights->places[hole] = *one;
            hole = at;
        }
    }
    flights->places[hole] = (struct flight){ 0, 0 };
}

bool flights_has(const struct flights *flights, uint64_t topic,
                 uint64_t subscription)
{
    return flights->count > 0
           && flights->places[place_of(flights, topic, subscription)].topic
                  != 0;
}

void flights_clear(struct flights *flights)
{
    free(flights->places);
    *flights = (struct flights){ .count = 0 };
}
