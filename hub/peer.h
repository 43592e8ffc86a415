// SPDX-License-Identifier: MIT
//
// peer -- who is at the other end of a connection.
//
// IPv4 in IPv6's clothes (::ffff:192.0.2.1) is IPv4. A Unix socket's peer is
// nobody: "".

#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { PEER_TEXT_MAX = 48 };

struct sockaddr;

// The address without its port.
void peer_text(const struct sockaddr *address, char out[PEER_TEXT_MAX]);

// What counts as one address for limits: an IPv4 address, or the /64 that one
// customer gets of IPv6. False: it has none.
bool peer_network(const struct sockaddr *address, uint8_t out[16]);
