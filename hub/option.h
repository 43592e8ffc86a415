// SPDX-License-Identifier: MIT
//
// option -- the table of options, and how a written value becomes one.
//
// The file, the command line, --help, --manual and the checks all read this
// one table: to add an option, add a member to struct config and a row here.

#pragma once

#include "config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_kind {
    OPTION_TEXT,   // char *
    OPTION_LIST,   // struct config_list: may be given several times
    OPTION_TIME,   // int64_t, milliseconds
    OPTION_SIZE,   // int64_t, bytes
    OPTION_COUNT,  // int64_t
    OPTION_SWITCH, // bool
    OPTION_CHOICE, // int or bool: the index of the word
};

struct option {
    const char *name;
    enum option_kind kind;
    size_t offset, size; // of the member of struct config
    int64_t least, most; // of numbers
    const char *words;   // of a choice, "one two three"
    // Of texts: NULL if it is a good one, else what was expected.
    const char *(*check)(const char *text);
    const char *fallback; // as it would be written; "": none
    const char *sentence;
    bool secret; // never shown again, to nobody
};

enum { OPTION_EXPECTED = 160 };

// The whole table.
const struct option *option_table(size_t *count);

// NULL: there is none of that name.
const struct option *option_find(const char *name, size_t len);

enum option_answer { OPTION_SET, OPTION_NOT_GOOD, OPTION_NO_MEMORY };

// Set a member, or append to a list. NOT_GOOD: *expected is what goes after
// "must be", and the config is as it was.
enum option_answer option_set(const struct option *option, const char *value,
                              struct config *config,
                              char expected[OPTION_EXPECTED]);

// Back to nothing: empty list, no text, zero.
void option_clear(const struct option *option, struct config *config);

// What may be given, in words: "a time from 1s to 30d".
void option_expected(const struct option *option,
                     char expected[OPTION_EXPECTED]);
