// SPDX-License-Identifier: MIT
//
// filling -- how near a ceiling is, told well before it is reached.
//
// At 80, 90 and 95 of a hundred; and over again only five below that, so that
// what goes up and down around one of them is told once. Pure.

#pragma once

#include <stdbool.h>
#include <stdint.h>

enum filling_what {
    FILLING_STORE,         // bytes of the map, as far as anybody may use it
    FILLING_DISK,          // bytes of the store, of what it could have there
    FILLING_TOPICS,        // max-topics
    FILLING_SUBSCRIPTIONS, // max-subscriptions
    FILLING_MAILBOXES,     // max-mailboxes
    FILLING_COUNT
};

// "store", "disk", "topics", ...
const char *filling_what_name(enum filling_what what);

enum filling_level { FILLING_NO, FILLING_SOON, FILLING_NOW, FILLING_OVER };

// "no", "soon", "now", "over".
const char *filling_level_name(enum filling_level level);
unsigned filling_level_percent(enum filling_level level); // 0, 80, 90, 95

struct filling {
    uint64_t used, limit; // 0: there is no ceiling
    enum filling_level level;
};

// How it stands now, coming from `before`.
enum filling_level filling_judge(enum filling_level before, uint64_t used,
                                 uint64_t limit);

// Of the store's bytes and what the disk has left. A disk that has little left
// is full for everybody, however small the store; one with much is not.
void filling_of_disk(uint64_t used, uint64_t free, struct filling *filling);

// Of a map of that size what operations may use: the rest is for the end of
// what is under way.
uint64_t filling_room(uint64_t map_bytes);
