// SPDX-License-Identifier: MIT
//
// workdir -- a directory of one run, gone after it.

#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { WORKDIR_MAX = 256 };

// A new directory below `base` (NULL: TMPDIR, or /tmp).
bool workdir_make(const char *base, char out[WORKDIR_MAX]);

// With all that is in it. Only directories that workdir_make() made.
void workdir_remove(const char *path);

// `name` next to the running program, or `steps` directories above it.
bool workdir_program(const char *name, unsigned steps, char *out, size_t max);
