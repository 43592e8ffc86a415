// SPDX-License-Identifier: MIT

#include "deadline.h"

#include <limits.h>
#include <stdlib.h>

enum { GRAIN_MS = 100, ROOM_FIRST = 64 };

static void put(struct deadlines *all, uint32_t place,
                struct deadline *deadline)
{
    all->heap[place - 1] = deadline;
    deadline->place = place;
}

static void sift_up(struct deadlines *all, struct deadline *deadline,
                    uint32_t place)
{
    while (place > 1 && all->heap[place / 2 - 1]->at > deadline->at) {
        put(all, place, all->heap[place / 2 - 1]);
        place /= 2;
    }
    put(all, place, deadline);
}

static void sift_down(struct deadlines *all, struct deadline *deadline,
                      uint32_t place)
{
    while (place <= all->count / 2) {
        uint32_t child = place * 2;
        if (child < all->count
            && all->heap[child]->at < all->heap[child - 1]->at)
            child++;
        if (all->heap[child - 1]->at >= deadline->at)
            break;
        put(all, place, all->heap[child - 1]);
        place = child;
    }
    put(all, place, deadline);
}

static bool make_room(struct deadlines *all)
{
    if (all->count < all->room)
        return true;
    uint32_t room = all->room ? all->room * 2 : ROOM_FIRST;
    struct deadline **heap =
        reallocarray(all->heap, room, sizeof(struct deadline *));
    if (!heap)
        return false;
    all->heap = heap;
    all->room = room;
    return true;
}

bool deadline_set(struct deadlines *all, struct deadline *deadline, int64_t at)
{
    deadline_drop(all, deadline);
    if (!make_room(all))
        return false;
    int64_t grain = (at + GRAIN_MS - 1) / GRAIN_MS;
    deadline->at = grain < UINT32_MAX ? (uint32_t)grain : UINT32_MAX;
    sift_up(all, deadline, ++all->count);
    return true;
}

void deadline_drop(struct deadlines *all, struct deadline *deadline)
{
    uint32_t place = deadline->place;
    if (place == 0)
        return;
    deadline->place = 0;

    // The last one takes the free place and goes where it belongs from there.
    struct deadline *last = all->heap[--all->count];
    if (last == deadline)
        return;
    if (place > 1 && all->heap[place / 2 - 1]->at > last->at)
        sift_up(all, last, place);
    else
        sift_down(all, last, place);
}

struct deadline *deadline_take(struct deadlines *all, int64_t now)
{
    if (all->count == 0 || (int64_t)all->heap[0]->at * GRAIN_MS > now)
        return NULL;
    struct deadline *first = all->heap[0];
    deadline_drop(all, first);
    return first;
}

int deadline_wait(const struct deadlines *all, int64_t now)
{
    if (all->count == 0)
        return -1;
    int64_t wait = (int64_t)all->heap[0]->at * GRAIN_MS - now;
    if (wait < 0)
        return 0;
    return wait < INT_MAX ? (int)wait : INT_MAX;
}

void deadlines_clear(struct deadlines *all)
{
    free(all->heap);
    *all = (struct deadlines){ 0 };
}
