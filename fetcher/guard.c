// SPDX-License-Identifier: MIT

#include "guard.h"

#include "address.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct block4 {
    uint32_t network;
    unsigned bits;
};

// IANA IPv4 Special-Purpose Address Registry, multicast and class E.
static const struct block4 special4[] = {
    { 0x00000000, 8 },  // "this network"
    { 0x0a000000, 8 },  // private
    { 0x64400000, 10 }, // carrier-grade NAT
    { 0x7f000000, 8 },  // loopback
    { 0xa9fe0000, 16 }, // link local, cloud metadata
    { 0xac100000, 12 }, // private
    { 0xc0000000, 24 }, // protocol assignments
    { 0xc0000200, 24 }, // documentation
    { 0xc0586300, 24 }, // 6to4 relays
    { 0xc0a80000, 16 }, // private
    { 0xc6120000, 15 }, // benchmarks
    { 0xc6336400, 24 }, // documentation
    { 0xcb007100, 24 }, // documentation
    { 0xe0000000, 4 },  // multicast
    { 0xf0000000, 4 },  // reserved, broadcast
};

// Within 2000::/3. All of 2001::/23 is special, Teredo among it; the few
// exceptions in it are anycast services that nobody is called at.
static const struct guard_range special6[] = {
    { { 0x20, 0x01 }, 23 },
    { { 0x20, 0x01, 0x0d, 0xb8 }, 32 },
    { { 0x3f, 0xff }, 20 },
};

static const struct guard_range internet6 = { { 0x20 }, 3 };
static const struct guard_range nat64 = { { 0x00, 0x64, 0xff, 0x9b }, 96 };
static const struct guard_range sixtofour = { { 0x20, 0x02 }, 16 };

static bool contains(const struct guard_range *range, const uint8_t *address)
{
    size_t whole = range->bits / 8;
    unsigned rest = range->bits % 8;
    if (memcmp(range->address, address, whole) != 0)
        return false;
    if (rest == 0)
        return true;
    return (range->address[whole] ^ address[whole]) >> (8 - rest) == 0;
}

static bool is_allowed(const struct guard *guard, const struct address *it)
{
    for (size_t i = 0; i < guard->count; i++)
        if (contains(&guard->allowed[i], it->bytes))
            return true;
    return false;
}

static bool judge4(const struct guard *guard, const uint8_t bytes[4])
{
    struct address whole = { { [10] = 0xff, [11] = 0xff } };
    memcpy(whole.bytes + 12, bytes, 4);
    if (is_allowed(guard, &whole))
        return true;
    uint32_t number;
    memcpy(&number, bytes, sizeof number);
    number = ntohl(number);
    for (size_t i = 0; i < sizeof special4 / sizeof *special4; i++)
        if ((number ^ special4[i].network) >> (32 - special4[i].bits) == 0)
            return false;
    return true;
}

static bool judge6(const struct guard *guard, const struct address *address)
{
    if (is_allowed(guard, address))
        return true;
    if (contains(&nat64, address->bytes))
        return judge4(guard, address->bytes + 12);
    if (contains(&sixtofour, address->bytes))
        return judge4(guard, address->bytes + 2);
    if (!contains(&internet6, address->bytes))
        return false;
    for (size_t i = 0; i < sizeof special6 / sizeof *special6; i++)
        if (contains(&special6[i], address->bytes))
            return false;
    return true;
}

bool guard_allows(const struct guard *guard, const struct sockaddr *address)
{
    struct address it;
    if (!address_from_socket(address, &it))
        return false;
    if (address_is_ipv4(&it))
        return judge4(guard, it.bytes + 12);
    return judge6(guard, &it);
}

static bool read_bits(const char *text, unsigned max, unsigned *out)
{
    size_t len = strspn(text, "0123456789");
    if (len == 0 || len > 3 || text[len] != '\0')
        return false;
    unsigned long bits = strtoul(text, NULL, 10);
    if (bits > max)
        return false;
    *out = (unsigned)bits;
    return true;
}

static bool is_clean(const struct guard_range *range)
{
    for (unsigned i = range->bits; i < 128; i++)
        if (range->address[i / 8] & (0x80U >> (i % 8)))
            return false;
    return true;
}

bool guard_allow(struct guard *guard, const char *cidr)
{
    char text[ADDRESS_TEXT_MAX];
    size_t len = strcspn(cidr, "/");
    if (guard->count >= GUARD_RANGES_MAX || len >= sizeof text)
        return false;
    memcpy(text, cidr, len);
    text[len] = '\0';

    struct guard_range range = { { [10] = 0xff, [11] = 0xff }, 0 };
    bool four = inet_pton(AF_INET, text, range.address + 12) == 1;
    if (!four && inet_pton(AF_INET6, text, range.address) != 1)
        return false;
    unsigned bits = four ? 32 : 128;
    if (cidr[len] == '/' && !read_bits(cidr + len + 1, bits, &bits))
        return false;
    range.bits = (uint8_t)(four ? bits + 96 : bits);
    if (!is_clean(&range))
        return false;
    guard->allowed[guard->count++] = range;
    return true;
}

bool guard_lists(const struct guard *guard, const char *address)
{
    struct address it = { { [10] = 0xff, [11] = 0xff } };
    if (inet_pton(AF_INET, address, it.bytes + 12) != 1
        && inet_pton(AF_INET6, address, it.bytes) != 1)
        return false;
    return is_allowed(guard, &it);
}
