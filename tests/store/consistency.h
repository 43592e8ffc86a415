// SPDX-License-Identifier: MIT
//
// consistency -- whether a store that is closed agrees with itself.
//
// Of the one engine there is: every key of its tables has its record, and
// every record its keys. This alone looks behind storage/store.h.

#pragma once

// Fails the running test, in words, if it does not; what cannot be opened is
// not looked at.
void consistency_check(const char *directory);
