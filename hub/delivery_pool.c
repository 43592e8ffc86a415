// SPDX-License-Identifier: MIT

#include "delivery_pool.h"

#include "delivery.h"

#include <stdlib.h>

enum {
    ROOM = 256, // of text: most callbacks, with a secret
    KEPT_MAX = 2048,
};

struct delivery *delivery_pool_take(struct delivery_pool *pool, size_t room)
{
    struct delivery *delivery = pool->first;
    if (room <= ROOM && delivery) {
        pool->first = delivery->next;
        pool->count--;
        return delivery;
    }
    size_t size = room > ROOM ? room : ROOM;
    delivery = malloc(sizeof *delivery + size);
    if (delivery)
        delivery->room = size;
    return delivery;
}

void delivery_pool_give(struct delivery_pool *pool, struct delivery *delivery)
{
    if (delivery->room != ROOM || pool->count == KEPT_MAX) {
        free(delivery);
        return;
    }
    delivery->next = pool->first;
    pool->first = delivery;
    pool->count++;
}

void delivery_pool_clear(struct delivery_pool *pool)
{
    while (pool->first) {
        struct delivery *delivery = pool->first;
        pool->first = delivery->next;
        free(delivery);
    }
    pool->count = 0;
}
