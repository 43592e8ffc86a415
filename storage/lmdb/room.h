// SPDX-License-Identifier: MIT
//
// room -- how much fits into the store yet.
//
// Pure: sizes in, sizes out.

#pragma once

#include "env.h"

// What the file can become: as large as the map, or as the disk lets it grow.
uint64_t room_whole(const struct env_room *room, uint64_t growth);
// Of that, what is kept for settlements and removals, and TAKE and the like
// leave alone, bytes.
uint64_t room_reserve(uint64_t whole);

// Sizes, what they can grow to, and how far that is used.
void room_tell(const struct env_room *room, uint64_t growth, uint64_t disk_free,
               struct store_numbers *out);
