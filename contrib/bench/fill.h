// SPDX-License-Identifier: MIT
//
// fill -- subscribers put into a store without a daemon, which could only
// make them as fast as it verifies them.
//
// The same operations that the daemon uses (storage/store.h): each request is
// taken, claimed and settled as verified, a thousand in a commit.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FILL_URL_MAX = 96, FILL_SECRET_MAX = 40 };

struct fill_subscriber {
    char topic[FILL_URL_MAX], callback[FILL_URL_MAX];
    char secret[FILL_SECRET_MAX]; // "": none
};

struct fill {
    // Writes the next one. False: there are no more.
    bool (*next)(void *context, struct fill_subscriber *out);
    void *context;
};

// Into the store in `directory`, which nobody else has open. False: *problem
// says why.
bool fill_store(const char *directory, const struct fill *fill,
                const char **problem);

// Number `number` of many: in turn at each of so many topics, and with a
// callback at one of two hundred addresses, all at this port.
void fill_spread(uint64_t number, uint64_t topics, int port, bool secret,
                 struct fill_subscriber *out);
