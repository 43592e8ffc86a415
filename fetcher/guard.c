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

// An unspecified address is this machine's own to whoever connects to it.
static bool is_own(const struct guard *guard, const struct address *it,
                   unsigned port)
{
    static const struct address none6 = { { 0 } };
    static const struct address none4 = { { [10] = 0xff, [11] = 0xff } };
    bool none = address_same(it, &none6) || address_same(it, &none4);
    for (size_t i = 0; i < guard->own_count; i++)
        if (guard->own[i].port == port
            && (none || contains(&guard->own[i].range, it->bytes)))
            return true;
    return false;
}

static bool judge4(const struct guard *guard, const struct address *address)
{
    if (is_allowed(guard, address))
        return true;
    uint32_t number;
    memcpy(&number, address->bytes + 12, sizeof number);
    number = ntohl(number);
    for (size_t i = 0; i < sizeof special4 / sizeof *special4; i++)
        if ((number ^ special4[i].network) >> (32 - special4[i].bits) == 0)
            return false;
    return true;
}

// RFC 5214 6.1: such an interface is reached over IPv4.
static bool isatap(const struct address *address, struct address *out)
{
    static const uint8_t marks[2][4] = { { 0x00, 0x00, 0x5e, 0xfe },
                                         { 0x02, 0x00, 0x5e, 0xfe } };
    if (memcmp(address->bytes + 8, marks[0], 4) != 0
        && memcmp(address->bytes + 8, marks[1], 4) != 0)
        return false;
    *out = (struct address){ { [10] = 0xff, [11] = 0xff } };
    memcpy(out->bytes + 12, address->bytes + 12, 4);
    return true;
}

static bool judge6(const struct guard *guard, const struct address *address)
{
    struct address inner;
    if (is_allowed(guard, address))
        return true;
    if (address_embedded(address, &inner))
        return judge4(guard, &inner);
    if (!contains(&internet6, address->bytes))
        return false;
    for (size_t i = 0; i < sizeof special6 / sizeof *special6; i++)
        if (contains(&special6[i], address->bytes))
            return false;
    return !isatap(address, &inner) || judge4(guard, &inner);
}

bool guard_allows_port(unsigned port)
{
    static const uint16_t bad[] = {
        0,    1,    7,    9,     11,    13,   15,   17,   19,   20,   21,
        22,   23,   25,   37,    42,    43,   53,   69,   77,   79,   87,
        95,   101,  102,  103,   104,   109,  110,  111,  113,  115,  117,
        119,  123,  135,  137,   139,   143,  161,  179,  389,  427,  445,
        465,  512,  513,  514,   515,   526,  530,  531,  532,  540,  548,
        554,  556,  563,  587,   601,   636,  989,  990,  993,  995,  1719,
        1720, 1723, 2049, 3306,  3659,  4045, 4190, 5060, 5061, 5432, 6000,
        6379, 6566, 6660, 6661,  6662,  6663, 6664, 6665, 6666, 6667, 6668,
        6669, 6679, 6697, 10080, 11211,
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (port == bad[i])
            return false;
    return true;
}

// At the same place in both families.
static unsigned port_of(const struct sockaddr *address)
{
    struct sockaddr_in four;
    memcpy(&four, address, sizeof four);
    return ntohs(four.sin_port);
}

enum guard_verdict guard_judge(const struct guard *guard,
                               const struct sockaddr *address)
{
    struct address it, inner;
    if (!address_from_socket(address, &it))
        return GUARD_REFUSED;
    unsigned port = port_of(address);
    if (!guard_allows_port(port))
        return GUARD_PORT;
    if (is_own(guard, &it, port)
        || (address_embedded(&it, &inner) && is_own(guard, &inner, port)))
        return GUARD_OWN;
    bool fine = address_is_ipv4(&it) ? judge4(guard, &it) : judge6(guard, &it);
    return fine ? GUARD_ALLOWED : GUARD_REFUSED;
}

bool guard_allows(const struct guard *guard, const struct sockaddr *address)
{
    return guard_judge(guard, address) == GUARD_ALLOWED;
}

bool guard_is_inside(const struct guard *guard, const struct sockaddr *address)
{
    static const struct guard nothing_allowed;
    struct address it;
    if (!guard_allows(guard, address) || !address_from_socket(address, &it))
        return false;
    return !(address_is_ipv4(&it) ? judge4(&nothing_allowed, &it)
                                  : judge6(&nothing_allowed, &it));
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
