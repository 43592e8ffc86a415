// SPDX-License-Identifier: MIT
//
// relay_hub -- asking the hub, and leaving it alone while it does not answer.
//
// When it is down, does not know the token, or says that it is asked too much,
// nothing is asked for a while, longer each time; then one question shows
// whether it is back. That is logged when it begins and when it ends.

#pragma once

#include "hub/loop.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct relay_answer;
struct relay_call;
struct relay_hub;
struct relay_net;

enum { RELAY_HUB_PROBLEM_MAX = 256 };

// `base`: below it are /mailboxes and /events. Both are borrowed. NULL:
// `problem` is a sentence.
struct relay_hub *relay_hub_new(struct relay_net *net, const char *base,
                                const char *token_file,
                                char problem[RELAY_HUB_PROBLEM_MAX]);
void relay_hub_free(struct relay_hub *hub); // after the net

// May it be asked something now?
bool relay_hub_ready(const struct relay_hub *hub, struct moment now);
// When it may be asked again, monotonic; 0: now.
int64_t relay_hub_due(const struct relay_hub *hub);

struct relay_errand {
    const char *method, *path; // path with its query, copied
    json_t *json;              // taken; NULL: no body
    int64_t timeout_ms;
    size_t answer_max;
    bool held; // it may be one too many that are held: a 429 is not the hub's
    // An answer that relay_net_later() is no answer: ask again when ready.
    void (*done)(void *context, const struct relay_answer *answer);
    void *context;
};

// NULL: it is not ready, or out of memory; `done` will not be called.
struct relay_call *relay_hub_ask(struct relay_hub *hub,
                                 const struct relay_errand *errand,
                                 struct moment now);

// `done` will not be called. NULL is fine.
void relay_hub_cancel(struct relay_hub *hub, struct relay_call *call);
