// SPDX-License-Identifier: MIT

#include "engine_shun.h"

#include <stdbool.h>
#include <string.h>

static size_t place_of(const struct shun *shun, const struct address *address)
{
    return siphash(&shun->key, address, sizeof *address) % SHUN_MAX;
}

void shun_add(struct shun *shun, const struct address *address, int64_t now_ms)
{
    size_t at = place_of(shun, address);
    shun->known[at].address = *address;
    shun->known[at].until_ms = now_ms + SHUN_MS;
}

static bool is_in(const struct shun *shun, const struct address *address,
                  int64_t now_ms)
{
    size_t at = place_of(shun, address);
    return now_ms < shun->known[at].until_ms
           && address_same(&shun->known[at].address, address);
}

void shun_sort(const struct shun *shun, struct address *addresses, size_t count,
               int64_t now_ms)
{
    size_t left = count; // to be looked at, for each only once
    for (size_t i = 0; count > 1 && left > 0; left--) {
        if (!is_in(shun, &addresses[i], now_ms)) {
            i++;
            continue;
        }
        struct address bad = addresses[i];
        memmove(addresses + i, addresses + i + 1,
                (count - i - 1) * sizeof *addresses);
        addresses[count - 1] = bad;
    }
}
