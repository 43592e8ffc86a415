// SPDX-License-Identifier: MIT
//
// content_name -- the words for what of a topic is delivered (M3).
//
// Pure.

#pragma once

#include "storage/store.h"

#include <stdbool.h>

// "default", "full", "entries" or "each".
const char *content_name(enum store_content content);

// False: it is none of these words.
bool content_name_read(const char *word, enum store_content *out);
