// SPDX-License-Identifier: MIT

#include "asker.h"

#include "fetcher/sha256.h"
#include "peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

enum { NETWORK_SIZE = 16 };

static bool network_of(const char *address, uint8_t out[NETWORK_SIZE])
{
    struct sockaddr_in four = { .sin_family = AF_INET };
    struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
    if (inet_pton(AF_INET, address, &four.sin_addr) == 1)
        return peer_network((const struct sockaddr *)&four, out);
    return inet_pton(AF_INET6, address, &six.sin6_addr) == 1
           && peer_network((const struct sockaddr *)&six, out);
}

uint64_t asker_number(const uint8_t secret[ASKER_SECRET], const char *address)
{
    // The secret makes cursors too (M17): so this says what it is for.
    static const char purpose[] = "asker";
    uint8_t text[ASKER_SECRET + sizeof purpose + NETWORK_SIZE];
    uint8_t digest[SHA256_SIZE];
    uint64_t number;
    memcpy(text, secret, ASKER_SECRET);
    memcpy(text + ASKER_SECRET, purpose, sizeof purpose);
    if (!network_of(address, text + ASKER_SECRET + sizeof purpose))
        return 0;
    sha256(text, sizeof text, digest);
    memcpy(&number, digest, sizeof number);
    return number ? number : 1;
}
