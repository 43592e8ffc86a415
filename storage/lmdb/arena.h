// SPDX-License-Identifier: MIT
//
// arena -- memory that is given out in pieces and freed as a whole.
//
// Two uses: the results of one operation, which store_release() frees, and
// the scratch space of the running one, which the next one uses again. A
// failure sticks: after it every call answers NULL, and the engine turns it
// into STORE_AGAIN, so callers need only step back.

#pragma once

#include "storage/store.h"

struct arena_block;

struct arena {
    struct arena_block *blocks; // newest first
    bool failed;
};

// The next block is at least this large, so that a page of results is one
// malloc. Only a hint: a block that would be far too large is not made.
void arena_expect(struct arena *arena, size_t size);

// Zeroed and aligned for anything. NULL: no memory.
void *arena_alloc(struct arena *arena, size_t size);
// The same, not zeroed: for what is written whole at once.
void *arena_room(struct arena *arena, size_t size);
// An array: `count` items of `size` bytes; NULL also if that overflows.
void *arena_array(struct arena *arena, size_t count, size_t size);
// A copy with one NUL after it; in the failure case length 0.
struct bytes arena_copy(struct arena *arena, struct bytes bytes);

// Give all of it back but one block, to be used again.
void arena_reset(struct arena *arena);
void arena_clear(struct arena *arena);

// Hand the memory over as one pointer, which arena_free() frees; the arena is
// empty afterwards. NULL: it was empty.
void *arena_detach(struct arena *arena);
void arena_free(void *detached);
