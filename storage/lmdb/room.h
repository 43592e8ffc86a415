// SPDX-License-Identifier: MIT
//
// room -- how much fits into the store yet.
//
// Pure: sizes in, sizes out.

#pragma once

#include "env.h"

// What is kept for settlements and removals, that TAKE and the like leave
// alone, bytes.
uint64_t room_reserve(uint64_t map_bytes);

// Sizes, what they can grow to, and how far that is used.
void room_tell(const struct env_room *room, uint64_t disk_free,
               struct store_numbers *out);
