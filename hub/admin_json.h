// SPDX-License-Identifier: MIT
//
// admin_json -- the shapes of what operators are shown.
//
// Every function makes a new jansson value, or NULL when memory ran out; NULL
// inside NULL is fine, and admin_json_say() turns it into a 503.

#pragma once

#include "explain.h"
#include "fetcher/engine.h"
#include "front.h"
#include "lanes.h"
#include "pullers.h"
#include "storage/store.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct request;

// How many are held in which way.
json_t *admin_json_voices(const struct pullers_numbers *numbers);

json_t *admin_json_topic(const struct store_topic *topic, int64_t now_unix);

// A callback shows as its host and the beginning of its hash: the rest of it
// is a capability. All of it only with `whole`: the operator has named it.
struct admin_json_subscriber {
    const struct store_subscriber *subscriber;
    uint64_t head; // of its topic; 0: unknown
    int64_t now;   // unix ms
    bool whole;
};
json_t *admin_json_subscriber(const struct admin_json_subscriber *from);

// An array of what explain.h or probe.h say: the voice's context.
struct explain_voice admin_json_voice(json_t *list);

json_t *admin_json_census(const struct census *census);

json_t *admin_json_request(const struct store_request *request, int64_t now);

// `next` of a page; 0: null.
json_t *admin_json_next(uint64_t next);

// Takes the request and the value.
void admin_json_say(struct request *request, unsigned status, json_t *root);
