// SPDX-License-Identifier: MIT
//
// sink_answer -- what the sink says to one request, and what it counts.

#pragma once

#include "sink_serve.h"

#include <stdbool.h>
#include <stddef.h>

// What is to be said, borrowed for ever or until the next call.
struct sink_answer {
    const char *bytes;
    size_t len; // 0: nothing, ever
    bool delayed;
};

// A request without a body: its head.
void sink_answer_get(struct sink_shared *shared, const char *head, size_t len,
                     struct sink_answer *out);

// A POST, of which all has arrived, by its path: "/cb/17".
void sink_answer_post(struct sink_serve *serve, const char *path,
                      struct sink_answer *out);
