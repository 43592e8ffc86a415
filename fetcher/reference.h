// SPDX-License-Identifier: MIT
//
// reference -- XML's own references undone: &amp; and &#233;.

#pragma once

#include "pool.h"

#include <stdbool.h>
#include <stddef.h>

// All of the text, at the end of `out`. False: there is another '&' in it, or
// memory ran out.
bool reference_undo(struct pool *out, const char *text, size_t len);
