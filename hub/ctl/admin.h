// SPDX-License-Identifier: MIT
//
// admin -- questions to the running daemon, over its admin socket.
//
// One request at a time, by libcurl, over one connection. A daemon that does
// not listen or does not answer is said on stderr here; an answer that says no
// is for admin_complain().

#pragma once

#include "ctl.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct admin_parameter {
    const char *name, *value; // value NULL: left out
};

struct admin_question {
    const char *method; // "GET" or "POST"
    const char *path;   // "/admin/status"
    const struct admin_parameter *parameters;
    size_t count;
    long timeout_s; // for the whole of it; 0: as long as it takes
    // What a POST says in its body: secrets, and what is long.
    const struct admin_parameter *fields;
    size_t field_count;
};

// Takes the body of a 200 as it comes. `total`: of all of it, -1 if that is
// not known. False: that is enough, and the request fails.
struct admin_sink {
    bool (*take)(void *context, const char *bytes, size_t len, int64_t total);
    void *context;
};

struct admin_answer {
    long status;
    char *text;   // as it came
    json_t *json; // the same, an object
};

// False: there is no daemon, or what answers is none; it has been said.
bool admin_ask(const struct ctl *ctl, const struct admin_question *question,
               struct admin_answer *out);

// The same for an answer that is no JSON: the body of a 200 goes into the
// sink, and `out` has neither text nor json then.
bool admin_download(const struct ctl *ctl,
                    const struct admin_question *question,
                    const struct admin_sink *sink, struct admin_answer *out);

void admin_clear(struct admin_answer *answer);

// An answer other than 200: its "error" on stderr, or with --json all of it
// on stdout. Returns CTL_NO, or CTL_USAGE if it was badly asked (400).
int admin_complain(const struct ctl *ctl, const struct admin_answer *answer);

// Ask, and show what is answered: with --json as it came, else by `print`.
// What the command ends with.
int admin_show(const struct ctl *ctl, const struct admin_question *question,
               void (*print)(const json_t *answer));

// Before the process ends, or the thread that has asked: its connection goes.
void admin_close(void);
