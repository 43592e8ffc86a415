// SPDX-License-Identifier: MIT
//
// outcome -- what an answer to a delivery or a verification means.
//
// Pure. `status` is the HTTP status, or 0 when no answer came at all.

#pragma once

#include <stdbool.h>
#include <stddef.h>

enum outcome {
    OUTCOME_DELIVERED, // any 2xx (WebSub 7)
    OUTCOME_GONE,      // 410: the subscription may be ended (WebSub 7)
    OUTCOME_RETRY,     // all else; a redirect is a failure too (WebSub 7)
};
enum outcome outcome_of_delivery(unsigned status);

enum outcome_verification {
    OUTCOME_VERIFIED,
    OUTCOME_REFUSED, // the subscriber does not agree, or cannot be asked so
    OUTCOME_LATER,   // it could not be asked right now
};
// `echoed`: the body equals the challenge, byte for byte (R55, table B).
enum outcome_verification outcome_of_verification(unsigned status, bool echoed);
