// SPDX-License-Identifier: MIT
//
// subscriber_filter -- which subscriptions of many an operator wants to see.
//
// Pure. All that is named must be so; zeroed it takes everybody.

#pragma once

#include "rules.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stdint.h>

struct subscriber_filter {
    const char *state; // as in wording_state(); NULL: any
    uint64_t number;   // 0: any
    bool by_callback;
    struct store_key callback;      // of its normalised URL
    const struct store_key *origin; // NULL: any
    char host[RULES_DOMAIN_MAX]; // as of rules_read(), and all below; "": any
};

bool subscriber_filter_is_state(const char *text);

// Does it take no more than a few of many?
bool subscriber_filter_picks(const struct subscriber_filter *filter);

bool subscriber_filter_takes(const struct subscriber_filter *filter,
                             const struct store_subscriber *subscriber);
