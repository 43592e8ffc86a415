// SPDX-License-Identifier: MIT
//
// fixture -- stores as the programs of every format left them, from
// tests/fixtures/store; the parts in make/ there say what is in them.

#pragma once

#include "session.h"

enum { FIXTURE_FIRST = 1, FIXTURE_LAST = 7 };

// The data.mdb of that format into a file.
void fixture_unpack(int format, const char *path);
// A session, not open yet, whose store is that one.
struct session *fixture_session(int format);
// Opened, at the moment when it was left.
struct session *fixture_open(int format);
