// SPDX-License-Identifier: MIT
//
// settling -- for whom those who hold connections wait when the hub closes.

#pragma once

// The first of these that is true. All zero: nobody has looked yet.
enum settling {
    SETTLING_OURS,   // somebody has said what nobody here has read yet
    SETTLING_THEIRS, // somebody may say (the rest of) something, or is told
    SETTLED,         // nobody
};

static inline enum settling settling_of_both(enum settling one,
                                             enum settling other)
{
    return one < other ? one : other;
}
