// SPDX-License-Identifier: MIT
//
// status_token -- the name of an accepted request, for who sent it (M18).
//
// One AES-128 block: request number, mode, second of acceptance, a serial
// number, check. So a token tells nothing, cannot be made up, and two of one
// second never look alike, even if they name the same request. The key comes
// from the store's secret and epoch: numbers that a restored backup gives
// anew are not opened by links from before. Any thread may write and read.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct status_key;

enum { STATUS_TOKEN_TEXT = 23 }; // 22 characters of base64url, NUL

struct status_token {
    uint64_t request;  // 48 bits; 0: none was kept
    int64_t accepted;  // unix seconds, 32 bits
    bool unsubscribes; // what it asked for
};

// NULL: libcrypto refused. `secret` is copied.
struct status_key *status_key_new(const uint8_t secret[32], uint64_t epoch);
void status_key_free(struct status_key *key);

bool status_token_write(struct status_key *key,
                        const struct status_token *token,
                        char text[STATUS_TOKEN_TEXT]);

// False: not a token of this store.
bool status_token_read(struct status_key *key, const char *text, size_t len,
                       struct status_token *out);
