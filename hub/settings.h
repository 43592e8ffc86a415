// SPDX-License-Identifier: MIT
//
// settings -- a configuration file, read as names, values and lines.
//
// libconfuse's syntax: `name = value`, quotes where a value has blanks,
// `name = { a, b }` and `name += c` for lists, comments after # or // or in
// C's way, ${VARIABLE} from the environment. Every value arrives as text;
// what it means is the taker's business.
//
// The only file that includes <confuse.h>. One reader at a time: libconfuse
// hands its callbacks nothing of ours.

#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { SETTINGS_PROBLEM = 256 };

struct settings {
    const char *path;
    const char *const *names; // that may occur
    const bool *lists;        // of these: may have several values
    size_t count;
    // A value of names[index]. False: it is not good, and *problem, which
    // already begins with "FILE:LINE: ", has been completed.
    bool (*take)(void *context, size_t index, unsigned line, const char *value,
                 char problem[SETTINGS_PROBLEM]);
    void *context;
};

// False: *problem says where and what.
bool settings_read(const struct settings *settings,
                   char problem[SETTINGS_PROBLEM]);
