// SPDX-License-Identifier: MIT

#include "pairs.h"

#include <assert.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

enum { KEY = 16, FIRST_SIZE = 256, UNDO_FIRST = 64 };

struct pair {
    uint8_t key[KEY];       // of SHA-256 over both keys
    struct pending pending; // count 0: the place is free
};

struct pairs {
    struct pair *places; // `size` of them, a power of two
    size_t size, used;
    struct pair *undo; // as it was before the change, newest last
    size_t undo_size, undo_count;
};

struct pairs *pairs_new(void)
{
    struct pairs *pairs = calloc(1, sizeof *pairs);
    if (!pairs)
        return NULL;
    pairs->size = FIRST_SIZE;
    pairs->places = calloc(pairs->size, sizeof *pairs->places);
    if (pairs->places)
        return pairs;
    free(pairs);
    return NULL;
}

void pairs_free(struct pairs *pairs)
{
    if (!pairs)
        return;
    free(pairs->places);
    free(pairs->undo);
    free(pairs);
}

bool pairs_room(const struct pairs *pairs)
{
    return pairs->used < PAIRS_MAX;
}

static void make_key(const struct store_key *topic,
                     const struct store_key *callback, uint8_t key[KEY])
{
    uint8_t both[2 * sizeof topic->bytes], digest[SHA256_DIGEST_LENGTH];
    memcpy(both, topic->bytes, sizeof topic->bytes);
    memcpy(both + sizeof topic->bytes, callback->bytes, sizeof callback->bytes);
    SHA256(both, sizeof both, digest);
    memcpy(key, digest, KEY);
}

static size_t home(const uint8_t key[KEY], size_t size)
{
    uint64_t bits;
    memcpy(&bits, key, sizeof bits);
    return (size_t)bits & (size - 1);
}

// Its place, or the free one where it would go.
static struct pair *place_of(struct pair *places, size_t size,
                             const uint8_t key[KEY])
{
    size_t at = home(key, size);
    while (places[at].pending.count > 0
           && memcmp(places[at].key, key, KEY) != 0)
        at = (at + 1) & (size - 1);
    return &places[at];
}

void pairs_find(const struct pairs *pairs, const struct store_key *topic,
                const struct store_key *callback, struct pending *out)
{
    uint8_t key[KEY];
    make_key(topic, callback, key);
    *out = place_of(pairs->places, pairs->size, key)->pending;
}

// Room for one more, with a third of the places free.
static bool grow(struct pairs *pairs)
{
    if (pairs->used + 1 <= pairs->size / 3 * 2)
        return true;
    size_t size = 2 * pairs->size;
    struct pair *places = calloc(size, sizeof *places);
    if (!places)
        return false;
    for (size_t i = 0; i < pairs->size; i++)
        if (pairs->places[i].pending.count > 0)
            *place_of(places, size, pairs->places[i].key) = pairs->places[i];
    free(pairs->places);
    pairs->places = places;
    pairs->size = size;
    return true;
}

// Free a place, and move up those that were put behind it for its sake.
static void vacate(struct pairs *pairs, struct pair *place)
{
    size_t mask = pairs->size - 1;
    size_t hole = (size_t)(place - pairs->places);
    pairs->places[hole].pending.count = 0;
    pairs->used--;
    for (size_t at = (hole + 1) & mask; pairs->places[at].pending.count > 0;
         at = (at + 1) & mask) {
        size_t wanted = home(pairs->places[at].key, pairs->size);
        if (((at - wanted) & mask) < ((at - hole) & mask))
            continue;
        pairs->places[hole] = pairs->places[at];
        pairs->places[at].pending.count = 0;
        hole = at;
    }
}

// There is room for it.
static void put(struct pairs *pairs, const struct pair *pair)
{
    struct pair *place = place_of(pairs->places, pairs->size, pair->key);
    if (place->pending.count > 0 && pair->pending.count == 0) {
        vacate(pairs, place);
        return;
    }
    if (pair->pending.count == 0)
        return;
    pairs->used += place->pending.count == 0;
    *place = *pair;
}

static bool note_undo(struct pairs *pairs, const struct pair *before)
{
    if (pairs->undo_count == pairs->undo_size) {
        size_t size = pairs->undo_size ? 2 * pairs->undo_size : UNDO_FIRST;
        struct pair *undo = realloc(pairs->undo, size * sizeof *undo);
        if (!undo)
            return false;
        pairs->undo = undo;
        pairs->undo_size = size;
    }
    pairs->undo[pairs->undo_count++] = *before;
    return true;
}

bool pairs_set(struct pairs *pairs, const struct store_key *topic,
               const struct store_key *callback, const struct pending *pending)
{
    struct pair pair = { .pending = *pending };
    assert(pending->count <= STORE_WAITING_MAX);
    make_key(topic, callback, pair.key);
    struct pair before = pair;
    before.pending = place_of(pairs->places, pairs->size, pair.key)->pending;
    if (!grow(pairs) || !note_undo(pairs, &before))
        return false;
    put(pairs, &pair);
    return true;
}

void pairs_commit(struct pairs *pairs)
{
    pairs->undo_count = 0;
}

void pairs_abort(struct pairs *pairs)
{
    // What is put back was there when it was taken, so there is room: the
    // table never shrinks.
    while (pairs->undo_count > 0)
        put(pairs, &pairs->undo[--pairs->undo_count]);
}
