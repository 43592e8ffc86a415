// SPDX-License-Identifier: MIT
//
// events -- reading the log: of some topics, or of all that prefixes mean.

#pragma once

#include "tracks.h"

struct wish events_wish(const struct store_events *op);

// With prefixes. Clearing the answers is the caller's.
enum store_status events_match(struct engine_context *context,
                               struct store_events *op);
// Of positions, descending.
enum store_status events_back(struct engine_context *context,
                              struct store_events *op);
