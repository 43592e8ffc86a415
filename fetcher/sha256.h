// SPDX-License-Identifier: MIT
//
// sha256 -- the SHA-256 of some bytes, without a way to fail.
//
// Keys of topics, callbacks and origins are made of it (RFC 6234), wherever
// they come by. libcrypto's usual calls allocate memory for each digest, so
// they fail when there is none just then; a key that cannot be made has no
// answer that would make sense.

#pragma once

#include <stddef.h>
#include <stdint.h>

enum { SHA256_SIZE = 32 };

void sha256(const void *bytes, size_t len, uint8_t out[SHA256_SIZE]);
