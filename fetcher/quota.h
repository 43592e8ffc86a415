// SPDX-License-Identifier: MIT
//
// quota -- so many an hour for each address, a sixth of them at once.
//
// What IPv6 gives to one customer, a /64, is one address here, and so is an
// IPv4 address in whatever it is embedded. The table is of fixed size, with a
// keyed hash so that nobody can choose its places: where there is no room,
// who has used least of what he has is forgotten, which gives away least.
//
// Thread-safe. The time is the caller's, any clock that does not go back.

#pragma once

#include <stdbool.h>
#include <stdint.h>

struct address;
struct quota;

// `an_hour` 0: no limit. NULL: out of memory.
struct quota *quota_new(unsigned an_hour);

// From now on so many; what was taken counts for as many as it was.
void quota_set(struct quota *quota, unsigned an_hour);
void quota_free(struct quota *quota); // NULL is fine

// One more there. False: it has had enough.
bool quota_take(struct quota *quota, const struct address *address,
                int64_t now_ms);
