// SPDX-License-Identifier: MIT
//
// admin_target -- the topic or the subscription that an operator names.
//
// By the parameters `topic`: a URL, or its number in the list of topics and in
// the log, and `callback`: a URL, or the number that lists show of a
// subscription, so that who sees one there can act on it without knowing the
// capability that its callback is.

#pragma once

#include "callback_host.h"
#include "fetcher/url.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stdint.h>

struct inquiry;

struct admin_target {
    // Answers:
    uint64_t topic, subscription; // subscription 0: only a topic was named
    int64_t last_update;          // of the topic alone, unix ms
    char host[CALLBACK_HOST_MAX]; // "": only a topic was named
    char topic_host[CALLBACK_HOST_MAX]; // of the topic alone, else ""
    uint64_t number;                    // by which it was named; 0: by its URL
    char callback[URL_MAX + 1];         // "": only a topic was named
    struct store_key origin;            // of the callback
    bool paused;                        // the subscription is
    // Its own:
    struct inquiry *inquiry;
    void (*found)(struct inquiry *inquiry);
    struct store_key key;
    uint64_t id; // of the topic, by which it was named; 0: by its URL
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

// A number in digits, as topics and subscriptions have; 0: it is none.
uint64_t admin_target_number(const char *text);

// True: `callback` is a number, and there is no topic that it is of; that was
// answered.
bool admin_target_lacks_topic(struct inquiry *inquiry);
