// SPDX-License-Identifier: MIT
//
// feed -- `websubctl feed`: look at feeds in files, without a daemon.
//
// `feed inspect FILE` says what the hub reads in a document, as JSON;
// `feed diff OLD... NEW` prints what it would deliver of the last one to a
// subscriber who has had those before; `feed diff --why` says in words (with
// --json: as JSON) what it found in it and what it would send to whom. FILE may
// be "-" once.

#pragma once

#include <stdbool.h>

// argv[0] is "feed". Returns the exit code: 0 fine, 1 cannot, 2 usage.
int ctl_feed(int argc, char *argv[], bool json);
