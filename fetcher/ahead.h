// SPDX-License-Identifier: MIT
//
// ahead -- where the next of some marks is in a text.
//
// Remembers what it found, so that however often it is asked on the way
// through a text, it looks at each byte once for each mark. Asked for a place
// before the last one it looks at the bytes between the two again.

#pragma once

#include <stddef.h>

enum ahead_mark {
    AHEAD_LESS,
    AHEAD_GREATER,
    AHEAD_QUOTE,
    AHEAD_APOSTROPHE,
    AHEAD_COMMENT,         // <!--
    AHEAD_COMMENT_END,     // -->
    AHEAD_CDATA,           // <![CDATA[
    AHEAD_CDATA_END,       // ]]>
    AHEAD_INSTRUCTION_END, // ?>
    AHEAD_MARKS
};

struct ahead {
    const char *text;
    size_t len;
    // The next one, from this place on, and none before it.
    size_t from[AHEAD_MARKS], next[AHEAD_MARKS];
};

void ahead_open(struct ahead *ahead, const char *text, size_t len);

// Where the first mark at or after `from` starts; the length of the text:
// there is none.
size_t ahead_find(struct ahead *ahead, enum ahead_mark mark, size_t from);
// Just past it; the length of the text: there is none.
size_t ahead_past(struct ahead *ahead, enum ahead_mark mark, size_t from);
