// SPDX-License-Identifier: MIT
//
// authority -- a certificate authority of one run, for addresses.
//
// Keys are P-256, what it signs is good for a day. Its own certificate goes
// into a file that SSL_CERT_FILE can name.

#pragma once

#include <stdbool.h>
#include <stdint.h>

struct authority;
struct ssl_st;

// NULL: out of memory.
struct authority *authority_new(void);
void authority_free(struct authority *authority);

// PEM. False: it was not written.
bool authority_write(const struct authority *authority, const char *path);

// A server's side of a connection gets a key, and a new certificate for the
// IPv4 address in host byte order.
bool authority_certify(struct authority *authority, uint32_t address,
                       struct ssl_st *tls);
