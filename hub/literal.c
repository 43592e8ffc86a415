// SPDX-License-Identifier: MIT

#include "literal.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

struct bytes {
    uint8_t at[16];
    unsigned count; // 4 or 16
};

static bool read_address(const char *text, size_t len, struct bytes *out)
{
    char copy[INET6_ADDRSTRLEN];
    if (len == 0 || len >= sizeof copy)
        return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    if (inet_pton(AF_INET, copy, out->at) == 1)
        out->count = 4;
    else if (inet_pton(AF_INET6, copy, out->at) == 1)
        out->count = 16;
    else
        return false;
    return true;
}

// Decimal digits and nothing else, up to `most`.
static bool read_number(const char *text, unsigned most, unsigned *out)
{
    unsigned value = 0;
    if (!*text)
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return false;
        value = value * 10 + (unsigned)(*text - '0');
        if (value > most)
            return false;
    }
    *out = value;
    return true;
}

static bool read_with_port(const char *text, struct bytes *out)
{
    const char *colon = strrchr(text, ':');
    unsigned port;
    if (!colon || !read_number(colon + 1, UINT16_MAX, &port))
        return false;
    size_t len = (size_t)(colon - text);
    bool brackets = len >= 2 && text[0] == '[' && text[len - 1] == ']';
    if (brackets)
        return read_address(text + 1, len - 2, out) && out->count == 16;
    return read_address(text, len, out) && out->count == 4;
}

const char *literal_check_port(const char *text)
{
    struct bytes address;
    return read_with_port(text, &address)
               ? NULL
               : "an address and a port such as 127.0.0.1:8080 or [::1]:8080";
}

// Bits right of the length are more often a slip of the pen than meant.
static bool rest_is_zero(const struct bytes *address, unsigned bits)
{
    for (unsigned i = bits; i < address->count * 8; i++) {
        if (address->at[i / 8] & (0x80U >> (i % 8)))
            return false;
    }
    return true;
}

static bool read_range(const char *text, struct bytes *address, unsigned *bits)
{
    size_t len = strcspn(text, "/");
    if (!read_address(text, len, address))
        return false;
    *bits = address->count * 8;
    return !text[len] || read_number(text + len + 1, *bits, bits);
}

static bool is_range(const char *text)
{
    struct bytes address;
    unsigned bits;
    return read_range(text, &address, &bits) && rest_is_zero(&address, bits);
}

const char *literal_check_range(const char *text)
{
    return is_range(text) ? NULL
                          : "a range of addresses such as 10.0.0.0/8 or "
                            "fd00::/8, all bits right of its length zero";
}

static bool is_host_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

static bool is_authority(const char *text, size_t len)
{
    size_t host = 0;
    if (len > 0 && text[0] == '[') {
        const char *end = memchr(text, ']', len);
        struct bytes address;
        if (!end || !read_address(text + 1, (size_t)(end - text - 1), &address)
            || address.count != 16)
            return false;
        host = (size_t)(end - text) + 1;
    } else {
        while (host < len && is_host_byte(text[host]))
            host++;
    }
    if (host == 0 || host == len)
        return host > 0;

    char port[8];
    size_t digits = len - host - 1;
    if (text[host] != ':' || digits == 0 || digits >= sizeof port)
        return false;
    memcpy(port, text + host + 1, digits);
    port[digits] = '\0';
    unsigned number;
    return read_number(port, UINT16_MAX, &number) && number > 0;
}

static size_t skip_scheme(const char *text)
{
    if (strncasecmp(text, "http://", 7) == 0)
        return 7;
    return strncasecmp(text, "https://", 8) == 0 ? 8 : 0;
}

// A base is something that a path can be appended to, and goes into Link
// headers between angle brackets.
static bool is_base(const char *text)
{
    size_t skip = skip_scheme(text);
    if (skip == 0)
        return false;
    text += skip;
    size_t authority = strcspn(text, "/");
    if (!is_authority(text, authority))
        return false;
    for (text += authority; *text; text++) {
        if (*text <= ' ' || *text >= 0x7F || strchr("?#<>\"\\", *text))
            return false;
    }
    return true;
}

const char *literal_check_base(const char *text)
{
    return is_base(text) ? NULL
                         : "a URL such as https://hub.example/, without a "
                           "query or a fragment";
}

const char *literal_check_origin(const char *text)
{
    size_t skip = skip_scheme(text);
    bool fine = strcmp(text, "*") == 0
                || (skip > 0 && is_authority(text + skip, strlen(text + skip)));
    return fine ? NULL : "an origin such as https://app.example, or *";
}

// Also a numeric address: its digits and dots, or hex and colons, compare as
// they are.
const char *literal_check_domain(const char *text)
{
    size_t len = strlen(text);
    bool plain = len > 0 && len < 254 && text[0] != '.';
    for (size_t i = 0; plain && i < len; i++)
        plain = is_host_byte(text[i]) || text[i] == ':';
    return plain ? NULL : "a host name such as example.com";
}

bool literal_is_loopback(const char *text)
{
    struct bytes address;
    if (!read_with_port(text, &address))
        return false;
    if (address.count == 4)
        return address.at[0] == 127;
    return memcmp(address.at, &in6addr_loopback, sizeof address.at) == 0;
}

// ::ffff:0:0/96 is IPv4 in another coat.
static void undress(struct bytes *address)
{
    static const uint8_t prefix[12] = { [10] = 0xFF, [11] = 0xFF };
    if (address->count != 16 || memcmp(address->at, prefix, 12) != 0)
        return;
    memmove(address->at, address->at + 12, 4);
    address->count = 4;
}

bool literal_in_range(const char *address, const char *range)
{
    struct bytes one, all;
    unsigned bits;
    if (!read_address(address, strlen(address), &one)
        || !read_range(range, &all, &bits))
        return false;
    undress(&one);
    if (one.count != all.count)
        return false;
    for (unsigned i = 0; i < bits; i++) {
        if ((one.at[i / 8] ^ all.at[i / 8]) & (0x80U >> (i % 8)))
            return false;
    }
    return true;
}

bool literal_read_hop(const char *text, size_t len, char out[LITERAL_MAX])
{
    struct bytes address;
    if (len > 0 && text[0] == '[') {
        const char *end = memchr(text, ']', len);
        if (!end || !read_address(text + 1, (size_t)(end - text - 1), &address))
            return false;
    } else if (!read_address(text, len, &address)) {
        const char *colon = memchr(text, ':', len);
        if (!colon || !read_address(text, (size_t)(colon - text), &address))
            return false;
    }
    undress(&address);
    int family = address.count == 4 ? AF_INET : AF_INET6;
    return inet_ntop(family, address.at, out, LITERAL_MAX) != NULL;
}
