// SPDX-License-Identifier: MIT
//
// literal -- addresses as they are written in options and header fields.
//
// Pure questions about text: nothing is resolved and nothing is connected.
// Addresses are numeric, since a listener or a trusted proxy that depends on a
// name server would change its meaning with it.

#pragma once

#include <stdbool.h>
#include <stddef.h>

// NULL: it is one. Else what was expected, in words that fit after "must be".
const char *literal_check_port(const char *text);  // ADDR:PORT, [ADDR]:PORT
const char *literal_check_range(const char *text); // ADDR, ADDR/BITS
const char *literal_check_base(const char *text);  // http(s)://HOST[:PORT]/PATH
const char *literal_check_origin(const char *text); // http(s)://HOST[:PORT], *
const char *literal_check_domain(const char *text); // HOST, in A-labels

// Is a good ADDR:PORT one that only this machine reaches?
bool literal_is_loopback(const char *text);

// Is this address, without a port, in a range that was found good? An IPv4
// address is also in it when it is written as ::ffff:a.b.c.d.
bool literal_in_range(const char *address, const char *range);

// The address in one element of a list of hops ("192.0.2.1", "[2001:db8::1]",
// with or without a port), as inet_ntop(3) writes it. False: it is none, but
// "unknown" or a made-up name (RFC 7239, section 6).
enum { LITERAL_MAX = 46 };
bool literal_read_hop(const char *text, size_t len, char out[LITERAL_MAX]);
