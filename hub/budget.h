// SPDX-License-Identifier: MIT
//
// budget -- how much one client may ask for in a while.
//
// A bucket per client holds a burst and fills steadily. One client is an IPv4
// address, or the /64 that one customer gets of IPv6. The table has a fixed
// size: when a new client finds its places taken, the bucket that is fullest,
// so the one that was used least, makes room for it.
//
// Pure: time is a parameter.

#pragma once

#include <stdbool.h>
#include <stdint.h>

struct budget;

// `rate` a second, two seconds' worth at once; 0: no limit. NULL: out of
// memory.
struct budget *budget_new(uint32_t rate);

// The same of what is asked for seldom: a minute's worth at once.
struct budget *budget_new_slow(uint32_t per_minute);

// The same with as many at once as are named.
struct budget *budget_new_shaped(uint32_t per_minute, uint32_t at_once);

// As budget_new_shaped(), from now on.
void budget_set(struct budget *budget, uint32_t per_minute, uint32_t at_once);

void budget_free(struct budget *budget);

// Take `cost` from the bucket of `who`, an address as text. False: it does not
// hold so much. What costs more than a full bucket costs a full one.
bool budget_take(struct budget *budget, const char *who, uint32_t cost,
                 int64_t now_ms);
