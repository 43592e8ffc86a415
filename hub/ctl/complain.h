// SPDX-License-Identifier: MIT
//
// complain -- what failed, said where it is looked for.
//
// People read a sentence on standard error, programs (--json) an object with
// an "error" on standard output, as the daemon's own.

#pragma once

#include <stdbool.h>

// Before anything fails. Also when output has begun, with false: what comes
// would stand in the middle of it.
void complain_setup(bool json);

// A sentence without its end: "websubctl: SENTENCE".
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
