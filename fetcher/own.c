// SPDX-License-Identifier: MIT

#include "own.h"

#include "address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

struct growing {
    struct guard_own *items;
    size_t count, room;
};

static bool add(struct growing *list, const struct address *address,
                unsigned bits, uint16_t port)
{
    if (list->count == list->room) {
        size_t room = list->room ? list->room * 2 : 16;
        void *items = realloc(list->items, room * sizeof *list->items);
        if (!items)
            return false;
        list->items = items;
        list->room = room;
    }
    struct guard_own *own = &list->items[list->count++];
    memcpy(own->range.address, address->bytes, sizeof address->bytes);
    own->range.bits = (uint8_t)bits;
    own->port = port;
    return true;
}

static bool is_unspecified(const struct address *address)
{
    static const struct address six = { { 0 } };
    static const struct address four = { { [10] = 0xff, [11] = 0xff } };
    return address_same(address, &six) || address_same(address, &four);
}

static bool read_port(const char *text, uint16_t *out)
{
    size_t len = strspn(text, "0123456789");
    if (len == 0 || len > 5 || text[len] != '\0')
        return false;
    unsigned long port = strtoul(text, NULL, 10);
    *out = (uint16_t)port;
    return port <= UINT16_MAX;
}

static bool read_item(const char *item, struct address *address, uint16_t *port)
{
    char host[ADDRESS_TEXT_MAX];
    const char *colon = strrchr(item, ':');
    if (!colon || !read_port(colon + 1, port))
        return false;
    bool brackets = item[0] == '[' && colon > item && colon[-1] == ']';
    const char *from = brackets ? item + 1 : item;
    size_t len = (size_t)(colon - from) - (brackets ? 1 : 0);
    if (len >= sizeof host)
        return false;
    memcpy(host, from, len);
    host[len] = '\0';
    return address_read(host, brackets, address) == ADDRESS_LITERAL;
}

// Linux takes every address of a loopback interface's network for its own.
static unsigned bits_of(const struct ifaddrs *interface)
{
    struct sockaddr_in mask;
    if (!(interface->ifa_flags & IFF_LOOPBACK) || !interface->ifa_netmask
        || interface->ifa_addr->sa_family != AF_INET)
        return 128;
    memcpy(&mask, interface->ifa_netmask, sizeof mask);
    unsigned bits = 96;
    for (uint32_t left = ntohl(mask.sin_addr.s_addr); left; left <<= 1)
        bits++;
    return bits;
}

static bool has_address(const struct ifaddrs *interface, struct address *out)
{
    struct sockaddr_in6 six;
    if (!interface->ifa_addr)
        return false;
    if (interface->ifa_addr->sa_family != AF_INET6)
        return address_from_socket(interface->ifa_addr, out);
    // A link-local one comes with its scope, which the guard never allows.
    memcpy(&six, interface->ifa_addr, sizeof six);
    memcpy(out->bytes, &six.sin6_addr, sizeof out->bytes);
    return true;
}

static bool add_machine(struct growing *list, uint16_t port)
{
    struct ifaddrs *all;
    if (getifaddrs(&all) != 0)
        return false;
    bool fine = true;
    for (const struct ifaddrs *at = all; fine && at; at = at->ifa_next) {
        struct address address;
        if (has_address(at, &address))
            fine = add(list, &address, bits_of(at), port);
    }
    freeifaddrs(all);
    return fine;
}

static bool add_item(struct growing *list, const char *item)
{
    struct address address;
    uint16_t port;
    if (!read_item(item, &address, &port))
        return false;
    if (is_unspecified(&address) && !add_machine(list, port))
        return false;
    return add(list, &address, 128, port);
}

bool own_read(const char *const *items, size_t count, struct guard_own **out,
              size_t *out_count)
{
    struct growing list = { 0 };
    for (size_t i = 0; i < count; i++)
        if (!add_item(&list, items[i])) {
            free(list.items);
            return false;
        }
    *out = list.items;
    *out_count = list.count;
    return true;
}
