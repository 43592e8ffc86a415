// SPDX-License-Identifier: MIT
//
// pull_answer -- what was read from the log, as JSON for who pulls it.

#pragma once

#include "cursor.h"
#include "request.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pull_answer {
    const struct store_events *read; // NULL: nothing was read (waiting ended)
    const char *const *urls;         // of read->positions
    struct cursor cursor;            // after this answer
    struct cursor_key *key;
    const char *hub_url; // for updates that name no hub
    int64_t waited_ms;
    bool epoch_gap;     // the cursor given was of another history
    bool scope_changed; // it was given for other topics
    bool conditional;   // nothing new is a 304
    bool close;
    uint32_t preferred_s; // the wait that was preferred (RFC 7240); 0: none
};

// Takes the request. How many events it was told; out of memory is a 503.
size_t pull_answer_say(const struct pull_answer *answer,
                       struct request *request);

// An RFC 9457 problem. Takes the request.
void pull_answer_problem(struct request *request, unsigned status,
                         const char *type, const char *detail);
