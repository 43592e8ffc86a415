// SPDX-License-Identifier: MIT
//
// guard -- may this address be called?
//
// Pure, and about addresses alone: never about names, which can change their
// mind between the question and the call. An address of IANA's special-purpose
// registries is refused unless an allowed range contains it; the IPv4 address
// inside a mapped, NAT64 or 6to4 one is judged like itself; of IPv6 only
// 2000::/3 is the internet (S1).

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

struct guard {
    struct guard_range allowed[GUARD_RANGES_MAX];
    size_t count;
};

// "10.0.0.0/8", "fd00::/8", "127.0.0.1". False: it is none of these, has bits
// set right of its length, or the guard has GUARD_RANGES_MAX already.
bool guard_allow(struct guard *guard, const char *cidr);

bool guard_allows(const struct guard *guard, const struct sockaddr *address);

// Whether one of the allowed ranges has this address ("192.0.2.7", "::1"):
// the ranges as a plain list, without any judgement. False also if it is no
// address.
bool guard_lists(const struct guard *guard, const char *address);
