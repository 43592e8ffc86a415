// SPDX-License-Identifier: MIT
//
// activation -- what a request asked for becomes, or renews, a subscription:
// verified, or granted by an operator.

#pragma once

#include "standing.h"

enum {
    ACTIVATION_EFFECTS = LIFECYCLE_CREATE | LIFECYCLE_RENEW | LIFECYCLE_HURRY
};

struct activation {
    const struct request *request; // with its number: its ticket is given
    int64_t lease_end;
    // Answers:
    uint64_t subscription; // 0: neither created nor renewed
    bool topic_new;
    bool profile_changed; // of one that was there
};

// Of `effects` those that are about this. Topic and subscription in `standing`
// are as they are then, and saved.
void activation_carry_out(struct engine_context *context,
                          struct standing *standing, unsigned effects,
                          struct activation *activation);

// Whoever can answer can take deliveries again (M4): what is owed is due now.
// `anew`: attempts are counted from 0. One that waits for its origin still
// does, but that is looked at now.
void activation_hurry(struct engine_context *context,
                      const struct standing *standing, bool anew);
