// SPDX-License-Identifier: MIT
//
// flights -- to whom a first attempt is under way.
//
// He may have been written down as owed meanwhile, and be due: a renewal or an
// operator can make him so at any time. Whoever sends again looks here first,
// so that nobody is sent two things at once, which might overtake each other.
//
// Without memory one is not noted: it is an aid, and no promise. Pure.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct flight {
    uint64_t topic, subscription; // topic 0: the place is free
};

// All zero: nobody. flights_clear() frees what is in it.
struct flights {
    struct flight *places; // of `size`, a power of two, at most half in use
    size_t size, count;
};

void flights_add(struct flights *flights, uint64_t topic,
                 uint64_t subscription);
void flights_remove(struct flights *flights, uint64_t topic,
                    uint64_t subscription);
bool flights_has(const struct flights *flights, uint64_t topic,
                 uint64_t subscription);
void flights_clear(struct flights *flights);
