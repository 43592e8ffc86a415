// SPDX-License-Identifier: MIT
//
// sent_file -- a file without a name while it is sent, and its end.
//
// To free what a large file takes on the disk takes long, and would hold up
// whoever does it, and with the journal all who wait for a sync: it is done in
// slices, on a thread of its own.

#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct sent_file;

// Takes the descriptor, in any case. NULL: out of memory.
struct sent_file *sent_file_new(int file);

// As libmicrohttpd reads: what comes at `at`, or -2 if nothing does.
ssize_t sent_file_read(void *sent_file, uint64_t at, char *out, size_t max);

// It is not needed any more. NULL is fine.
void sent_file_end(void *sent_file);
