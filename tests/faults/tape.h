// SPDX-License-Identifier: MIT
//
// tape -- what this process writes to one file, and when it makes it durable.
//
// The functions of libc by which a store writes are replaced, for shared
// libraries too, by ones that note what they do. From the notes the file can
// be rebuilt as it was at any moment, or as a power cut could have left it.

#pragma once

#include "tests/store/chance.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tape_kind {
    TAPE_WRITE,   // not durable before the next TAPE_SYNC
    TAPE_DURABLE, // written by a descriptor with O_DSYNC
    TAPE_SIZE,    // ftruncate(): not durable either
    TAPE_SYNC,
};

struct tape_note {
    enum tape_kind kind;
    uint64_t at; // TAPE_SIZE: the new size
    size_t len;
    uint8_t *bytes;
};

// Notes everything about the file of this path, which need not exist yet.
void tape_start(const char *path);
void tape_stop(void);
void tape_free(void);

size_t tape_length(void);
const struct tape_note *tape_at(size_t index);
size_t tape_durables(void); // how many of these there are

// -------------------------------------------------------------- the file

// The bytes from `used` to `size` are zeros.
struct image {
    uint8_t *bytes;
    size_t used, size, room;
};

void image_apply(struct image *image, const struct tape_note *note);
// What a power cut leaves of a write: of each of its parts the old or the new.
// `part` is the size of one; pieces beyond the end of the file are zeros or
// make it longer, as chance will have it.
void image_tear(struct image *image, const struct tape_note *note, size_t part,
                struct chance *chance);
void image_copy(struct image *image, const struct image *from);
// At least this long: with zeros.
void image_extend(struct image *image, size_t size);
void image_empty(struct image *image);
void image_save(const struct image *image, const char *path);
void image_free(struct image *image);
