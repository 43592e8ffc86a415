// SPDX-License-Identifier: MIT

#include "key.h"

#include <assert.h>
#include <string.h>

void key_start(struct key *key)
{
    key->len = 0;
}

static void append(struct key *key, const void *at, size_t len)
{
    assert(len <= sizeof key->at - key->len);
    if (len > 0)
        memcpy(key->at + key->len, at, len);
    key->len += len;
}

void key_u8(struct key *key, uint8_t part)
{
    append(key, &part, sizeof part);
}

void key_u32(struct key *key, uint32_t part)
{
    uint8_t bytes[4];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(part >> (24 - 8 * i));
    append(key, bytes, sizeof bytes);
}

void key_u64(struct key *key, uint64_t part)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(part >> (56 - 8 * i));
    append(key, bytes, sizeof bytes);
}

void key_time(struct key *key, int64_t part)
{
    key_u64(key, part > 0 ? (uint64_t)part : 0);
}

void key_hash(struct key *key, const struct store_key *part)
{
    append(key, part->bytes, sizeof part->bytes);
}

void key_text(struct key *key, struct bytes part)
{
    append(key, part.at, part.len < KEY_TEXT_MAX ? part.len : KEY_TEXT_MAX);
}

void key_one(struct key *key, uint64_t first)
{
    key_start(key);
    key_u64(key, first);
}

void key_two(struct key *key, uint64_t first, uint64_t second)
{
    key_one(key, first);
    key_u64(key, second);
}

void key_three(struct key *key, uint64_t first, uint64_t second, uint64_t third)
{
    key_two(key, first, second);
    key_u64(key, third);
}

static uint64_t number(struct bytes found, size_t offset, size_t width)
{
    if (offset > found.len || width > found.len - offset)
        return 0;
    uint64_t value = 0;
    for (size_t i = 0; i < width; i++)
        value = value << 8 | (uint8_t)found.at[offset + i];
    return value;
}

uint64_t key_part(struct bytes found, size_t offset)
{
    return number(found, offset, 8);
}

uint32_t key_part_u32(struct bytes found, size_t offset)
{
    return (uint32_t)number(found, offset, 4);
}
