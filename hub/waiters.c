// SPDX-License-Identifier: MIT

#include "waiters.h"

#include <assert.h>
#include <stdlib.h>

enum {
    TOPIC_BUCKETS = 4096,
    HELD_BUCKETS = 4096,
    TICK_MS = 250,
    TICKS = 2048, // 512 s: longer than anybody may wait
};

struct waiters {
    struct interest *topics[TOPIC_BUCKETS];
    struct waiter *held[HELD_BUCKETS];
    struct waiter *ticks[TICKS];
    int64_t tick; // all before it are empty
    size_t count;
};

struct waiters *waiters_new(void)
{
    return calloc(1, sizeof(struct waiters));
}

void waiters_free(struct waiters *waiters)
{
    if (!waiters)
        return;
    assert(waiters->count == 0);
    free(waiters);
}

struct waiter *waiter_new(size_t topics, size_t url_bytes)
{
    struct waiter *waiter = calloc(
        1, sizeof *waiter + topics * sizeof(struct interest) + url_bytes);
    if (waiter)
        waiter->count = (uint32_t)topics;
    return waiter;
}

char *waiter_urls(struct waiter *waiter)
{
    return (char *)&waiter->interests[waiter->count];
}

void waiter_free(struct waiter *waiter)
{
    assert(!waiter || !waiter->listed);
    free(waiter);
}

static size_t topic_bucket(uint64_t topic)
{
    return (size_t)(topic * 0x9e3779b97f4a7c15U >> 52) % TOPIC_BUCKETS;
}

static size_t held_bucket(const struct request *request)
{
    uint64_t at = (uint64_t)(uintptr_t)request;
    return (size_t)(at * 0x9e3779b97f4a7c15U >> 52) % HELD_BUCKETS;
}

static void list_interest(struct waiters *waiters, struct interest *interest)
{
    struct interest **head = &waiters->topics[topic_bucket(interest->topic)];
    interest->next = *head;
    interest->link = head;
    if (*head)
        (*head)->link = &interest->next;
    *head = interest;
}

static void list_deadline(struct waiters *waiters, struct waiter *waiter)
{
    int64_t tick = waiter->deadline / TICK_MS + 1; // never early
    if (tick < waiters->tick)
        tick = waiters->tick;
    // A process that was stopped for minutes adds before it has caught up.
    if (tick >= waiters->tick + TICKS)
        tick = waiters->tick + TICKS - 1;
    struct waiter **head = &waiters->ticks[tick % TICKS];
    waiter->due_next = *head;
    waiter->due_link = head;
    if (*head)
        (*head)->due_link = &waiter->due_next;
    *head = waiter;
}

static void list_held(struct waiters *waiters, struct waiter *waiter)
{
    struct waiter **head = &waiters->held[held_bucket(waiter->request)];
    waiter->held_next = *head;
    waiter->held_link = head;
    if (*head)
        (*head)->held_link = &waiter->held_next;
    *head = waiter;
}

void waiters_add(struct waiters *waiters, struct waiter *waiter, int64_t now)
{
    assert(!waiter->listed);
    if (waiters->count == 0)
        waiters->tick = now / TICK_MS;
    for (size_t i = 0; i < waiter->count; i++) {
        waiter->interests[i].waiter = waiter;
        list_interest(waiters, &waiter->interests[i]);
    }
    list_deadline(waiters, waiter);
    list_held(waiters, waiter);
    waiter->listed = true;
    waiters->count++;
}

void waiters_remove(struct waiters *waiters, struct waiter *waiter)
{
    assert(waiter->listed);
    for (size_t i = 0; i < waiter->count; i++) {
        struct interest *interest = &waiter->interests[i];
        *interest->link = interest->next;
        if (interest->next)
            interest->next->link = interest->link;
    }
    *waiter->due_link = waiter->due_next;
    if (waiter->due_next)
        waiter->due_next->due_link = waiter->due_link;
    *waiter->held_link = waiter->held_next;
    if (waiter->held_next)
        waiter->held_next->held_link = waiter->held_link;
    waiter->listed = false;
    waiters->count--;
}

size_t waiters_count(const struct waiters *waiters)
{
    return waiters->count;
}

void waiters_of(struct waiters *waiters, uint64_t topic,
                void (*found)(void *context, struct waiter *waiter),
                void *context)
{
    for (struct interest *i = waiters->topics[topic_bucket(topic)]; i;
         i = i->next)
        if (i->topic == topic)
            found(context, i->waiter);
}

struct waiter *waiters_by_request(const struct waiters *waiters,
                                  const struct request *request)
{
    struct waiter *waiter = waiters->held[held_bucket(request)];
    while (waiter && waiter->request != request)
        waiter = waiter->held_next;
    return waiter;
}

struct waiter *waiters_over(struct waiters *waiters, int64_t now)
{
    if (waiters->count == 0)
        return NULL;
    for (; waiters->tick <= now / TICK_MS; waiters->tick++)
        if (waiters->ticks[waiters->tick % TICKS])
            return waiters->ticks[waiters->tick % TICKS];
    return NULL;
}

struct waiter *waiters_any(const struct waiters *waiters)
{
    for (size_t i = 0; waiters->count > 0 && i < HELD_BUCKETS; i++)
        if (waiters->held[i])
            return waiters->held[i];
    return NULL;
}

int64_t waiters_patience(const struct waiters *waiters, int64_t now)
{
    if (waiters->count == 0)
        return INT64_MAX;
    int64_t tick = waiters->tick;
    while (!waiters->ticks[tick % TICKS])
        tick++; // somebody is listed, so this ends
    int64_t left = tick * TICK_MS - now;
    return left > 0 ? left : 0;
}
