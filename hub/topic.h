// SPDX-License-Identifier: MIT
//
// topic -- a copy of what the store says of a topic, to be kept for a while.

#pragma once

#include "storage/store.h"

// One block: free() ends it. Its bytes point into itself. NULL: out of memory.
struct store_topic *topic_copy(const struct store_topic *topic);
