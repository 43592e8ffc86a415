// SPDX-License-Identifier: MIT
//
// help -- what can be done, in words.

#pragma once

#include <stdbool.h>
#include <stdio.h>

struct command;

void help_all(FILE *to);
void help_one(FILE *to, const struct command *command);

// All whose name begins with this word ("token"). False: there are none.
bool help_begins(FILE *to, const char *word);
