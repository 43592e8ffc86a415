// SPDX-License-Identifier: MIT
//
// admin -- questions to the running daemon, over its admin socket.
//
// One request at a time, by libcurl. A daemon that does not listen or does
// not answer is said on stderr here; an answer that says no is for
// admin_complain().

#pragma once

#include "ctl.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct admin_parameter {
    const char *name, *value; // value NULL: left out
};

struct admin_question {
    const char *method; // "GET" or "POST"
    const char *path;   // "/admin/status"
    const struct admin_parameter *parameters;
    size_t count;
    long timeout_s; // for the whole of it
};

struct admin_answer {
    long status;
    char *text;   // as it came
    json_t *json; // the same, an object
};

// False: there is no daemon, or what answers is none; it has been said.
bool admin_ask(const struct ctl *ctl, const struct admin_question *question,
               struct admin_answer *out);
void admin_clear(struct admin_answer *answer);

// An answer other than 200: its "error" on stderr, or with --json all of it
// on stdout. Returns CTL_NO, or CTL_USAGE if it was badly asked (400).
int admin_complain(const struct ctl *ctl, const struct admin_answer *answer);

// Ask, and show what is answered: with --json as it came, else by `print`.
// What the command ends with.
int admin_show(const struct ctl *ctl, const struct admin_question *question,
               void (*print)(const json_t *answer));
