// SPDX-License-Identifier: MIT
//
// echoes -- topics whose ping brought nothing new, to be looked at again.
//
// A ping may outrun the publisher's own caches (R86a, M12): poll.h says when
// to look again. Kept in memory only, and only so many: what is forgotten, the
// next poll finds. (A restart forgets how often it was looked at; but the look
// that was planned is still due, by the store.) In a full place the one that
// was looked at most makes room.

#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { ECHOES_SETS = 1024, ECHOES_WAYS = 8 };

struct echo {
    uint64_t topic; // 0: a free place
    unsigned count; // how often it was looked at again
};

// All zero at first.
struct echoes {
    struct echo at[ECHOES_SETS][ECHOES_WAYS];
};

// Is another look at this topic planned?
bool echoes_has(const struct echoes *echoes, uint64_t topic);

// It was fetched, and was `silent`; a ping was the reason or not. In how many
// ms to look again; 0: not for its silence.
int64_t echoes_next(struct echoes *echoes, uint64_t topic, bool silent,
                    bool pinged);
