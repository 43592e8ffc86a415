// SPDX-License-Identifier: MIT
//
// steer -- one change of the running daemon, and what is said of it.

#pragma once

#include "admin.h"

#include <jansson.h>
#include <stddef.h>

enum { STEER_FIELDS_MAX = 12, STEER_SECRET_MAX = 256 };

// A POST with these in its body, and with who asks; what it answers with a 200
// is printed, with --json as it came. Returns the exit code.
int steer(const struct ctl *ctl, const char *path,
          const struct admin_parameter *fields, size_t count,
          void (*print)(const json_t *answer));

// The first line of a file, "-" for the standard input: secrets do not belong
// on a command line, which everybody can read. False: it has been said.
bool steer_secret(const char *command, const char *file,
                  char out[STEER_SECRET_MAX]);
