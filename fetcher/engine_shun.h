// SPDX-License-Identifier: MIT
//
// engine_shun -- addresses that let nobody in lately.
//
// Of a name's several addresses they are tried last, for SHUN_MS, whoever
// asks: origins come and go, and waiting for a dead address each time would
// cost every delivery there the patience for connecting. Some are forgotten
// earlier, for there is room for so many; it is about the order alone.

#pragma once

#include "address.h"
#include "siphash.h"

#include <stddef.h>
#include <stdint.h>

enum { SHUN_MS = 300000, SHUN_MAX = 512 };

// All zeros but for the key.
struct shun {
    struct siphash_key key;
    struct {
        struct address address;
        int64_t until_ms;
    } known[SHUN_MAX];
};

void shun_add(struct shun *shun, const struct address *address, int64_t now_ms);

// Puts them behind the others, which keep their order, as they do.
void shun_sort(const struct shun *shun, struct address *addresses, size_t count,
               int64_t now_ms);
