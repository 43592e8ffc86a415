// SPDX-License-Identifier: MIT
//
// datafile -- look at data.mdb before LMDB maps it.
//
// A page beyond the end of a mapped file is a SIGBUS and no error, so a file
// that was cut short must be refused before it is opened.

#pragma once

#include "storage/store.h"

// True: there is none, or it is as long as it says. One that a power cut left
// before anything was ever committed to it is made empty. False: *problem says
// what is wrong with it.
bool datafile_check(const char *path, struct problem *problem);

// True: it is there, as long as it says, and something was committed to it.
// Nothing is written.
bool datafile_look(const char *path, struct problem *problem);
