// SPDX-License-Identifier: MIT
//
// vouches -- at which addresses somebody wanted to be asked, lately.
//
// A name says nothing of whom it leads to: its owner can make it lead
// anywhere, at any time. So whoever agreed vouches for the address where he
// did, and for no other; for a day, and then he has to do so again.
//
// What is one address, and how places are given, is as in quota.h; where there
// is no room, who vouched longest ago is forgotten, who then has to earn it
// again.
//
// Thread-safe. The time is the caller's, any clock that does not go back.

#pragma once

#include <stdbool.h>
#include <stdint.h>

struct address;
struct vouches;

enum { VOUCHES_GOOD_MS = 24 * 60 * 60 * 1000 };

// NULL: out of memory or randomness.
struct vouches *vouches_new(void);
void vouches_free(struct vouches *vouches); // NULL is fine

void vouches_add(struct vouches *vouches, const struct address *address,
                 int64_t now_ms);
bool vouches_has(struct vouches *vouches, const struct address *address,
                 int64_t now_ms);
