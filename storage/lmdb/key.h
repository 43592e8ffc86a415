// SPDX-License-Identifier: MIT
//
// key -- a composite key under construction.
//
// Numbers go in big-endian, so that the tables' byte order is their numeric
// order and the first parts of a key name a range.

#pragma once

#include "storage/store.h"

enum {
    KEY_MAX = 496,      // LMDB takes 511
    KEY_TEXT_MAX = 480, // so much of a URL is a part of a key
};

struct key {
    size_t len;
    uint8_t at[KEY_MAX];
};

void key_start(struct key *key);
void key_u8(struct key *key, uint8_t part);
void key_u32(struct key *key, uint32_t part);
void key_u64(struct key *key, uint64_t part);
// Times are never below zero; one that is counts as zero.
void key_time(struct key *key, int64_t part);
void key_hash(struct key *key, const struct store_key *part);
// The first KEY_TEXT_MAX bytes of it.
void key_text(struct key *key, struct bytes part);

// The three most frequent shapes.
void key_one(struct key *key, uint64_t first);
void key_two(struct key *key, uint64_t first, uint64_t second);
void key_three(struct key *key, uint64_t first, uint64_t second,
               uint64_t third);

// Parts of a key that was found; 0 where it is too short.
uint64_t key_part(struct bytes found, size_t offset);
uint32_t key_part_u32(struct bytes found, size_t offset);
