// SPDX-License-Identifier: MIT
//
// directory -- the place that a store lives in.
//
//     data.mdb, lock.mdb   LMDB's
//     lock                 held by the process that has the store open
//     copied               there until a backup is opened for the first time

#pragma once

#include "storage/store.h"

// The path in "lmdb:PATH", borrowed from `url`. NULL: it is no such URL.
const char *directory_of(const char *url);

// Make it if it is not there, and lock it. The lock's descriptor, or -1 and
// *problem says why; EWOULDBLOCK in errno: somebody else has it.
int directory_lock(const char *path, struct problem *problem);

// Whether what is in it is a backup that was never opened, and end of that.
bool directory_is_copy(const char *path);
bool directory_forget_copy(const char *path);

// What comes into its place is one. Durable only after directory_sync().
bool directory_mark_copy(const char *path);

// Make names in it durable.
bool directory_sync(const char *path);

// PATH/NAME, to be freed; NULL: no memory.
char *directory_file(const char *path, const char *name);
