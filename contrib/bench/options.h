// SPDX-License-Identifier: MIT
//
// options -- "--name=value" of a bench, from a table of rows.

#pragma once

#include <stdbool.h>
#include <stddef.h>

enum option_kind { OPTION_FLAG, OPTION_NUMBER, OPTION_TEXT };

struct option_row {
    const char *name; // without the dashes
    enum option_kind kind;
    void *value; // bool *, long *, const char **
    long least, most;
    const char *help;
};

// False: --help was served, or something is wrong and said on stderr; then
// the program ends with *exit_code.
bool options_read(int argc, char *argv[], const struct option_row *rows,
                  size_t count, int *exit_code);
