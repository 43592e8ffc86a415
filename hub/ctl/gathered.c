// SPDX-License-Identifier: MIT

#include "gathered.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM_FIRST = 4096 };

static bool make_room(struct gathered *gathered, size_t len)
{
    size_t room = gathered->room ? gathered->room : ROOM_FIRST;
    while (room < len)
        room *= 2;
    if (room == gathered->room)
        return true;
    char *text = realloc(gathered->text, room);
    if (!text)
        return false;
    gathered->text = text;
    gathered->room = room;
    return true;
}

bool gathered_add(struct gathered *gathered, const char *bytes, size_t len,
                  size_t max)
{
    if (gathered->len > max || len > max - gathered->len)
        return false;
    if (!make_room(gathered, gathered->len + len + 1))
        return false;
    if (len > 0)
        memcpy(gathered->text + gathered->len, bytes, len);
    gathered->len += len;
    gathered->text[gathered->len] = '\0';
    return true;
}
