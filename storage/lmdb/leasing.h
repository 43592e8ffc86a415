// SPDX-License-Identifier: MIT
//
// leasing -- what comes next is given to one of several workers for a while
// (EXPLICIT).

#pragma once

#include "letterbox.h"

// Of a reading that has begun. True: there is something to write, and this is
// only a reader, so nothing of the answer counts.
bool leasing_collect(struct letterbox *box, struct store_collect *op);
