// SPDX-License-Identifier: MIT
//
// inspect_view -- the public diagnostics as JSON for programs and as pages
// for people.
//
// Everything that comes from a stranger is escaped. Each function takes the
// request.

#pragma once

#include "explain.h"
#include "inspect_match.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct request;

// An unknown topic and one that nobody follows look the same (M20).
void inspect_view_topic(struct request *request, const char *topic,
                        const struct explain_facts *facts);

struct inspect_subscription {
    const char *topic; // as asked
    struct inspect_match match;
    const struct store_subscriber *subscriber; // of view SUBSCRIPTION
    uint64_t head;                             // of its topic
    int64_t now;                               // unix ms
};

// A match of view NOTHING is a 404, for whatever reason.
void inspect_view_subscription(struct request *request,
                               const struct inspect_subscription *from);

// A refusal: `code` for programs, a sentence for people.
void inspect_view_refusal(struct request *request, unsigned status,
                          const char *code, const char *reason,
                          unsigned retry_s);

// The forms that ask the questions above.
void inspect_view_topic_form(struct request *request);
void inspect_view_subscription_form(struct request *request);
