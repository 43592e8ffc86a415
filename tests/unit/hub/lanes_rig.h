// SPDX-License-Identifier: MIT
//
// lanes_rig -- lanes, and deliveries that began and end in them.

#pragma once

#include "fakes/fake_engine.h"
#include "fakes/fake_loop.h"
#include "fakes/fake_store.h"
#include "hub/config.h"
#include "hub/delivery.h"
#include "hub/lanes_inside.h"
#include "hub/log.h"
#include "hub/metrics.h"
#include "hub/services.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

enum { RIG_DELIVERIES = 100, RIG_RETRY_FIRST = 10000 };

struct lanes_rig {
    struct config config;
    struct metrics metrics;
    struct services services;
    struct lanes *lanes;
};

static inline struct lanes_rig lanes_rig_open(struct lanes_rig *rig)
{
    log_setup(LOG_ERROR, false);
    *rig = (struct lanes_rig){
        .config = { .deliveries = RIG_DELIVERIES,
                    .retry_first = RIG_RETRY_FIRST,
                    .retry_max = 3600000,
                    .retry_attempts = 12 },
    };
    rig->services = (struct services){
        .config = &rig->config,
        .store = fake_store(),
        .engine = fake_engine(),
        .loop = fake_loop(),
        .metrics = &rig->metrics,
    };
    rig->lanes = lanes_new(&rig->services);
    assert_non_null(rig->lanes);
    return *rig;
}

static inline struct store_key origin_of(uint32_t number)
{
    struct store_key key = { { 0 } };
    memcpy(key.bytes, &number, sizeof number);
    return key;
}

// One to this origin, which begins.
static inline struct delivery lanes_rig_begin(struct lanes *lanes,
                                              uint32_t origin,
                                              uint64_t subscription)
{
    struct delivery delivery = {
        .origin = origin_of(origin),
        .topic = 7,
        .subscription = subscription,
        .exchange = { .class = EXCHANGE_DELIVER,
                      .url = "https://reader.example:8443/secret/path",
                      .started_ms = loop_now().mono },
    };
    lanes_began(lanes, &delivery, loop_now());
    return delivery;
}

// It ends: an HTTP status, or 0 for none. What is left to be recorded.
static inline struct store_outcome lanes_rig_end(struct lanes *lanes,
                                                 struct delivery *delivery,
                                                 unsigned status)
{
    bool served = status >= 200 && status < 300;
    struct store_outcome outcome = {
        .kind = served          ? STORE_DELIVERED
                : status == 410 ? STORE_GONE
                                : STORE_OWED,
        .subscription = delivery->subscription,
        .due = served ? 0 : loop_now().unix + 12345,
        .attempts = served ? 0 : 1,
        .tried = !served,
        .status = status > 0 ? (int32_t)status : -(int32_t)EXCHANGE_TIMEOUT,
    };
    lanes_ended(lanes, delivery, &outcome, loop_now());
    return outcome;
}

static inline struct store_outcome lanes_rig_send(struct lanes *lanes,
                                                  uint32_t origin,
                                                  uint64_t subscription,
                                                  unsigned status)
{
    struct delivery one = lanes_rig_begin(lanes, origin, subscription);
    return lanes_rig_end(lanes, &one, status);
}

// Five fail in a row.
static inline void lanes_rig_break(struct lanes *lanes, uint32_t origin)
{
    for (uint64_t i = 0; i < BREAKER_FAILURES; i++)
        lanes_rig_send(lanes, origin, i, 503);
}

static inline bool lanes_rig_may(struct lanes *lanes, uint32_t origin)
{
    struct store_key key = origin_of(origin);
    return lanes_ask(lanes, &key, loop_now()) == LANES_SEND;
}
