// SPDX-License-Identifier: MIT

#include "room.h"

enum {
    PAGE_SIZE = 4096,
    RESERVE_PAGES = 16,
    RESERVE_PART = 20, // of the whole
    RESERVE_MAX = 64 << 20,
    SOON = 80, // percent
    NOW = 90,
};

uint64_t room_whole(const struct env_room *room, uint64_t growth)
{
    uint64_t file = room->used_bytes + room->free_bytes;
    uint64_t of_disk = growth < UINT64_MAX - file ? file + growth : UINT64_MAX;
    return of_disk < room->map_bytes ? of_disk : room->map_bytes;
}

uint64_t room_reserve(uint64_t whole)
{
    uint64_t reserve = whole / RESERVE_PART;
    if (reserve > RESERVE_MAX)
        reserve = RESERVE_MAX;
    if (reserve < RESERVE_PAGES * PAGE_SIZE)
        reserve = RESERVE_PAGES * PAGE_SIZE;
    return reserve;
}

static uint64_t less(uint64_t from, uint64_t by)
{
    return by < from ? from - by : 0;
}

static enum store_filling filling_of(uint64_t used, uint64_t room)
{
    // A part of a whole of 2^64 bytes.
    uint64_t part = room / 100;
    if (used >= part * NOW)
        return STORE_FILLS_NOW;
    return used >= part * SOON ? STORE_FILLS_SOON : STORE_ROOMY;
}

void room_tell(const struct env_room *room, uint64_t growth, uint64_t disk_free,
               struct store_numbers *out)
{
    uint64_t whole = room_whole(room, growth);
    out->map_bytes = room->map_bytes;
    out->used_bytes = room->used_bytes;
    out->free_bytes = room->free_bytes;
    out->disk_free_bytes = disk_free;
    out->room_bytes = less(whole, room_reserve(whole));
    out->filling = filling_of(out->used_bytes, out->room_bytes);
}
