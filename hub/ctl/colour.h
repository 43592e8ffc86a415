// SPDX-License-Identifier: MIT
//
// colour -- colours for people at a terminal, and what a terminal is.
//
// Off unless standard output is a terminal that has them; NO_COLOR in the
// environment and --color=never keep them off, --color=always turns them on
// whatever stands behind.

#pragma once

#include <stdbool.h>

enum colour {
    COLOUR_NONE,
    COLOUR_STRONG, // headings
    COLOUR_FAINT,
    COLOUR_GOOD,
    COLOUR_WARN,
    COLOUR_BAD,
};

// `when`: "never", "always", "auto" or NULL, which is auto. False: it is none
// of these.
bool colour_setup(const char *when);

bool colour_is_on(void);

// What to print before text of this colour, and after it; "" where there are
// none. Borrowed for ever.
const char *colour_begin(enum colour colour);
const char *colour_end(enum colour colour);

// That of a state, as subscriptions, origins and checks have them.
enum colour colour_of(const char *state);

// Columns of the terminal behind standard output; 0: it is none.
int colour_columns(void);
