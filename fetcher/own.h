// SPDX-License-Identifier: MIT
//
// own -- where this process itself listens, so that it never calls itself.

#pragma once

#include "guard.h"

// `items` are "ADDR:PORT" and "[ADDR]:PORT". An unspecified address becomes
// all that this machine has now, and of a loopback interface the whole
// network, which is this machine's too. *out is to be freed. False: an item is
// none, memory ran out, or the machine does not tell its addresses.
bool own_read(const char *const *items, size_t count, struct guard_own **out,
              size_t *out_count);
