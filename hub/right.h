// SPDX-License-Identifier: MIT
//
// right -- what a token lets its holder do, in words: "pull,mailbox".

#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { RIGHT_TEXT = 64 };

// The right (enum store_right) of this name; 0: there is none.
unsigned right_read(const char *name, size_t len);

// A list with commas between. False: one of them is none, or none is named.
bool right_read_list(const char *list, unsigned *rights);
void right_write_list(unsigned rights, char out[RIGHT_TEXT]);
