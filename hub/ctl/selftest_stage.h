// SPDX-License-Identifier: MIT
//
// selftest_stage -- a publisher and subscribers that do as they are told.
//
// One small server: a feed that gets an entry at each publication, a callback
// that says yes, and one that answers a challenge with something else. It
// counts what the hub does there, and threads of its own answer it.

#pragma once

#include <stdbool.h>
#include <stddef.h>

struct stage;

enum stage_event {
    STAGE_FETCHED,      // the feed
    STAGE_ASKED,        // the callback, whether it wants to subscribe
    STAGE_ASKED_TO_END, // whether it wants to leave
    STAGE_MISLED,       // the callback that answers wrongly
    STAGE_DELIVERED,    // at the callback
    STAGE_ENDED,        // a denial
    STAGE_EVENTS,
};

enum { STAGE_URL_MAX = 160, STAGE_LINE_MAX = 1024, STAGE_PROBLEM_MAX = 256 };

// `address` without a port; `hub` is what the feed names as its own. NULL:
// `problem` is a sentence.
struct stage *stage_open(const char *address, const char *hub,
                         char problem[STAGE_PROBLEM_MAX]);
void stage_close(struct stage *stage); // NULL is fine

// Borrowed as long as it is open.
const char *stage_feed(const struct stage *stage);
const char *stage_callback(const struct stage *stage);
const char *stage_misleading(const struct stage *stage);

// The feed has one more entry; what is in it and nowhere else.
const char *stage_publish(struct stage *stage);

// Until that has happened so often. False: not within that time.
bool stage_wait(struct stage *stage, enum stage_event event, unsigned count,
                int timeout_ms);
unsigned stage_count(struct stage *stage, enum stage_event event);

// What was delivered last; "" of what it did not have.
struct stage_delivery {
    char signature[STAGE_LINE_MAX], links[STAGE_LINE_MAX];
    char expected[STAGE_LINE_MAX]; // the signature it should have
    bool has_entry;                // the one that was published last
    bool has_old;                  // an earlier one, too
};
void stage_last(struct stage *stage, struct stage_delivery *out);

// The secret of the subscription, borrowed.
const char *stage_secret(const struct stage *stage);
