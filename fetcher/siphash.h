// SPDX-License-Identifier: MIT
//
// siphash -- a keyed hash for tables whose keys strangers choose.
//
// SipHash-2-4. Without the key nobody can make many origins fall into one
// bucket.

#pragma once

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
    uint64_t half[2];
};

uint64_t siphash(const struct siphash_key *key, const void *bytes, size_t len);
