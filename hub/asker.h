// SPDX-License-Identifier: MIT
//
// asker -- a number for who asks, that is stored with what he asked for.
//
// The same for the same IPv4 address, or /64 of IPv6, as long as the store
// lives; without the store's secret nobody makes an address of it. Pure.

#pragma once

#include <stdint.h>

enum { ASKER_SECRET = 32 };

// `address` as text, without a port. 0: it is none.
uint64_t asker_number(const uint8_t secret[ASKER_SECRET], const char *address);
