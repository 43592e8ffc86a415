// SPDX-License-Identifier: MIT
//
// respite -- topics that were asked for too soon (R85).
//
// An origin that answered 429 or 503 with Retry-After is not asked for that
// topic again before, however many ping for it; for an hour at most, so that
// nobody's news is put off for ever. Only that topic: one of many on a shared
// host must not hold up its neighbours' news.
//
// The table has a fixed size: where it is full, the respite that ends first
// ends now.
//
// Pure: time is a parameter, in ms.

#pragma once

#include <stdint.h>

enum { RESPITE_MAX_MS = 60 * 60 * 1000 };

struct respite;

// NULL: out of memory.
struct respite *respite_new(void);
void respite_free(struct respite *respite);

void respite_grant(struct respite *respite, uint64_t topic, int64_t ms,
                   int64_t now_ms);

// Of this topic's, what is left; 0: none.
int64_t respite_left(const struct respite *respite, uint64_t topic,
                     int64_t now_ms);
