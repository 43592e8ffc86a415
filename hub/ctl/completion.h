// SPDX-License-Identifier: MIT
//
// completion -- scripts that complete websubctl's command lines in a shell.
//
// Made of the rows of commands.h. Topics are asked of the daemon while
// somebody types, by the hidden command `complete`.

#pragma once

#include "commands.h"

// To standard output.
void completion_bash(void);
void completion_zsh(void);

// What the scripts call a kind.
const char *completion_kind(enum command_kind kind);

// In single quotes, so that a shell leaves it alone.
void completion_quote(const char *text);

// "yes|no" as "yes no".
void completion_words(const char *words);
