// SPDX-License-Identifier: MIT
//
// options -- the options and names on a command's own command line.
//
// "--name=VALUE" or "--name VALUE", in any order with what has no dashes; a
// switch is "--name" alone.

#pragma once

#include <stdbool.h>
#include <stddef.h>

struct option_value {
    const char *name;             // "topic", for --topic
    const char **value;           // out
    bool *on;                     // a switch: out instead of a value
    struct option_values *values; // may come several times: out instead
};

enum { OPTION_VALUES_MAX = 64 };

struct option_values {
    const char *at[OPTION_VALUES_MAX];
    size_t count;
};

// Fills in the values that are named; what has no dashes goes, in its order,
// into those of `places` that have no value yet. argv[0] is the command's
// name, whose row in commands.h has just these options. False: there was
// something else, and it has been said.
bool options_read(int argc, char *argv[], const struct option_value *options,
                  size_t option_count, const char **const *places,
                  size_t place_count);
