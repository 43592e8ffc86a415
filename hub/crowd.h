// SPDX-License-Identifier: MIT
//
// crowd -- how many connections each address has here, and how many bytes of
// answers are on their way to it.
//
// A table of those that have any, with a keyed hash, so that strangers cannot
// choose their places in it.

#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct crowd;
struct crowd_member;

// Sized for about so many addresses at a time; more only make it slower.
// NULL: out of memory.
struct crowd *crowd_new(unsigned expected);
void crowd_free(struct crowd *crowd); // everybody must have left

// One more of `network`, unless there are `limit` of it already. The member is
// for crowd_leave(), once for each successful call. NULL: the limit is
// reached, or out of memory.
struct crowd_member *crowd_join(struct crowd *crowd, const uint8_t network[16],
                                unsigned limit);
void crowd_leave(struct crowd *crowd, struct crowd_member *member);

// Whoever is here of `network` is marked, until the last of them has left.
void crowd_mark(struct crowd *crowd, const uint8_t network[16]);
bool crowd_is_marked(const struct crowd_member *member);

// These two from any thread, as long as the member has not left.
//
// `bytes` at `what` are on their way to this address. What several of its
// connections are sent at a time is counted once; each successful call needs a
// crowd_relieve(). False: that would be more than `max` in all (0: any
// number), or out of memory. One thing may be on its way, however large.
bool crowd_burden(struct crowd *crowd, struct crowd_member *member,
                  const void *what, size_t bytes, size_t max);
void crowd_relieve(struct crowd *crowd, struct crowd_member *member,
                   const void *what);

// True from the moment its address was refused a burden until something was
// taken from it: nothing large needs to be made for it.
const atomic_bool *crowd_sated(const struct crowd_member *member);
