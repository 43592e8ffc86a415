// SPDX-License-Identifier: MIT
//
// paced -- a large file written so that others still get at the disk.
//
// Whoever waits for an fsync() waits for everything that is on its way to the
// disk. So it is written in slices, each waited for, and after each the disk
// is left alone for longer than that took: a slow disk, or a busy one, is used
// less.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct paced {
    int file;
    uint64_t written; // bytes, all of them
    uint64_t settled; // of these, slices that are over
    int64_t busy_ns;  // what the bytes of this slice have taken so far
};

// From its beginning on. The file stays the caller's, and is not synced as a
// whole; what is no file (a pipe) is written without rests.
void paced_start(struct paced *paced, int file);

// False: errno says why.
bool paced_write(struct paced *paced, const void *bytes, size_t len);
