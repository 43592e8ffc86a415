// SPDX-License-Identifier: MIT

#include "walk.h"

#include <assert.h>
#include <string.h>

// A staircase that is being made; the last step is for all ids beyond.
struct stairs {
    struct store_step steps[2 * STORE_STEPS_MAX + 3];
    size_t count;
};

static void add(struct stairs *stairs, uint64_t last, uint64_t cursor)
{
    struct store_step *top =
        stairs->count > 0 ? &stairs->steps[stairs->count - 1] : NULL;
    if (last <= (top ? top->last : 0))
        return;
    if (top && top->cursor == cursor)
        top->last = last;
    else
        stairs->steps[stairs->count++] = (struct store_step){ last, cursor };
}

static uint64_t least(uint64_t one, uint64_t other)
{
    return one < other ? one : other;
}

// As it is when the sweep has brought (start, end] to `to`.
static struct stairs after(const struct store_walk *walk, uint64_t end)
{
    struct stairs stairs = { .count = 0 };
    for (size_t i = 0; i < walk->step_count; i++)
        add(&stairs, least(walk->steps[i].last, walk->start),
            walk->steps[i].cursor);
    add(&stairs, walk->start, walk->from);
    add(&stairs, end, walk->to);
    for (size_t i = 0; i < walk->step_count; i++)
        add(&stairs, walk->steps[i].last, walk->steps[i].cursor);
    add(&stairs, UINT64_MAX, walk->from);
    return stairs;
}

static void put(struct store_walk *walk, const struct stairs *stairs)
{
    size_t count = stairs->count - 1;
    assert(count <= STORE_STEPS_MAX);
    memset(walk->steps, 0, sizeof walk->steps);
    memcpy(walk->steps, stairs->steps, count * sizeof *walk->steps);
    walk->step_count = count;
    walk->from = stairs->steps[count].cursor;
}

uint64_t walk_before(const struct store_walk *walk, uint64_t subscription)
{
    for (size_t i = 0; i < walk->step_count; i++)
        if (subscription <= walk->steps[i].last)
            return walk->steps[i].cursor;
    return walk->from;
}

uint64_t store_walk_cursor(const struct store_walk *walk, uint64_t subscription)
{
    if (subscription > walk->start && subscription <= walk->position)
        return walk->to;
    return walk_before(walk, subscription);
}

uint64_t store_walk_goal(const struct store_walk *walk)
{
    if (walk->from < walk->to)
        return UINT64_MAX;
    for (size_t i = walk->step_count; i-- > 0;)
        if (walk->steps[i].cursor < walk->to)
            return walk->steps[i].last;
    return 0;
}

uint64_t walk_least(const struct store_walk *walk)
{
    struct stairs stairs = after(walk, UINT64_MAX);
    uint64_t cursor = walk->to;
    for (size_t i = 0; i < stairs.count; i++)
        cursor = least(cursor, stairs.steps[i].cursor);
    return cursor;
}

bool walk_turn(struct store_walk *walk, uint64_t head)
{
    struct stairs stairs = after(walk, walk->position);
    if (stairs.count > STORE_STEPS_MAX + 1)
        return false;
    put(walk, &stairs);
    walk->start = walk->position;
    walk->to = head;
    return true;
}

void walk_again(struct store_walk *walk, uint64_t head)
{
    // Nothing is beyond the end: there are no more steps than before.
    struct stairs stairs = after(walk, UINT64_MAX);
    put(walk, &stairs);
    walk->start = walk->position = 0;
    walk->to = head;
}
