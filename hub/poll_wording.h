// SPDX-License-Identifier: MIT
//
// poll_wording -- why a topic's next poll is when it is, in a sentence.
//
// Pure.

#pragma once

#include <stdint.h>

struct config;
struct store_topic;

enum { POLL_WORDING_MAX = 256 };

// Returns `out`; "" if it has no plan yet.
const char *poll_wording(const struct store_topic *topic,
                         const struct config *config, int64_t now_unix,
                         char out[POLL_WORDING_MAX]);
