// SPDX-License-Identifier: MIT
//
// relay_letter -- what a mailbox says, as what a callback is sent.
//
// One event becomes the request that the hub would have made itself (WebSub 7):
// the same bytes, Content-Type, Link, signature and Hub-* fields. Pure.

#pragma once

#include <stdbool.h>
#include <stddef.h>

struct relay_terms;

enum {
    RELAY_LINES_MAX = 6,
    RELAY_CURSOR_MAX = 64,
};

struct relay_letter {
    char *body; // never NULL
    size_t len;
    char *lines[RELAY_LINES_MAX]; // of the request's head
    size_t line_count;
    char sequence[64]; // for the log: incarnation.seq
};

void relay_letter_free(struct relay_letter *letter); // NULL is fine

struct relay_page {
    char cursor[RELAY_CURSOR_MAX]; // acknowledges what is in the page
    bool more;
    struct relay_letter *letter; // NULL: nothing new
};

// The answer of a mailbox that was asked for one message. False: it is no such
// answer, or out of memory; nothing needs clearing.
bool relay_page_read(const char *text, size_t len,
                     const struct relay_terms *terms, struct relay_page *out);
void relay_page_clear(struct relay_page *page);
