// SPDX-License-Identifier: MIT
//
// seal -- sixteen bytes as a name that tells nothing and cannot be made up.
//
// One AES-128 block, as 22 characters of base64url. What is inside has to have
// a check, so that one that was made up is known by it. Any thread may write
// and read.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seal;

enum { SEAL_BLOCK = 16, SEAL_TEXT = 23 }; // with NUL

// `purpose` keeps apart what is sealed with one secret, and so does `epoch`; 0:
// it is the same in all of them.
// NULL: libcrypto refused, or out of memory.
struct seal *seal_new(const char purpose[8], const uint8_t secret[32],
                      uint64_t epoch);
void seal_free(struct seal *seal);

bool seal_write(struct seal *seal, const uint8_t block[SEAL_BLOCK],
                char text[SEAL_TEXT]);

// False: it has another form. There is one text for each block.
bool seal_read(struct seal *seal, const char *text, size_t len,
               uint8_t block[SEAL_BLOCK]);

// A number of `bytes` bytes, the most significant first.
void seal_put(uint8_t *at, uint64_t value, int bytes);
uint64_t seal_get(const uint8_t *at, int bytes);
