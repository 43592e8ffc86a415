// SPDX-License-Identifier: MIT
//
// cursor -- a place in the log as pullers hold it (M16, M17).
//
// One AES-128 block under a key that only this store knows: epoch, event
// number, tag of the topic set, check. So a cursor tells nothing of what the
// hub does, cannot be made up, and stays valid over restarts and upgrades.
// Any thread may write and read them.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor_key;

enum { CURSOR_TEXT = 23 }; // 22 characters of base64url, NUL

struct cursor {
    uint64_t epoch;  // 48 bits
    uint64_t number; // 56 bits: everything up to it has been seen
    uint16_t tag;    // of the topics it was made for
};

// NULL: libcrypto refused. `secret` is copied.
struct cursor_key *cursor_key_new(const uint8_t secret[32]);
void cursor_key_free(struct cursor_key *key);

bool cursor_write(struct cursor_key *key, const struct cursor *cursor,
                  char text[CURSOR_TEXT]);

// False: not a cursor of this store.
bool cursor_read(struct cursor_key *key, const char *text, size_t len,
                 struct cursor *out);

// The same for every order of the same topics.
uint16_t cursor_tag(const uint64_t topics[], size_t count);
