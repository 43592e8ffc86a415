// SPDX-License-Identifier: MIT
//
// author -- for the daemon's log: who sits at the terminal.

#pragma once

// NULL: it is not known. Good until the next call.
const char *author(void);
