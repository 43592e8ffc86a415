// SPDX-License-Identifier: MIT
//
// inspect_match -- who may see what becomes of a subscription (M18).
//
// Whoever knows its secret: not an empty one, and of the subscription as it
// is, or of a request that is still to be verified; the latter shows nothing
// but that it waits, for anybody may make such a request. Pure.
//
// The same work is done whatever is found: every secret is compared as a
// digest of a block of one length, those that are not there too.

#pragma once

#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>

enum inspect_view {
    INSPECT_NOTHING,
    INSPECT_PENDING,
    INSPECT_SUBSCRIPTION,
};

struct inspect_match {
    enum inspect_view view;
    const struct store_request *pending; // the newest with it; NULL: none
};

void inspect_match(const struct store_find *find, struct bytes secret,
                   struct inspect_match *out);
