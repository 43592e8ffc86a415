// SPDX-License-Identifier: MIT
//
// crowd -- how many connections each address has here.
//
// A table of those that have any, with a keyed hash, so that strangers cannot
// choose their places in it.

#pragma once

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
