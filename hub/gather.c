// SPDX-License-Identifier: MIT

#include "gather.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM_FIRST = 1024 };

static size_t counted(size_t room)
{
    return room > GATHER_SMALL && room <= GATHER_LARGE ? room : 0;
}

// Which may go; NULL: none.
static struct gather **longest(struct gather_pool *pool, int64_t now_ms)
{
    struct gather **found = NULL;
    for (size_t i = 0; i < GATHER_PLACES; i++) {
        const struct gather *one = pool->places[i];
        if (one && !one->whole && now_ms - one->since_ms >= GATHER_TURN_MS
            && (!found || one->since_ms < (*found)->since_ms))
            found = &pool->places[i];
    }
    return found;
}

static void displace(struct gather *gather)
{
    gather_clear(gather);
    gather->displaced = true;
}

static bool find_place(struct gather *gather, int64_t now_ms)
{
    struct gather_pool *pool = gather->pool;
    struct gather **place = NULL;
    for (size_t i = 0; i < GATHER_PLACES; i++) {
        const struct gather *other = pool->places[i];
        if (!other)
            place = &pool->places[i];
        else if (gather->sender && other->sender == gather->sender)
            return false;
    }
    if (!place && (place = longest(pool, now_ms)) != NULL)
        displace(*place);
    if (!place)
        return false;
    *place = gather;
    gather->since_ms = now_ms;
    return true;
}

static void leave_place(struct gather *gather)
{
    for (size_t i = 0; gather->pool && i < GATHER_PLACES; i++)
        if (gather->pool->places[i] == gather)
            gather->pool->places[i] = NULL;
}

static bool pool_allows(struct gather *gather, size_t room, int64_t now_ms)
{
    const struct gather_pool *pool = gather->pool;
    if (pool && room > GATHER_LARGE)
        return gather->since_ms != 0 || find_place(gather, now_ms);
    if (!pool || counted(room) == 0)
        return true;
    size_t others = pool->held - counted(gather->room);
    return others + room <= GATHER_POOL_MAX;
}

static void note_room(struct gather *gather, size_t room)
{
    if (gather->pool)
        gather->pool->held += counted(room) - counted(gather->room);
    gather->room = room;
}

static bool make_room(struct gather *gather, size_t more, int64_t now_ms)
{
    size_t room = gather->room ? gather->room : ROOM_FIRST;
    if (gather->room > gather->len + more)
        return true;
    while (room <= gather->len + more)
        room *= 2;
    if (!pool_allows(gather, room, now_ms))
        return false;
    char *bytes = realloc(gather->bytes, room);
    if (!bytes)
        return false;
    gather->bytes = bytes;
    note_room(gather, room);
    return true;
}

enum gather_result gather_add(struct gather *gather, const char *bytes,
                              size_t len, size_t max, int64_t now_ms)
{
    if (gather->displaced)
        return GATHER_NO_MEMORY;
    if (gather->len > max || len > max - gather->len)
        return GATHER_TOO_LONG;
    if (!make_room(gather, len, now_ms))
        return GATHER_NO_MEMORY;
    memcpy(gather->bytes + gather->len, bytes, len);
    gather->len += len;
    gather->bytes[gather->len] = '\0';
    return GATHER_OK;
}

void gather_clear(struct gather *gather)
{
    if (gather->bytes)
        explicit_bzero(gather->bytes, gather->len);
    free(gather->bytes);
    note_room(gather, 0);
    leave_place(gather);
    *gather = (struct gather){ .pool = gather->pool, .sender = gather->sender };
}
