// SPDX-License-Identifier: MIT
//
// engine_collect -- the answer of an exchange while it arrives.
//
// Keeps the head of the latest answer only, so that interim answers (1xx)
// leave nothing behind, and never more than its ceilings.

#pragma once

#include "engine.h"

enum {
    COLLECT_HEAD_MAX = 64 * 1024, // of all heads of an exchange's hop
    COLLECT_FIELDS_MAX = 100,     // further ones are dropped
    // A longer body that is not wanted is still read so far, because closing
    // and making a connection costs both sides more.
    COLLECT_SPILL_MAX = 16 * 1024,
};

enum collect_verdict {
    COLLECT_ON,
    COLLECT_ENOUGH,    // the rest is not wanted
    COLLECT_TOO_LARGE, // over body_max
    COLLECT_HOSTILE,   // a head without end
    COLLECT_CODED,     // in a coding that cannot be undone
    COLLECT_NO_MEMORY,
};

struct collect {
    unsigned status; // 0: none yet
    bool head_done;
    size_t field_count;
    char *head; // name NUL value NUL ...; kept for the next exchange
    size_t head_len, head_room, head_seen;
    char *body;
    size_t body_len, body_room, spilled;
    size_t body_max;
    bool truncate;
    bool decode;
    struct decode *coded; // NULL: the body is what it is
};

void collect_begin(struct collect *collect, const struct exchange *exchange);
void collect_clear(struct collect *collect);

// One line of a head, with or without its end; a status line starts anew.
enum collect_verdict collect_line(struct collect *collect, const char *line,
                                  size_t len);
enum collect_verdict collect_body(struct collect *collect, const char *bytes,
                                  size_t len);

// What has come is not known to lack anything.
bool collect_is_whole(const struct collect *collect);

// First value of that field in the latest head. NULL: there is none.
const char *collect_field(const struct collect *collect, const char *name);

// Gives what has been collected to the exchange. False: out of memory, the
// exchange then has a status at most.
bool collect_hand_over(struct collect *collect, struct exchange *exchange);
