// SPDX-License-Identifier: MIT
//
// pages_sort -- items of a list in the order of one of their members.
//
// Numbers by their size, texts by their bytes, what has none first. Items
// that are equal in it stay in their order. Pure.

#pragma once

#include <jansson.h>
#include <stdbool.h>

// False: out of memory, and nothing has moved.
bool pages_sort(json_t *items, const char *member, bool reverse);
