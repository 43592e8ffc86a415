// SPDX-License-Identifier: MIT
//
// places -- what in one text stands for what in another.
//
// Not for every byte, but for those places that somebody will ask for. They
// are added in the order of the first text.

#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { PLACES_MAX = 250000 };

struct places_pair {
    size_t here, there;
};

// All zeros to begin with. Must be cleared.
struct places {
    struct places_pair *pairs;
    size_t count, max;
    bool failed; // out of memory, or too many: none can be told
};

void places_add(struct places *places, size_t here, size_t there);
// Two may be added for one place, where something ends and another begins:
// `last` asks for the later one. SIZE_MAX: nobody added it.
size_t places_find(const struct places *places, size_t here, bool last);
void places_clear(struct places *places);
