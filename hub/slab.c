// SPDX-License-Identifier: MIT

#include "slab.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    BLOCK_BYTES = 128 * 1024, // aligned, so that a thing tells its block
    HEAD_BYTES = 512,
    SLOTS_MAX = 3072,
    WORD_BITS = 64,
};

struct block {
    struct slab *slab;
    void *owner;
    struct block *next, *before; // all of them; those with room come first
    unsigned used, hint;         // no word before `hint` has a free slot
    uint64_t taken[SLOTS_MAX / WORD_BITS];
};

struct slab {
    struct block *first, *last;
    void *owner;
    size_t size;
    unsigned slots; // of a block
};

static_assert(sizeof(struct block) <= HEAD_BYTES, "the head has its place");

struct slab *slab_new(size_t size, void *owner)
{
    struct slab *slab = calloc(1, sizeof *slab);
    if (!slab)
        return NULL;
    size = (size + 7) / 8 * 8;
    size_t slots = (BLOCK_BYTES - HEAD_BYTES) / size;
    assert(slots > 0);
    slab->owner = owner;
    slab->size = size;
    slab->slots = slots < SLOTS_MAX ? (unsigned)slots : SLOTS_MAX;
    return slab;
}

static struct block *block_of(const void *thing)
{
    uintptr_t at = (uintptr_t)thing;
    return (struct block *)(at - at % BLOCK_BYTES);
}

static char *slot(const struct block *block, unsigned place)
{
    return (char *)(uintptr_t)block + HEAD_BYTES + place * block->slab->size;
}

static void take_out(struct block *block)
{
    struct slab *slab = block->slab;
    *(block->before ? &block->before->next : &slab->first) = block->next;
    *(block->next ? &block->next->before : &slab->last) = block->before;
    block->next = block->before = NULL;
}

static void put_first(struct block *block)
{
    struct slab *slab = block->slab;
    block->next = slab->first;
    *(slab->first ? &slab->first->before : &slab->last) = block;
    slab->first = block;
}

static void put_last(struct block *block)
{
    struct slab *slab = block->slab;
    block->before = slab->last;
    *(slab->last ? &slab->last->next : &slab->first) = block;
    slab->last = block;
}

// Twice as much has an aligned half; the rest goes back.
static struct block *block_new(struct slab *slab)
{
    char *two = mmap(NULL, (size_t)2 * BLOCK_BYTES, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (two == MAP_FAILED)
        return NULL;
    size_t off = (uintptr_t)two % BLOCK_BYTES;
    size_t before = off ? BLOCK_BYTES - off : 0;
    if (before > 0)
        munmap(two, before);
    munmap(two + before + BLOCK_BYTES, BLOCK_BYTES - before);

    struct block *block = (struct block *)(void *)(two + before);
    block->slab = slab;
    block->owner = slab->owner;
    put_first(block);
    return block;
}

void slab_free(struct slab *slab)
{
    if (!slab)
        return;
    while (slab->first) {
        struct block *block = slab->first;
        assert(block->used == 0);
        take_out(block);
        munmap(block, BLOCK_BYTES);
    }
    free(slab);
}

void *slab_take(struct slab *slab)
{
    struct block *block = slab->first;
    if (!block || block->used == slab->slots)
        block = block_new(slab);
    if (!block)
        return NULL;
    unsigned word = block->hint;
    while (block->taken[word] == UINT64_MAX)
        word++;
    unsigned bit = (unsigned)__builtin_ctzll(~block->taken[word]);
    block->taken[word] |= (uint64_t)1 << bit;
    block->hint = word;
    if (++block->used == slab->slots) {
        take_out(block);
        put_last(block);
    }
    void *thing = slot(block, word * WORD_BITS + bit);
    memset(thing, 0, slab->size);
    return thing;
}

void slab_give(void *thing)
{
    struct block *block = block_of(thing);
    struct slab *slab = block->slab;
    size_t offset = (size_t)((char *)thing - slot(block, 0));
    unsigned place = (unsigned)(offset / slab->size);
    unsigned word = place / WORD_BITS;

    block->taken[word] &= ~((uint64_t)1 << place % WORD_BITS);
    if (word < block->hint)
        block->hint = word;
    if (block->used-- == slab->slots) {
        take_out(block);
        put_first(block);
    }
    // One empty block is kept, or each coming and going would cost calls.
    const struct block *other =
        slab->first == block ? block->next : slab->first;
    if (block->used == 0 && other && other->used < slab->slots) {
        take_out(block);
        munmap(block, BLOCK_BYTES);
    }
}

void *slab_owner(const void *thing)
{
    return block_of(thing)->owner;
}

static void visit_block(struct block *block, void (*visit)(void *thing))
{
    for (unsigned place = 0; place < block->slab->slots; place++)
        if (block->taken[place / WORD_BITS] >> place % WORD_BITS & 1)
            visit(slot(block, place));
}

void slab_each(struct slab *slab, void (*visit)(void *thing))
{
    // A block may go to the front meanwhile, and shall not go away.
    struct block *next;
    for (struct block *block = slab->first; block; block = next) {
        next = block->next;
        block->used++;
        visit_block(block, visit);
        block->used--;
    }
}
