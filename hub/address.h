// SPDX-License-Identifier: MIT
//
// address -- what may stand in an option that names an address.
//
// Pure questions about text: nothing is resolved and nothing is connected.
// Addresses are numeric, since a listener or a trusted proxy that depends on a
// name server would change its meaning with it.

#pragma once

#include <stdbool.h>

// NULL: it is one. Else what was expected, in words that fit after "must be".
const char *address_check_port(const char *text);  // ADDR:PORT, [ADDR]:PORT
const char *address_check_range(const char *text); // ADDR, ADDR/BITS
const char *address_check_base(const char *text);  // http(s)://HOST[:PORT]/PATH

// Is a good ADDR:PORT one that only this machine reaches?
bool address_is_loopback(const char *text);
