// SPDX-License-Identifier: MIT

#include "arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_SIZE = 4096,
    BLOCK_DOUBLING_END = 1 << 20,
    EXPECT_MAX = 1 << 22,
};

struct arena_block {
    struct arena_block *next;
    size_t size, used;
    alignas(max_align_t) unsigned char at[];
};

static size_t aligned(size_t size)
{
    const size_t unit = alignof(max_align_t);
    return (size + unit - 1) / unit * unit;
}

static struct arena_block *grow(struct arena *arena, size_t size)
{
    size_t want = BLOCK_SIZE;
    if (arena->blocks && arena->blocks->size < BLOCK_DOUBLING_END)
        want = arena->blocks->size * 2;
    if (want < size)
        want = size;
    struct arena_block *block = malloc(sizeof *block + want);
    if (!block) {
        arena->failed = true;
        return NULL;
    }
    block->size = want;
    block->used = 0;
    block->next = arena->blocks;
    arena->blocks = block;
    return block;
}

// Not zeroed.
static void *carve(struct arena *arena, size_t size)
{
    if (arena->failed || size > SIZE_MAX / 2) {
        arena->failed = true;
        return NULL;
    }
    size = aligned(size > 0 ? size : 1);
    struct arena_block *block = arena->blocks;
    if (!block || size > block->size - block->used)
        block = grow(arena, size);
    if (!block)
        return NULL;
    void *at = block->at + block->used;
    block->used += size;
    return at;
}

void arena_expect(struct arena *arena, size_t size)
{
    struct arena_block *block = arena->blocks;
    if (size > EXPECT_MAX)
        size = EXPECT_MAX;
    if (!arena->failed && (!block || size > block->size - block->used))
        grow(arena, size);
}

void *arena_alloc(struct arena *arena, size_t size)
{
    void *at = carve(arena, size);
    if (at)
        memset(at, 0, size);
    return at;
}

void *arena_room(struct arena *arena, size_t size)
{
    return carve(arena, size);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    if (size > 0 && count > SIZE_MAX / 2 / size) {
        arena->failed = true;
        return NULL;
    }
    return arena_alloc(arena, count * size);
}

struct bytes arena_copy(struct arena *arena, struct bytes bytes)
{
    char *at = carve(arena, bytes.len + 1);
    if (!at)
        return (struct bytes){ "", 0 };
    if (bytes.len > 0)
        memcpy(at, bytes.at, bytes.len);
    at[bytes.len] = '\0';
    return (struct bytes){ at, bytes.len };
}

static void free_from(struct arena_block *block)
{
    while (block) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
}

void arena_reset(struct arena *arena)
{
    arena->failed = false;
    struct arena_block *kept = arena->blocks;
    if (!kept)
        return;
    free_from(kept->next);
    kept->next = NULL;
    kept->used = 0;
    // One huge record must not be held for ever.
    if (kept->size > BLOCK_DOUBLING_END)
        arena_clear(arena);
}

void arena_clear(struct arena *arena)
{
    free_from(arena->blocks);
    *arena = (struct arena){ 0 };
}

void *arena_detach(struct arena *arena)
{
    void *detached = arena->blocks;
    *arena = (struct arena){ 0 };
    return detached;
}

void arena_free(void *detached)
{
    free_from(detached);
}
