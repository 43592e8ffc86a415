// SPDX-License-Identifier: MIT

#include "long_line.h"

#include <errno.h>
#include <stdlib.h>

enum { FIRST_ROOM = 4096 };

static bool make_room(struct long_line *line)
{
    if (line->len < line->room)
        return true;
    line->too_long = line->room >= line->max;
    if (line->too_long)
        return false;
    size_t room = line->room == 0 ? FIRST_ROOM : 2 * line->room;
    if (room > line->max)
        room = line->max;
    char *text = realloc(line->text, room);
    if (!text) {
        line->error = ENOMEM;
        return false;
    }
    line->text = text;
    line->room = room;
    return true;
}

bool long_line_next(struct long_line *line, FILE *from)
{
    int byte = 0;
    line->len = 0;
    while (byte != '\n' && (byte = getc_unlocked(from)) != EOF) {
        if (!make_room(line))
            return false;
        line->text[line->len++] = (char)byte;
    }
    if (ferror(from))
        line->error = errno;
    return line->len > 0 && line->error == 0;
}

void long_line_clear(struct long_line *line)
{
    free(line->text);
    line->text = NULL;
    line->room = line->len = 0;
}
