// SPDX-License-Identifier: MIT

#include "address.h"

#include "host.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

static void set_ipv4(struct address *out, const void *bytes)
{
    memcpy(out->bytes, mapped, sizeof mapped);
    memcpy(out->bytes + sizeof mapped, bytes, 4);
}

bool address_is_ipv4(const struct address *address)
{
    return memcmp(address->bytes, mapped, sizeof mapped) == 0;
}

bool address_same(const struct address *a, const struct address *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool address_embedded(const struct address *address, struct address *out)
{
    static const uint8_t nat64[12] = { 0x00, 0x64, 0xff, 0x9b };
    static const uint8_t sixtofour[2] = { 0x20, 0x02 };
    if (memcmp(address->bytes, nat64, sizeof nat64) == 0)
        set_ipv4(out, address->bytes + sizeof nat64);
    else if (memcmp(address->bytes, sixtofour, sizeof sixtofour) == 0)
        set_ipv4(out, address->bytes + sizeof sixtofour);
    else
        return false;
    return true;
}

struct address address_meant(const struct address *address)
{
    static const uint8_t translated[12] = { [8] = 0xff, [9] = 0xff };
    static const uint8_t compatible[12] = { 0 };
    struct address out;
    if (address_embedded(address, &out))
        return out;
    // ::1 and what else begins with as many zeros is no IPv4 address.
    bool is = memcmp(address->bytes, translated, sizeof translated) == 0
              || (memcmp(address->bytes, compatible, sizeof compatible) == 0
                  && address->bytes[12] != 0);
    if (!is)
        return *address;
    set_ipv4(&out, address->bytes + 12);
    return out;
}

struct address address_customer(const struct address *address)
{
    struct address out;
    if (!address_embedded(address, &out))
        out = *address;
    if (!address_is_ipv4(&out))
        memset(out.bytes + 8, 0, 8);
    return out;
}

bool address_from_socket(const struct sockaddr *from, struct address *out)
{
    if (from->sa_family == AF_INET) {
        struct sockaddr_in four;
        memcpy(&four, from, sizeof four);
        set_ipv4(out, &four.sin_addr);
        return true;
    }
    if (from->sa_family != AF_INET6)
        return false;
    struct sockaddr_in6 six;
    memcpy(&six, from, sizeof six);
    if (six.sin6_scope_id != 0)
        return false;
    memcpy(out->bytes, &six.sin6_addr, sizeof out->bytes);
    return true;
}

unsigned address_to_socket(const struct address *address, uint16_t port,
                           struct sockaddr_storage *out)
{
    memset(out, 0, sizeof *out);
    if (address_is_ipv4(address)) {
        struct sockaddr_in four = { .sin_family = AF_INET,
                                    .sin_port = htons(port) };
        memcpy(&four.sin_addr, address->bytes + sizeof mapped, 4);
        memcpy(out, &four, sizeof four);
        return sizeof four;
    }
    struct sockaddr_in6 six = { .sin6_family = AF_INET6,
                                .sin6_port = htons(port) };
    memcpy(&six.sin6_addr, address->bytes, sizeof address->bytes);
    memcpy(out, &six, sizeof six);
    return sizeof six;
}

// As inet_ntop() would, which goes through printf() for that.
static void ipv4_text(const uint8_t *bytes, char *out)
{
    for (size_t i = 0; i < 4; i++) {
        unsigned byte = bytes[i];
        if (i > 0)
            *out++ = '.';
        if (byte >= 100)
            *out++ = (char)('0' + byte / 100);
        if (byte >= 10)
            *out++ = (char)('0' + byte / 10 % 10);
        *out++ = (char)('0' + byte % 10);
    }
    *out = '\0';
}

void address_text(const struct address *address, char out[ADDRESS_TEXT_MAX])
{
    if (address_is_ipv4(address))
        ipv4_text(address->bytes + sizeof mapped, out);
    else if (!inet_ntop(AF_INET6, address->bytes, out, ADDRESS_TEXT_MAX))
        out[0] = '\0';
}

static bool ends_in_number(const char *host, size_t len)
{
    size_t start = len;
    while (start > 0 && host[start - 1] != '.')
        start--;
    if (start == len)
        return false;
    const char *label = host + start;
    size_t left = len - start;
    if (left >= 2 && label[0] == '0' && (label[1] | 0x20) == 'x') {
        for (size_t i = 2; i < left; i++)
            if (!isxdigit((unsigned char)label[i]))
                return false;
        return true;
    }
    for (size_t i = 0; i < left; i++)
        if (!isdigit((unsigned char)label[i]))
            return false;
    return true;
}

enum address_kind address_read(const char *host, bool brackets,
                               struct address *out)
{
    if (brackets)
        return inet_pton(AF_INET6, host, out->bytes) == 1 ? ADDRESS_LITERAL
                                                          : ADDRESS_NONSENSE;
    size_t len = strlen(host);
    if (len > 1 && host[len - 1] == '.')
        len--;
    if (!ends_in_number(host, len))
        return ADDRESS_NAME;
    // By the same reading as where URLs are judged, so that both agree.
    struct host read;
    struct in_addr four;
    if (!host_read(host, strlen(host), &read) || !read.numeric
        || inet_pton(AF_INET, read.text, &four) != 1)
        return ADDRESS_NONSENSE;
    set_ipv4(out, &four);
    return ADDRESS_LITERAL;
}
