// SPDX-License-Identifier: MIT
//
// allowance -- how often each callback host may be asked something (S5).
//
// A hub can be made to call a host that never wanted to hear of it: whoever
// names it in a request has it asked. So each host has a bucket by what is
// known of it. A stranger, at whose origin nothing was ever verified, may be
// asked `strangers` times an hour, a sixth of them at once, and all strangers
// together `strangers_a_second`; whom we know, 20 times a second, 200 at once;
// for what already exists, 50 times a second, 1000 at once. Every attempt is
// charged, so that the attempts of many requests add up.
//
// Who is told to wait has a place in the host's line: the places are as far
// apart as the bucket fills, so that thousands that wait come back one by one.
// For whoever would wait beyond his own deadline no place is kept.
//
// Strangers who never answer, or whose names lead nowhere, hold their slots for
// as long as they can. Until it has answered, a stranger's host has two of
// them, and its network (/24, /48) or domain four. Half of all are kept for
// hosts that were not asked lately, of which half again for who has just come.
//
// The tables have a fixed size; in the place of a new host goes the bucket
// that is fullest, so the one that was used least.
//
// Pure: time is a parameter.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct allowance;

enum allowance_rank {
    ALLOWANCE_STRANGER,
    ALLOWANCE_KNOWN,
    ALLOWANCE_RENEWING, // about a subscription that exists
    ALLOWANCE_RANKS
};

struct allowance_rates {
    uint32_t strangers; // an hour and host; 0: no ceiling for any host at all
    uint32_t strangers_a_second; // in all; 0: no ceiling
    uint32_t strangers_at_once;  // in all
    uint32_t host_at_once;       // of a rank; a stranger: all of a burst
};

// NULL: out of memory or randomness.
struct allowance *allowance_new(const struct allowance_rates *rates);
void allowance_free(struct allowance *allowance);

// The same rates, from now on.
void allowance_set(struct allowance *allowance,
                   const struct allowance_rates *rates);

// 0: ask now; it is charged, and allowance_ended() must follow. Else
// milliseconds after which to come again. `waited_ms`: since it was first
// wanted. `deadline_ms`, as `now_ms` on the monotonic clock, is when it is no
// use any more: an answer at or beyond it means that there will be no turn
// before.
int64_t allowance_take(struct allowance *allowance, enum allowance_rank rank,
                       const char *host, int64_t now_ms, int64_t waited_ms,
                       int64_t deadline_ms);
void allowance_ended(struct allowance *allowance, enum allowance_rank rank,
                     const char *host);

// Besides: did the host say anything at all in the end?
void allowance_heard(struct allowance *allowance, enum allowance_rank rank,
                     const char *host, bool answered);

// Strangers are so many that each should be given less time.
bool allowance_crowded(const struct allowance *allowance);

// It ended, and was of no use to anybody. That costs a host that is known, but
// not for this, as much as twenty questions: being known is worth something,
// and names lead elsewhere at times.
void allowance_failed(struct allowance *allowance, enum allowance_rank rank,
                      const char *host, int64_t now_ms);

// How many times this host could be asked right now; UINT32_MAX: no ceiling.
uint32_t allowance_left(const struct allowance *allowance,
                        enum allowance_rank rank, const char *host,
                        int64_t now_ms);
