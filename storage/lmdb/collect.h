// SPDX-License-Identifier: MIT
//
// collect -- what its reader is told of a mailbox.

#pragma once

#include "letterbox.h"

// How an event of this listen is told.
struct wish collect_wish(const struct letterbox *box,
                         const struct store_collect *op, size_t listen);
