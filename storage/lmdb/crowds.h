// SPDX-License-Identifier: MIT
//
// crowds -- how many of something there are of each host, in memory: requests
// for something new that wait, or subscriptions.
//
// Beside the pairs, and like them: the writer's alone, made anew when the
// store is opened, and each change is undone by crowds_abort() until
// crowds_commit(). As many hosts as there are requests or subscriptions at
// most, which have ceilings of their own.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct crowds;

// `seed` should be random: who chooses hosts must not choose where they lie.
struct crowds *crowds_new(uint64_t seed); // NULL: no memory
void crowds_free(struct crowds *crowds);

uint64_t crowds_count(const struct crowds *crowds, uint64_t host);
// One more, or one less of those that were added. Host 0 is nobody's. False:
// no memory; nothing has changed.
bool crowds_add(struct crowds *crowds, uint64_t host);
bool crowds_remove(struct crowds *crowds, uint64_t host);

// Both do nothing with NULL.
void crowds_commit(struct crowds *crowds);
void crowds_abort(struct crowds *crowds);
