// SPDX-License-Identifier: MIT

#include "peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

// Copied out: what we are given need not be aligned for a sockaddr_in6.
static bool as_ipv6(const struct sockaddr *address, struct in6_addr *out)
{
    struct sockaddr_in6 six;
    if (address->sa_family != AF_INET6)
        return false;
    memcpy(&six, address, sizeof six);
    *out = six.sin6_addr;
    return true;
}

static bool as_ipv4(const struct sockaddr *address, struct in_addr *out)
{
    struct sockaddr_in four;
    struct in6_addr six;
    if (address->sa_family == AF_INET) {
        memcpy(&four, address, sizeof four);
        *out = four.sin_addr;
        return true;
    }
    if (!as_ipv6(address, &six) || !IN6_IS_ADDR_V4MAPPED(&six))
        return false;
    memcpy(out, six.s6_addr + 12, sizeof *out);
    return true;
}

void peer_text(const struct sockaddr *address, char out[PEER_TEXT_MAX])
{
    struct in_addr four;
    struct in6_addr six;

    out[0] = '\0';
    if (as_ipv4(address, &four))
        inet_ntop(AF_INET, &four, out, PEER_TEXT_MAX);
    else if (as_ipv6(address, &six))
        inet_ntop(AF_INET6, &six, out, PEER_TEXT_MAX);
}

bool peer_network(const struct sockaddr *address, uint8_t out[16])
{
    struct in_addr four;
    struct in6_addr six;

    memset(out, 0, 16);
    if (as_ipv4(address, &four)) {
        // In the prefix of mapped addresses, which no /64 shares.
        memset(out + 10, 0xFF, 2);
        memcpy(out + 12, &four, sizeof four);
        return true;
    }
    if (!as_ipv6(address, &six))
        return false;
    memcpy(out, six.s6_addr, 8);
    return true;
}
