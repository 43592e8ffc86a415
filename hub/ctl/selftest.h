// SPDX-License-Identifier: MIT
//
// selftest -- what the steps of `websubctl selftest` share.

#pragma once

#include "ctl.h"
#include "selftest_stage.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SELFTEST_URL_MAX = 512, SELFTEST_DETAIL_MAX = 512 };

struct selftest {
    const struct ctl *ctl;
    const char *address;           // where the stage is
    char hub[SELFTEST_URL_MAX];    // where the hub is asked
    char public[SELFTEST_URL_MAX]; // what it calls itself
    int timeout_ms;                // of one step
    struct stage *stage;
    bool token;                       // there is one to remove
    char name[64];                    // of it
    char secret[64];                  // and what it is
    char detail[SELFTEST_DETAIL_MAX]; // of the step: what was seen, or why not
};

// One step. False: `detail` says why; "" of a step that says nothing.
typedef bool selftest_run(struct selftest *test);

struct selftest_step {
    const char *name; // stable, for programs
    const char *about;
    selftest_run *run;
};

// In their order; ends with a NULL name. Each needs those before it.
const struct selftest_step *selftest_steps(void);

// Whatever was made, as far as it got: always the last step.
bool selftest_clean(struct selftest *test);

// False, with a detail.
bool selftest_fail(struct selftest *test, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// A request to the hub's public side: GET, or POST of a form. The status; 0:
// it did not answer, and `detail` says why. *body is to be freed; NULL: not
// wanted.
long selftest_ask(struct selftest *test, const char *path, const char *form,
                  char **body);

// "a=b&c=d" of name, value pairs that end with NULL; NULL: out of memory.
char *selftest_form(const char *const pairs[][2]);
