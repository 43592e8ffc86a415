// SPDX-License-Identifier: MIT
//
// attempt -- one verification: what is asked, and what the answer means.
//
// verify.h claims the request that it is made from, and settles it.

#pragma once

#include "allowance.h"
#include "callback_host.h"
#include "fetcher/engine.h"
#include "loop.h"
#include "question.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stdint.h>

struct config;
struct lane;

struct attempt {
    struct exchange exchange;
    struct store_settle settle;
    struct store_release_claim release;
    struct lane *lane;    // verify's
    struct attempt *next; // verify's
    enum allowance_rank rank;
    bool stranger;              // nothing at its origin was ever verified
    uint32_t tries;             // before this one
    int64_t accepted, deadline; // unix ms
    const char *unasked;        // why not, for the log; NULL: it was asked
    char challenge[QUESTION_CHALLENGE + 1];
    char host[CALLBACK_HOST_MAX];
    char url[];
};

// Everything is copied. NULL: out of memory or randomness.
struct attempt *attempt_new(const struct store_claimed *item,
                            const struct config *config);
void attempt_free(struct attempt *attempt);

// Others wait for its slot: less time, if this is its first try.
void attempt_hurry(struct attempt *attempt, const struct config *config);

// The exchange has ended: fill in how to settle it.
void attempt_judge(struct attempt *attempt, const struct config *config,
                   struct moment now);

// It was settled, to this effect.
void attempt_log(const struct attempt *attempt);
