// SPDX-License-Identifier: MIT
//
// guard -- may this address be called?
//
// Pure, and about addresses alone: never about names, which can change their
// mind between the question and the call. An address of IANA's special-purpose
// registries is refused unless an allowed range contains it; the IPv4 address
// inside a mapped, NAT64 (64:ff9b::/96) or 6to4 one is judged like itself, and
// inside an ISATAP one as well as that; of IPv6 only 2000::/3 is the internet.
// That leaves out 64:ff9b:1::/48, the NAT64 of whoever runs the network, in
// which nobody else can tell where the IPv4 address is (S1).
//
// Whatever is allowed: never a port that speaks another protocol (S3), and
// never this process itself (S18).

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sockaddr;

enum { GUARD_RANGES_MAX = 64 };

// A range of addresses; IPv4 as ::ffff:a.b.c.d.
struct guard_range {
    uint8_t address[16];
    uint8_t bits; // 0..128
};

// Where this process listens.
struct guard_own {
    struct guard_range range;
    uint16_t port;
};

struct guard {
    struct guard_range allowed[GUARD_RANGES_MAX];
    size_t count;
    const struct guard_own *own; // borrowed
    size_t own_count;
};

// "10.0.0.0/8", "fd00::/8", "127.0.0.1". False: it is none of these, has bits
// set right of its length, or the guard has GUARD_RANGES_MAX already.
bool guard_allow(struct guard *guard, const char *cidr);

enum guard_verdict {
    GUARD_ALLOWED,
    GUARD_REFUSED, // the address
    GUARD_OWN,
    GUARD_PORT,
};
enum guard_verdict guard_judge(const struct guard *guard,
                               const struct sockaddr *address);
bool guard_allows(const struct guard *guard, const struct sockaddr *address);

// Is it called by leave of an allowed range alone? Then not everybody gets
// there who would.
bool guard_is_inside(const struct guard *guard, const struct sockaddr *address);

// Not one of those that browsers refuse ("bad ports" of the Fetch standard),
// nor of the databases and caches that take a line of text for a command.
bool guard_allows_port(unsigned port);

// Whether one of the allowed ranges has this address ("192.0.2.7", "::1"):
// the ranges as a plain list, without any judgement. False also if it is no
// address.
bool guard_lists(const struct guard *guard, const char *address);
