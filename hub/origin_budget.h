// SPDX-License-Identifier: MIT
//
// origin_budget -- how often an origin is fetched for a certain reason.
//
// A bucket for each origin, and a fetch takes from it when it ends, if it is
// one that counts; until then it is taken for one. While a bucket is empty,
// further fetches of this origin wait (S7).
//
// The table has a fixed size: when a new origin finds its places taken, the
// bucket that is fullest, so the one that was used least, makes room for it.
//
// Pure: time is a parameter.

#pragma once

#include <stdbool.h>
#include <stdint.h>

struct origin_budget;

// `an_hour` fetches of one origin, `at_once` of them at once; 0 an hour: no
// limit. NULL: out of memory.
struct origin_budget *origin_budget_new(int64_t an_hour, int64_t at_once);
// The same, from now on.
void origin_budget_set(struct origin_budget *budget, int64_t an_hour,
                       int64_t at_once);
void origin_budget_free(struct origin_budget *budget);

// 0: the topic with this normalised URL may be fetched now, and
// origin_budget_end() will follow. Else come again in so many ms.
int64_t origin_budget_begin(struct origin_budget *budget, const char *topic,
                            int64_t now_ms);

// `final_url`: where redirects led, or NULL. An origin pays for what others
// send it, and from then on lets them wait for it.
void origin_budget_end(struct origin_budget *budget, const char *topic,
                       const char *final_url, bool counts, int64_t now_ms);
