// SPDX-License-Identifier: MIT
//
// terminal -- a screen of its own, and keys as they are pressed.
//
// What was on the screen comes back when it ends, by a signal too.

#pragma once

#include <stdbool.h>

// False: standard input and output are no terminal.
bool terminal_begin(void);
void terminal_end(void);

// Waits for a key; 0: none within that time, or the size has changed. -1: it
// is to end, by a signal or because there is no more input.
int terminal_key(int timeout_ms);

int terminal_rows(void); // 0: not known

// What is printed next begins in the upper left corner of an empty screen.
void terminal_clear(void);
