// SPDX-License-Identifier: MIT

#include "ahead.h"

#include <stdint.h>
#include <string.h>

static const char *const marks[AHEAD_MARKS] = {
    [AHEAD_LESS] = "<",
    [AHEAD_GREATER] = ">",
    [AHEAD_QUOTE] = "\"",
    [AHEAD_APOSTROPHE] = "'",
    [AHEAD_COMMENT] = "<!--",
    [AHEAD_COMMENT_END] = "-->",
    [AHEAD_CDATA] = "<![CDATA[",
    [AHEAD_CDATA_END] = "]]>",
    [AHEAD_INSTRUCTION_END] = "?>",
};

void ahead_open(struct ahead *ahead, const char *text, size_t len)
{
    *ahead = (struct ahead){ .text = text, .len = len };
    for (size_t i = 0; i < AHEAD_MARKS; i++)
        ahead->next[i] = SIZE_MAX; // not looked for yet
}

// memmem() is quick for long texts, memchr() for single characters.
static size_t look(const struct ahead *ahead, const char *mark, size_t from,
                   size_t to)
{
    size_t n = strlen(mark);
    if (from >= to || to - from < n)
        return to;
    const char *found = n == 1 ? memchr(ahead->text + from, *mark, to - from)
                               : memmem(ahead->text + from, to - from, mark, n);
    return found != NULL ? (size_t)(found - ahead->text) : to;
}

size_t ahead_find(struct ahead *ahead, enum ahead_mark mark, size_t from)
{
    size_t *known = &ahead->next[mark], *known_from = &ahead->from[mark];
    size_t reach = ahead->len;
    if (from > ahead->len)
        return ahead->len;
    if (*known != SIZE_MAX && from >= *known_from && from <= *known)
        return *known;
    if (*known != SIZE_MAX && from < *known_from) {
        // A mark may begin before the old place and end behind it.
        size_t overlap = *known_from + strlen(marks[mark]) - 1;
        reach = overlap < ahead->len ? overlap : ahead->len;
    }
    size_t found = look(ahead, marks[mark], from, reach);
    if (found == reach && reach < ahead->len)
        found = *known;
    *known_from = from;
    *known = found;
    return found;
}

size_t ahead_past(struct ahead *ahead, enum ahead_mark mark, size_t from)
{
    size_t found = ahead_find(ahead, mark, from);
    return found < ahead->len ? found + strlen(marks[mark]) : ahead->len;
}
