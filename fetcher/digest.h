// SPDX-License-Identifier: MIT
//
// digest -- the first half of SHA-256, piece by piece.
//
// Failing (memory, the provider) sticks until digest_close(); what digest_end()
// wrote is then worthless.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DIGEST_SIZE = 16 };

struct digest {
    struct evp_md_ctx_st *context;
    bool failed;
    size_t staged;
    uint8_t stage[1024];
};

// A struct that was opened, or is all zeros, must be closed.
bool digest_open(struct digest *digest);
void digest_close(struct digest *digest);

// Any number of times one after the other: begin, add..., end.
void digest_begin(struct digest *digest);
void digest_add(struct digest *digest, const void *bytes, size_t len);
void digest_end(struct digest *digest, uint8_t out[DIGEST_SIZE]);

// The digest of one kind byte and the bytes after it.
void digest_of(struct digest *digest, char kind, const void *bytes, size_t len,
               uint8_t out[DIGEST_SIZE]);
