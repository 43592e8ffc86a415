// SPDX-License-Identifier: MIT
//
// new_file -- a file that is there when it is whole, and not before.
//
// Mode 0600: what is written so has secrets in it.

#pragma once

#include <stdbool.h>

struct new_file {
    int file;
    char *path, *part, *directory;
    bool standard; // "-": standard output
    bool named;    // it has the name `part` now
};

// "-" is standard output. False: it has been said.
bool new_file_open(struct new_file *file, const char *path);

// Durable, and under its name; what was there of that name is replaced.
// False: it has been said.
bool new_file_settle(struct new_file *file);

// In any case; what was not settled goes.
void new_file_close(struct new_file *file);

// A file without a name, in a directory or, with NULL, in TMPDIR or /tmp.
// Below zero: it has been said.
int new_file_nameless(const char *directory);
