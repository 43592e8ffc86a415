// SPDX-License-Identifier: MIT
//
// crowds -- how many of something there are of each host, in memory: requests
// for something new that wait, or subscriptions; and of these how many are one
// asker's.
//
// Beside the pairs, and like them: the writer's alone, made anew when the
// store is opened, and each change is undone by crowds_abort() until
// crowds_commit(). As many hosts and askers as there are requests or
// subscriptions at most, which have ceilings of their own.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct crowds;

// `seed` should be random: who chooses hosts must not choose where they lie.
struct crowds *crowds_new(uint64_t seed); // NULL: no memory
void crowds_free(struct crowds *crowds);

// Of everybody's, or of one asker's.
uint64_t crowds_count(const struct crowds *crowds, uint64_t host);
uint64_t crowds_count_of(const struct crowds *crowds, uint64_t host,
                         uint64_t asker);
// One more, or one less of those that were added. Host 0 is nobody's; asker 0
// is nobody, and counts for the host alone. False: no memory; nothing has
// changed.
bool crowds_add(struct crowds *crowds, uint64_t host, uint64_t asker);
bool crowds_remove(struct crowds *crowds, uint64_t host, uint64_t asker);

// Both do nothing with NULL.
void crowds_commit(struct crowds *crowds);
void crowds_abort(struct crowds *crowds);
