// SPDX-License-Identifier: MIT

#include "crowds.h"

#include <assert.h>
#include <stdlib.h>

enum { FIRST_SIZE = 64, UNDO_FIRST = 64 };

struct name {
    uint64_t host;
    uint64_t asker; // 0: everybody
};

struct crowd {
    struct name name;
    uint64_t count; // 0: the place is free
};

struct change {
    struct name name;
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
static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

static size_t home(uint64_t seed, struct name name, size_t size)
{
    return (size_t)mix(mix(name.host + seed) + name.asker) & (size - 1);
}

static bool same(struct name a, struct name b)
{
    return a.host == b.host && a.asker == b.asker;
}

// Its place in `places`, or the free one where it would go.
static size_t place_in(const struct crowd *places, size_t size, uint64_t seed,
                       struct name name)
{
    size_t at = home(seed, name, size);
    while (places[at].count > 0 && !same(places[at].name, name))
        at = (at + 1) & (size - 1);
    return at;
}

static struct crowd *place_of(const struct crowds *crowds, struct name name)
{
    size_t at = place_in(crowds->places, crowds->size, crowds->seed, name);
    return &crowds->places[at];
}

uint64_t crowds_count(const struct crowds *crowds, uint64_t host)
{
    return crowds_count_of(crowds, host, 0);
}

uint64_t crowds_count_of(const struct crowds *crowds, uint64_t host,
                         uint64_t asker)
{
    return host ? place_of(crowds, (struct name){ host, asker })->count : 0;
}

// Room for a host and an asker more, with a third of the places free.
static bool grow(struct crowds *crowds)
{
    if (crowds->used + 2 <= crowds->size / 3 * 2)
        return true;
    size_t size = 2 * crowds->size;
    struct crowd *places = calloc(size, sizeof *places);
    if (!places)
        return false;
    for (size_t i = 0; i < crowds->size; i++) {
        const struct crowd *old = &crowds->places[i];
        if (old->count > 0)
            places[place_in(places, size, crowds->seed, old->name)] = *old;
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
        struct name name = crowds->places[at].name;
        size_t wanted = home(crowds->seed, name, crowds->size);
        if (((at - wanted) & mask) < ((at - hole) & mask))
            continue;
        crowds->places[hole] = crowds->places[at];
        crowds->places[at].count = 0;
        hole = at;
    }
}

// There is room for it.
static void change_one(struct crowds *crowds, struct name name, bool add)
{
    struct crowd *place = place_of(crowds, name);
    if (add) {
        crowds->used += place->count == 0;
        *place = (struct crowd){ name, place->count + 1 };
        return;
    }
    assert(place->count > 0);
    if (place->count == 1)
        vacate(crowds, place);
    else
        place->count--;
}

static void change(struct crowds *crowds, struct name name, bool add)
{
    change_one(crowds, (struct name){ .host = name.host }, add);
    if (name.asker)
        change_one(crowds, name, add);
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

bool crowds_add(struct crowds *crowds, uint64_t host, uint64_t asker)
{
    struct name name = { host, asker };
    if (host == 0)
        return true;
    if (!grow(crowds) || !note_undo(crowds, (struct change){ name, true }))
        return false;
    change(crowds, name, true);
    return true;
}

bool crowds_remove(struct crowds *crowds, uint64_t host, uint64_t asker)
{
    struct name name = { host, asker };
    if (host == 0)
        return true;
    if (!note_undo(crowds, (struct change){ name, false }))
        return false;
    change(crowds, name, false);
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
        change(crowds, last.name, !last.added);
    }
}
