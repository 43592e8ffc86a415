// SPDX-License-Identifier: MIT
//
// option -- the table of options, and how a written value becomes one.
//
// The file, the command line, --help, --manual, the checks and a reload all
// read one table: to add an option, add a member to struct config and a row in
// option_table.c.

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

// When a new value counts.
enum option_change {
    OPTION_RESTART,
    OPTION_LIVE,  // at once (live.h)
    OPTION_QUOTA, // and operators may store one that outdoes the configuration
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
    enum option_change change;
};

enum { OPTION_EXPECTED = 160, OPTION_WRITTEN = 32 };

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

// Of numbers, switches and choices: the number (of a word its index), and as
// it would be written. Of others 0 and "".
int64_t option_number(const struct option *option, const struct config *config);
void option_write(const struct option *option, const struct config *config,
                  char out[OPTION_WRITTEN]);

// The texts of a list, or the one of a text, for which `one` is room; none of
// others. Borrowed.
const struct config_list *option_texts(const struct option *option,
                                       const struct config *config,
                                       struct config_list *one);

bool option_same(const struct option *option, const struct config *a,
                 const struct config *b);
// False: out of memory; `to` has some of it.
bool option_copy(const struct option *option, const struct config *from,
                 struct config *to);
void option_swap(const struct option *option, struct config *a,
                 struct config *b);
