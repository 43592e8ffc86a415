// SPDX-License-Identifier: MIT
//
// engine_admission -- which exchanges are counted by address, and how many of
// them there may be (S5, S7).
//
// Of one engine, for all of its network threads. Strangers are counted, and
// so is a verification for whom we only know by name, where nobody has vouched
// for the address. Each kind has a quota of its own, so that no flood of one
// uses up what another needs: least of all renewals, of which one that is
// answered well frees all the others.
//
// The time is the caller's, any clock that does not go back.

#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct address;
struct engine_limits;
struct exchange;
struct quota;
struct vouches;

struct admission {
    struct quota *strangers, *fetches, *known, *renewals;
    struct vouches *vouches;
    atomic_bool verifying; // verifications are counted at all
};

// False: out of memory. Then what there is must be closed too.
bool admission_open(struct admission *admission,
                    const struct engine_limits *limits);
void admission_close(struct admission *admission);

// As in struct engine_limits, while it works.
void admission_set(struct admission *admission, unsigned strangers,
                   unsigned stranger_fetches);

// The exchange may go to that address, and is counted there.
bool admission_admits(const struct admission *admission,
                      const struct exchange *exchange,
                      const struct address *address, int64_t now_ms);

// Somebody has vouched for that address.
bool admission_trusts(const struct admission *admission,
                      const struct address *address, int64_t now_ms);
void admission_vouch(const struct admission *admission,
                     const struct address *address, int64_t now_ms);
