// SPDX-License-Identifier: MIT
//
// links -- the Link header of a content distribution (WebSub 7; R94 to R96).
//
// Pure. Hub and self as the publisher wrote them: if he lists us, under any of
// our names, that spelling comes first; if he lists only others, his list; if
// he lists none, what we call ourselves.

#pragma once

#include <stddef.h>

struct links {
    const char *hubs; // one a line
    size_t hubs_len;
    const char *self; // discovered; length 0: none
    size_t self_len;
    const char *topic; // what was subscribed to
    size_t topic_len;
    const char *own; // what we call ourselves
    const char *const *aliases;
    size_t alias_count;
};

// "Link: <hub>; rel=\"hub\", ..., <self>; rel=\"self\"" in one line, allocated;
// yours to free(). NULL: out of memory.
char *links_line(const struct links *links);

// The same line for somebody who subscribed by another spelling of the topic,
// where the publisher names no self (M2).
char *links_line_for(const char *line, const char *topic, size_t topic_len);
