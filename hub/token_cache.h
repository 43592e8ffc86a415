// SPDX-License-Identifier: MIT
//
// token_cache -- tokens that were shown lately, by their hashes.
//
// Bounded, and so that who makes up tokens displaces none that are real: what
// nobody holds is remembered elsewhere, for seconds, and for few. Where a hash
// is kept depends on a key that nobody outside knows, and comparing takes as
// long whatever it is compared with.

#pragma once

#include "token_text.h"

#include <stdbool.h>
#include <stdint.h>

struct token_cache;
struct visitor;

enum { TOKEN_CACHE_SETS = 1024, TOKEN_CACHE_WAYS = 8 };
#define TOKEN_CACHE_NOBODY_MS INT64_C(10000)

// NULL: out of memory, or there is no randomness to be had.
struct token_cache *token_cache_new(void);
void token_cache_free(struct token_cache *cache);

// True: we know whose it is. *out is borrowed; NULL: nobody's.
bool token_cache_find(struct token_cache *cache, const uint8_t hash[TOKEN_HASH],
                      int64_t mono, const struct visitor **out);

// It is his (a share of him is taken), or nobody's (NULL).
void token_cache_put(struct token_cache *cache, const uint8_t hash[TOKEN_HASH],
                     int64_t mono, const struct visitor *visitor);

// It has ended.
void token_cache_forget(struct token_cache *cache, uint64_t token);
