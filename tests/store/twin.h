// SPDX-License-Identifier: MIT
//
// twin -- whether what is dumped and loaded is the same store.
//
// A twin of a closed store is made by storage/dump.h in a directory beside it,
// held against it row by row, and thrown away. What no dump has is passed
// over: see dump.h.

#pragma once

// Fails the running test, in words; what cannot be opened is not looked at.
void twin_check(const char *directory);
