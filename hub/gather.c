// SPDX-License-Identifier: MIT

#include "gather.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM_FIRST = 1024 };

static bool make_room(struct gather *gather, size_t more)
{
    size_t room = gather->room ? gather->room : ROOM_FIRST;
    if (gather->room > gather->len + more)
        return true;
    while (room <= gather->len + more)
        room *= 2;
    char *bytes = realloc(gather->bytes, room);
    if (!bytes)
        return false;
    gather->bytes = bytes;
    gather->room = room;
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
    *gather = (struct gather){ 0 };
}
