// SPDX-License-Identifier: MIT

#include "window.h"

#include <assert.h>
#include <stdlib.h>

enum {
    FIRST_SIZE = 64,
    KEPT_SIZE = 1024, // of an empty window
};

static_assert(sizeof(struct visit) <= 64, "a visit is a cache line");

bool window_full(const struct window *window)
{
    return window_count(window) == WINDOW_MAX;
}

size_t window_count(const struct window *window)
{
    return (size_t)(window->back - window->front);
}

static struct visit *slot(struct visit *ring, size_t size, uint64_t number)
{
    return &ring[number & (size - 1)];
}

static bool grow(struct window *window)
{
    size_t size = window->size > 0 ? 2 * window->size : FIRST_SIZE;
    struct visit *ring = malloc(size * sizeof *ring);
    if (!ring)
        return false;
    for (uint64_t n = window->front; n < window->back; n++)
        *slot(ring, size, n) = *slot(window->ring, window->size, n);
    free(window->ring);
    window->ring = ring;
    window->size = size;
    return true;
}

struct visit *window_add(struct window *window, uint64_t *number)
{
    if (window_full(window))
        return NULL;
    if (window_count(window) == window->size && !grow(window))
        return NULL;
    *number = window->back++;
    struct visit *visit = slot(window->ring, window->size, *number);
    *visit = (struct visit){ .state = VISIT_FLYING };
    return visit;
}

struct visit *window_at(const struct window *window, uint64_t number)
{
    if (number < window->front || number >= window->back)
        return NULL;
    return slot(window->ring, window->size, number);
}

size_t window_settled(const struct window *window, size_t max)
{
    size_t count = 0;
    while (count < max && count < window_count(window)
           && window_at(window, window->front + count)->state != VISIT_FLYING)
        count++;
    return count;
}

static void forget_ring(struct window *window)
{
    free(window->ring);
    window->ring = NULL;
    window->size = 0;
}

void window_pass(struct window *window, size_t count)
{
    assert(count <= window_count(window));
    window->front += count;
    if (window->front == window->back && window->size > KEPT_SIZE)
        forget_ring(window);
}

void window_clear(struct window *window)
{
    forget_ring(window);
    window->front = window->back = 0;
}

uint32_t visit_age(const struct visit *visit, int64_t now)
{
    return (uint32_t)now - visit->began;
}

static uint16_t short_of(uint32_t number)
{
    return number < UINT16_MAX ? (uint16_t)number : UINT16_MAX;
}

void visit_settle(struct visit *visit)
{
    visit->state = VISIT_SETTLED;
    visit->delivery = NULL;
}

void visit_note(struct visit *visit, const struct store_outcome *outcome)
{
    visit->state = VISIT_OUTCOME;
    visit->delivery = NULL;
    visit->kind = (uint8_t)outcome->kind;
    visit->rev = outcome->rev;
    visit->upto = outcome->upto;
    visit->next = outcome->next;
    visit->attempts = short_of(outcome->attempts);
    visit->step = short_of(outcome->step);
    visit->due = outcome->due;
    visit->status = outcome->status;
    visit->waits = outcome->waits;
    visit->tried = outcome->tried;
    visit->took_ms = outcome->took_ms;
}

struct store_outcome visit_outcome(const struct visit *visit, uint64_t topic)
{
    return (struct store_outcome){
        .kind = (enum store_outcome_kind)visit->kind,
        .subscription = visit->subscription,
        .topic = topic,
        .rev = visit->rev,
        .upto = visit->upto,
        .next = visit->next,
        .attempts = visit->attempts,
        .step = visit->step,
        .due = visit->due,
        .status = visit->status,
        .waits = visit->waits,
        .tried = visit->tried,
        .took_ms = visit->took_ms,
    };
}
