// SPDX-License-Identifier: MIT
//
// commands -- what websubctl can do: one row a command.
//
// Help, completion, the manual and the reading of the command line come from
// the rows, so a command is a function in a file of its own and a row here:
// commands_look.c has what shows, commands_steer.c what changes the running
// hub, commands_care.c what is about the store and the daemon as a whole,
// commands_alone.c what needs no daemon.
//
// A command's name may be several words ("token add"); that with the most
// words wins. Its function gets argv[0] = the whole name, and what follows it.

#pragma once

#include "ctl.h"

#include <stdbool.h>
#include <stddef.h>

enum { COMMAND_PLACES_MAX = 4 };

enum command_group {
    COMMAND_LOOK,
    COMMAND_STEER,
    COMMAND_CARE,
    COMMAND_ALONE,
    COMMAND_GROUPS,
};

// What completion offers.
enum command_kind {
    COMMAND_NOTHING, // no argument, or one that nobody can guess
    COMMAND_FILE,
    COMMAND_DIRECTORY,
    COMMAND_WORD,  // one of those in its value: "yes|no"
    COMMAND_TOPIC, // of those that the hub knows
    COMMAND_QUOTA,
    COMMAND_TOKEN,
};

struct command_option {
    const char *name;  // "state", for --state; NULL: the end of the list
    const char *value; // "URL" in help, or the words; NULL: it is a switch
    enum command_kind kind;
    const char *about; // half a sentence, no capital, no full stop
};

struct command {
    const char *name;
    enum command_group group;
    int (*run)(const struct ctl *ctl, int argc, char *argv[]);
    const char *about;     // half a sentence, for the list of all
    const char *arguments; // as usage shows them: "TOPIC [CALLBACK|NUMBER]"
    const char *details;   // NULL, or sentences for `help COMMAND`
    enum command_kind places[COMMAND_PLACES_MAX]; // what has no dashes
    const char *words; // of a place that is COMMAND_WORD: "bash|zsh"
    const struct command_option *options; // NULL: none of its own
    // A list: members of its items that --sort can name, "id|head"; it takes
    // --limit, --sort, --reverse and --after, and ctl has what they say.
    const char *sort;
    bool hidden; // from help and completion
};

// Those of all groups, in the order of the groups. NULL: there are no more.
const struct command *commands_at(size_t index);

// The row of the command that `argv` begins with, and how many words its name
// has. NULL: there is none.
const struct command *commands_find(int argc, char *const argv[], int *words);

// By its whole name. NULL: there is none.
const struct command *commands_named(const char *name);

// What every command takes, and what those with `sort` do besides. Each ends
// with a NULL name.
const struct command_option *commands_common(void);
const struct command_option *commands_listing(void);

// A group's own rows, and how many; COMMAND_LOOK and so on in their files.
const struct command *commands_look(size_t *count);
const struct command *commands_steer(size_t *count);
const struct command *commands_care(size_t *count);
const struct command *commands_alone(size_t *count);
