// SPDX-License-Identifier: MIT
//
// client -- whose request it is, behind a reverse proxy too (S19).
//
// Pure. What X-Forwarded-For says is believed only when the connection comes
// from a trusted proxy, and then read from its end: the last address that is
// not such a proxy itself is the client's. Everything before it is hearsay.

#pragma once

#include <stddef.h>

struct guard;
struct request;

enum { CLIENT_MAX = 64 };

// The address without a port; of the connection where nothing better is
// known. `proxies` lists the trusted ranges.
void client_address(const struct request *request, const struct guard *proxies,
                    char out[CLIENT_MAX]);
