// SPDX-License-Identifier: MIT
//
// subscriber_view -- a subscription as its subscriber may see it (M18).
//
// The same wherever it is shown: for what state it is in, what is owed, what
// came of the last attempts, and when the next is. Never a secret, nor more of
// the callback than its host. Pure.

#pragma once

#include "storage/store.h"

#include <jansson.h>

struct page;

struct subscriber_view {
    const struct store_subscriber *subscriber;
    struct bytes topic; // its spelling
    uint64_t head;      // newest seq of the topic
    int64_t now;        // unix ms
};

// NULL: out of memory.
json_t *subscriber_view_json(const struct subscriber_view *view);

// As items of a list.
void subscriber_view_page(struct page *page,
                          const struct subscriber_view *view);
