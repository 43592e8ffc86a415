// SPDX-License-Identifier: MIT
//
// parcel -- bytes that are sent to many, kept once.
//
// Never changed after it was made; counted, from any thread.

#pragma once

#include <stddef.h>

struct parcel;

// A copy; one share is the caller's. NULL: out of memory.
struct parcel *parcel_new(const void *bytes, size_t len);
// An empty one to be filled by its maker before anybody else has it. NULL: out
// of memory.
struct parcel *parcel_make(size_t len, char **bytes);

struct parcel *parcel_share(struct parcel *parcel); // the same
void parcel_free(struct parcel *parcel);            // one share; NULL is fine

const char *parcel_bytes(const struct parcel *parcel);
size_t parcel_length(const struct parcel *parcel);
