// SPDX-License-Identifier: MIT
//
// fake_loop -- hub/loop.h with a clock that the test moves.
//
// Jobs wait until the test has them done.

#pragma once

#include "hub/loop.h"

#include <stddef.h>
#include <stdint.h>

// Where the clock stands at first.
enum { FAKE_MONO = 5000000 };
#define FAKE_UNIX INT64_C(1780000000000)

// Without jobs, the clock at its start. There is one loop in a program.
struct loop *fake_loop(void);

// Both clocks go on together.
void fake_loop_pass(int64_t ms);

// Do the jobs that wait, and call their `done`; returns how many.
size_t fake_loop_work(void);

// From now on loop_job() has no memory.
void fake_loop_starve(void);
