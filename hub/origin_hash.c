// SPDX-License-Identifier: MIT

#include "origin_hash.h"

#include <stddef.h>
#include <string.h>

uint64_t origin_hash(uint64_t key, const char *url)
{
    const char *host = strstr(url, "://");
    size_t len = host ? (size_t)(host - url) + 3 : 0;
    len += strcspn(url + len, "/?");
    uint64_t h = key ^ 0xcbf29ce484222325U;
    for (size_t i = 0; i < len; i++) {
        h = (h ^ (unsigned char)url[i]) * 0x100000001b3U;
        h ^= h >> 29;
    }
    h = (h ^ h >> 32) * 0x9e3779b97f4a7c15U;
    return h ? h : 1;
}
