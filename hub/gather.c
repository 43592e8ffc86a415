// SPDX-License-Identifier: MIT

#include "gather.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM_FIRST = 1024 };

static size_t counted(size_t room)
{
    return room > GATHER_SMALL ? room : 0;
}

static bool pool_allows(const struct gather *gather, size_t room)
{
    const struct gather_pool *pool = gather->pool;
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

static bool make_room(struct gather *gather, size_t more)
{
    size_t room = gather->room ? gather->room : ROOM_FIRST;
    if (gather->room > gather->len + more)
        return true;
    while (room <= gather->len + more)
        room *= 2;
    if (!pool_allows(gather, room))
        return false;
    char *bytes = realloc(gather->bytes, room);
    if (!bytes)
        return false;
    gather->bytes = bytes;
    note_room(gather, room);
    return true;
}

enum gather_result gather_add(struct gather *gather, const char *bytes,
                              size_t len, size_t max)
{
    if (gather->len > max || len > max - gather->len)
        return GATHER_TOO_LONG;
    if (!make_room(gather, len))
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
    *gather = (struct gather){ .pool = gather->pool };
}
