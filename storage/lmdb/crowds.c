// SPDX-License-Identifier: MIT

#include "crowds.h"

#include <assert.h>
#include <stdlib.h>

enum { FIRST_SIZE = 64, UNDO_FIRST = 64 };

struct crowd {
    uint64_t host;
    uint64_t count; // 0: the place is free
};

struct change {
    uint64_t host;
    bool added;
};

struct crowds {
    struct crowd *places; // `size` of them, a power of two
    size_t size, used;
    struct change *undo; // newest last
    size_t undo_size, undo_count;
    uint64_t seed;
};

struct crowds *crowds_new(uint64_t seed)
{
    struct crowds *crowds = calloc(1, sizeof *crowds);
    if (!crowds)
        return NULL;
    crowds->seed = seed;
    crowds->size = FIRST_SIZE;
    crowds->places = calloc(crowds->size, sizeof *crowds->places);
    if (crowds->places)
        return crowds;
    free(crowds);
    return NULL;
}

void crowds_free(struct crowds *crowds)
{
    if (!crowds)
        return;
    free(crowds->places);
    free(crowds->undo);
    free(crowds);
}

// splitmix64.
static size_t home(uint64_t seed, uint64_t host, size_t size)
{
    uint64_t z = host + seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return (size_t)(z ^ (z >> 31)) & (size - 1);
}

// Its place in `places`, or the free one where it would go.
static size_t place_in(const struct crowd *places, size_t size, uint64_t seed,
                       uint64_t host)
{
    size_t at = home(seed, host, size);
    while (places[at].count > 0 && places[at].host != host)
        at = (at + 1) & (size - 1);
    return at;
}

static struct crowd *place_of(const struct crowds *crowds, uint64_t host)
{
    size_t at = place_in(crowds->places, crowds->size, crowds->seed, host);
    return &crowds->places[at];
}

uint64_t crowds_count(const struct crowds *crowds, uint64_t host)
{
    return host ? place_of(crowds, host)->count : 0;
}

// Room for one more, with a third of the places free.
static bool grow(struct crowds *crowds)
{
    if (crowds->used + 1 <= crowds->size / 3 * 2)
        return true;
    size_t size = 2 * crowds->size;
    struct crowd *places = calloc(size, sizeof *places);
    if (!places)
        return false;
    for (size_t i = 0; i < crowds->size; i++) {
        const struct crowd *old = &crowds->places[i];
        if (old->count > 0)
            places[place_in(places, size, crowds->seed, old->host)] = *old;
    }
    free(crowds->places);
    crowds->places = places;
    crowds->size = size;
    return true;
}

// Free a place, and move up those that were put behind it for its sake.
static void vacate(struct crowds *crowds, struct crowd *place)
{
    size_t mask = crowds->size - 1;
    size_t hole = (size_t)(place - crowds->places);
    crowds->places[hole].count = 0;
    crowds->used--;
    for (size_t at = (hole + 1) & mask; crowds->places[at].count > 0;
         at = (at + 1) & mask) {
        uint64_t host = crowds->places[at].host;
        size_t wanted = home(crowds->seed, host, crowds->size);
        if (((at - wanted) & mask) < ((at - hole) & mask))
            continue;
        crowds->places[hole] = crowds->places[at];
        crowds->places[at].count = 0;
        hole = at;
    }
}

// There is room for it.
static void change(struct crowds *crowds, uint64_t host, bool add)
{
    struct crowd *place = place_of(crowds, host);
    if (add) {
        crowds->used += place->count == 0;
        *place = (struct crowd){ host, place->count + 1 };
        return;
    }
    assert(place->count > 0);
    if (place->count == 1)
        vacate(crowds, place);
    else
        place->count--;
}

static bool note_undo(struct crowds *crowds, struct change done)
{
    if (crowds->undo_count == crowds->undo_size) {
        size_t size = crowds->undo_size ? 2 * crowds->undo_size : UNDO_FIRST;
        struct change *undo = realloc(crowds->undo, size * sizeof *undo);
        if (!undo)
            return false;
        crowds->undo = undo;
        crowds->undo_size = size;
    }
    crowds->undo[crowds->undo_count++] = done;
    return true;
}

bool crowds_add(struct crowds *crowds, uint64_t host)
{
    if (host == 0)
        return true;
    if (!grow(crowds) || !note_undo(crowds, (struct change){ host, true }))
        return false;
    change(crowds, host, true);
    return true;
}

bool crowds_remove(struct crowds *crowds, uint64_t host)
{
    if (host == 0)
        return true;
    if (!note_undo(crowds, (struct change){ host, false }))
        return false;
    change(crowds, host, false);
    return true;
}

void crowds_commit(struct crowds *crowds)
{
    if (crowds)
        crowds->undo_count = 0;
}

void crowds_abort(struct crowds *crowds)
{
    // What is put back was there when it was taken, so there is room: the
    // table never shrinks.
    while (crowds && crowds->undo_count > 0) {
        struct change last = crowds->undo[--crowds->undo_count];
        change(crowds, last.host, !last.added);
    }
}
