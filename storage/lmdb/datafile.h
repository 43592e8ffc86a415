// SPDX-License-Identifier: MIT
//
// datafile -- look at data.mdb before LMDB maps it.
//
// A page beyond the end of a mapped file is a SIGBUS and no error, and so is a
// number in it that leads there. A file that was cut short, or is damaged where
// every commit goes, must be refused before it is opened.

#pragma once

#include "storage/store.h"

// True: there is none, or it is as long as it says and what the first commit
// reads is whole (trees.h). One that a power cut left before anything was ever
// committed to it is made empty. False: *problem says what is wrong with it,
// and what can be done.
bool datafile_check(const char *path, struct problem *problem);

// True: it is there, as long as it says, and something was committed to it.
// Nothing is written.
bool datafile_look(const char *path, struct problem *problem);
