// SPDX-License-Identifier: MIT
//
// refusal -- what a sender hears when the store could not do as asked.

#pragma once

#include "request.h"
#include "storage/store.h"

struct metrics;

// 429 where there are too many already, else 503; both with Retry-After
// (R32). Counts it. Never called with STORE_OK.
void refusal_say(struct metrics *metrics, struct request *request,
                 enum store_status status);
