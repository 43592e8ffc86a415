// SPDX-License-Identifier: MIT

#include "places.h"

#include <stdint.h>
#include <stdlib.h>

void places_add(struct places *places, size_t here, size_t there)
{
    places->failed = places->failed || places->count == PLACES_MAX;
    if (places->failed)
        return;
    if (places->count == places->max) {
        size_t max = places->max * 2 + 64;
        struct places_pair *grown = realloc(places->pairs, max * sizeof *grown);
        if (grown == NULL) {
            places->failed = true;
            return;
        }
        places->pairs = grown;
        places->max = max;
    }
    places->pairs[places->count++] = (struct places_pair){ here, there };
}

size_t places_find(const struct places *places, size_t here, bool last)
{
    size_t low = 0, high = places->failed ? 0 : places->count;
    size_t end = high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (places->pairs[middle].here < here)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == end || places->pairs[low].here != here)
        return SIZE_MAX;
    while (last && low + 1 < end && places->pairs[low + 1].here == here)
        low++;
    return places->pairs[low].there;
}

void places_clear(struct places *places)
{
    free(places->pairs);
    *places = (struct places){ 0 };
}
