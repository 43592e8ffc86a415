// SPDX-License-Identifier: MIT
//
// long_line -- lines of a file, of any length up to a ceiling.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct long_line {
    char *text; // with its newline, if it has one; no NUL follows
    size_t len, room;
    size_t max;    // bytes; longer ones end the reading
    bool too_long; // that is why
    int error;     // errno of what could not be read; 0: none
};

// The next one. False: there are no more, or one is too long, or an error.
bool long_line_next(struct long_line *line, FILE *from);
void long_line_clear(struct long_line *line);
