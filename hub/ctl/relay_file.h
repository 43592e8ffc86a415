// SPDX-License-Identifier: MIT
//
// relay_file -- the relay's book on disk.
//
// A file that only its owner reads (secrets are in it), replaced as a whole:
// whoever is killed or loses power at any moment finds the old one or the new
// one. A lock beside it keeps a second relay away.

#pragma once

#include <stdbool.h>

struct relay_book;
struct relay_file;

enum { RELAY_FILE_PROBLEM_MAX = 256 };

// Reads what there is into an empty book. NULL: `problem` is a sentence.
struct relay_file *relay_file_open(const char *path, struct relay_book *book,
                                   char problem[RELAY_FILE_PROBLEM_MAX]);
void relay_file_close(struct relay_file *file);

// Durable when it says true.
bool relay_file_write(struct relay_file *file, struct relay_book *book,
                      char problem[RELAY_FILE_PROBLEM_MAX]);
