// SPDX-License-Identifier: MIT
//
// slab -- many small things of one size, close together.
//
// Between other allocations each would cost a header, and hold on to the page
// that it shares with them. Here pages are given back when nobody is left on
// a block of them.

#pragma once

#include <stdbool.h>
#include <stddef.h>

struct slab;

// Of `size` bytes each, at most a thousandth of a block. NULL: out of memory.
struct slab *slab_new(size_t size, void *owner);
void slab_free(struct slab *slab); // nothing may be left

// All zero. NULL: out of memory.
void *slab_take(struct slab *slab);
void slab_give(void *thing);

// Whose slab is it?
void *slab_owner(const void *thing);

// Each that is there. It alone may be given back within the call.
void slab_each(struct slab *slab, void (*visit)(void *thing));
