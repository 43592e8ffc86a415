// SPDX-License-Identifier: MIT
//
// admin_target -- the topic or the subscription that an operator names.
//
// By the parameters `topic`, a URL, and `callback`: a URL, or the number that
// lists show of a subscription, so that who sees one there can act on it
// without knowing the capability that its callback is.

#pragma once

#include "callback_host.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stdint.h>

struct inquiry;

struct admin_target {
    // Answers:
    uint64_t topic, subscription; // subscription 0: only a topic was named
    int64_t last_update;          // of the topic alone, unix ms
    char host[CALLBACK_HOST_MAX]; // "": only a topic was named
    uint64_t number;              // by which it was named; 0: by its URL
    // Its own:
    struct inquiry *inquiry;
    void (*found)(struct inquiry *inquiry);
    struct store_key key;
    union {
        struct store_topics named;
        struct store_find find;
        struct store_page_subscribers page;
    };
};

// `found` is called in a later step. What is not there, or is no URL, is
// answered here, and ends the inquiry: it may own nothing before that. The
// target is a member of the inquiry's.
void admin_target_find(struct admin_target *target, struct inquiry *inquiry,
                       void (*found)(struct inquiry *inquiry));
