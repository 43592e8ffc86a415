// SPDX-License-Identifier: MIT
//
// jsoncanon -- what a value of JSON says, as a digest, however it is written.
//
// White space, escapes, the order of members, and a member that is null
// against one that is not there are no difference, nor is what noise.h leaves
// out of a text; elements and attributes, which JSON has none of, do not come
// into it.

#pragma once

#include "digest.h"
#include "noise.h"
#include "pool.h"

#include <jansson.h>
#include <stdbool.h>

struct jsoncanon {
    const struct noise *noise;
    struct digest digest; // free to use between two calls
    struct pool out;
    bool no_memory;
};

bool jsoncanon_open(struct jsoncanon *canon, const struct noise *noise);
void jsoncanon_close(struct jsoncanon *canon);
bool jsoncanon_failed(const struct jsoncanon *canon);

// `without_noise`: as it is compared.
void jsoncanon_digest(struct jsoncanon *canon, const json_t *value,
                      bool without_noise, uint8_t out[DIGEST_SIZE]);
