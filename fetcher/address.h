// SPDX-License-Identifier: MIT
//
// address -- an internet address without its port, IPv4 and IPv6 alike.
//
// IPv4 is kept as ::ffff:a.b.c.d, so that a mapped literal and the address
// it stands for are one and the same everywhere: judged, counted, called.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sockaddr;
struct sockaddr_storage;

enum { ADDRESS_TEXT_MAX = 64 };

struct address {
    uint8_t bytes[16];
};

bool address_is_ipv4(const struct address *address);
bool address_same(const struct address *a, const struct address *b);

// The IPv4 address that calling this one leads to, by NAT64 (64:ff9b::/96) or
// 6to4 (2002::/16). False: there is none in it.
bool address_embedded(const struct address *address, struct address *out);

// Whom somebody means who writes it: an IPv4 address that is embedded in it, as
// above, or only written as IPv6 (::a.b.c.d, RFC 4291 2.5.5.1;
// ::ffff:0:a.b.c.d, RFC 2765), which leads nowhere by itself; else itself.
struct address address_meant(const struct address *address);

// Of all that one customer has, the one that stands for it: in IPv6 he has a
// /64; and an IPv4 address is the same in whatever it is embedded.
struct address address_customer(const struct address *address);

// False: it is of neither family, or has a scope, which means a link of this
// machine and never the internet.
bool address_from_socket(const struct sockaddr *from, struct address *out);

// Returns the length of what is in *out.
unsigned address_to_socket(const struct address *address, uint16_t port,
                           struct sockaddr_storage *out);

// IPv6 without brackets.
void address_text(const struct address *address, char out[ADDRESS_TEXT_MAX]);

// The host of a URL, brackets stripped. ADDRESS_NAME: it is a name to be
// looked up. IPv4 in every notation that inet_aton() takes: a host whose last
// label is a number is an address or nothing (WHATWG URL, 3.5).
enum address_kind { ADDRESS_NAME, ADDRESS_LITERAL, ADDRESS_NONSENSE };
enum address_kind address_read(const char *host, bool brackets,
                               struct address *out);
