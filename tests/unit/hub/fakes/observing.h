// SPDX-License-Identifier: MIT
//
// observing -- one topic that is observed, for the tests of observe.

#pragma once

#include "fake_engine.h"
#include "fake_loop.h"
#include "fake_rules.h"
#include "fake_store.h"
#include "fetcher/document.h"
#include "hub/config.h"
#include "hub/log.h"
#include "hub/metrics.h"
#include "hub/observe.h"
#include "hub/services.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOPIC = 7, POLL_MIN = 300000, POLL_MAX = 3600000, BODY_MAX = 10 << 20 };

struct rig {
    struct config config;
    struct metrics metrics;
    struct observe *observe;
    struct store_claimed item; // what will be claimed
    uint64_t updated;          // number as told last
    struct store_walk walk;    // as told last
    size_t gone;               // times
    // What is remembered of it.
    struct store_entry entries[100];
    size_t entry_count;
    struct store_version recent[STORE_RECENT_MAX];
    size_t recent_count;
};

static struct rig rig;

static inline struct bytes bytes(const char *text)
{
    return (struct bytes){ text, strlen(text) };
}

static inline void on_updated(void *context, uint64_t topic, uint64_t number,
                              const char *normal)
{
    assert_non_null(normal);
    assert_ptr_equal(context, &rig);
    assert_in_range(topic, TOPIC, TOPIC + 1);
    rig.updated = number;
}

static inline void on_walk(void *context, const struct store_walk *walk)
{
    assert_ptr_equal(context, &rig);
    rig.walk = *walk;
}

static inline void on_gone(void *context, uint64_t topic)
{
    assert_ptr_equal(context, &rig);
    assert_int_equal(topic, TOPIC);
    rig.gone++;
}

static inline int setup(void **state)
{
    (void)state;
    rig = (struct rig){
        .config = { .fetches = 10,
                    .fetch_timeout = 30000,
                    .body_max = BODY_MAX,
                    .idle_pings = 60,
                    .poll_min = POLL_MIN,
                    .poll_max = POLL_MAX,
                    .ignore_default = true,
                    .remember_entries = 1000 },
        .item = { .token = 60,
                  .topic = { .id = TOPIC,
                             .url = bytes("https://blog.example/feed"),
                             .url_normal = bytes("https://blog.example/feed"),
                             .etag = bytes("\"v1\""),
                             .head = 4,
                             .dirty = 2,
                             .fetched = 2,
                             .last_fetch = FAKE_UNIX - 1000000 } },
    };
    struct services services = {
        .config = &rig.config,
        .store = fake_store(),
        .engine = fake_engine(),
        .loop = fake_loop(),
        .metrics = &rig.metrics,
        .rules = fake_rules(),
    };
    struct observe_listener listener = { on_updated, on_walk, on_gone, &rig };
    rig.observe = observe_new(&services, &listener);
    return rig.observe ? 0 : -1;
}

static inline int teardown(void **state)
{
    (void)state;
    bool idle = observe_idle(rig.observe);
    observe_free(rig.observe);
    return idle && fake_store_clean() && fake_engine_waiting() == 0 ? 0 : -1;
}

// Have the topic claimed: the request that follows.
static inline struct exchange *claimed(void)
{
    observe_poke(rig.observe);
    observe_step(rig.observe, loop_now());
    struct store_claim *claim = fake_store_take(STORE_CLAIM);
    assert_int_equal(claim->kind, STORE_DUE_FETCH);
    claim->items = fake_store_give(&claim->op, &rig.item, sizeof rig.item);
    claim->count = 1;
    claim->next_due = INT64_MAX;
    fake_store_finish(&claim->op, STORE_OK);
    return fake_engine_take();
}

// Hand the answer over, and have its document read, if it is one.
static inline void end_with(struct exchange *exchange)
{
    observe_answered(rig.observe, exchange);
    if (fake_store_waiting(STORE_READ_ENTRIES) > 0) {
        struct store_read_entries *memory = fake_store_take(STORE_READ_ENTRIES);
        assert_int_equal(memory->topic, rig.item.topic.id);
        memory->items =
            fake_store_give(&memory->op, rig.entries, sizeof rig.entries);
        memory->count = rig.entry_count;
        memcpy(memory->recent, rig.recent, sizeof rig.recent);
        memory->recent_count = rig.recent_count;
        fake_store_finish(&memory->op, STORE_OK);
    }
    fake_loop_work();
}

static inline struct store_publish *published(struct exchange *exchange,
                                              unsigned status, const char *body)
{
    fake_engine_answer(exchange, status, body);
    end_with(exchange);
    return fake_store_take(STORE_PUBLISH);
}

// The store takes it: the next fetch builds on it.
static inline void settle(struct store_publish *publish)
{
    struct store_topic *topic = &rig.item.topic;
    static char etag[100], modified[100], moved[100];
    static uint8_t plan[STORE_PLAN_MAX];
    if (publish->new_entries) {
        assert_true(publish->entry_count <= 100);
        rig.entry_count = publish->entry_count;
        memcpy(rig.entries, publish->entries,
               publish->entry_count * sizeof *rig.entries);
    }
    if (publish->new_validators) {
        (void)snprintf(etag, sizeof etag, "%s", publish->etag.at);
        (void)snprintf(modified, sizeof modified, "%s", publish->modified.at);
        (void)snprintf(moved, sizeof moved, "%s", publish->moved.at);
        topic->etag = bytes(etag);
        topic->modified = bytes(modified);
        topic->moved = bytes(moved);
        topic->modified_seen = publish->modified_seen;
    }
    if (publish->new_plan) {
        memcpy(plan, publish->plan.at, publish->plan.len);
        topic->plan = (struct bytes){ (char *)plan, publish->plan.len };
    }
    topic->last_status = publish->status;
    if (publish->verdict == STORE_FETCH_FAILED) {
        topic->failures++;
        if (topic->failing_since == 0)
            topic->failing_since = loop_now().unix;
    } else {
        topic->failures = 0;
        topic->failing_since = 0;
        topic->last_fetch = loop_now().unix;
        topic->fetched = publish->generation;
    }
    if (publish->verdict >= STORE_FETCH_BASELINE) {
        publish->seq = ++topic->head;
        memmove(rig.recent + 1, rig.recent,
                (STORE_RECENT_MAX - 1) * sizeof *rig.recent);
        rig.recent[0] = (struct store_version){ .seq = publish->seq,
                                                .time = loop_now().unix };
        memcpy(rig.recent[0].digest, publish->digest, 16);
        if (rig.recent_count < STORE_RECENT_MAX)
            rig.recent_count++;
    }
    fake_store_finish(&publish->op, STORE_OK);
}

static inline void end(struct store_publish *publish)
{
    fake_store_finish(&publish->op, STORE_OK);
}

// When it will be looked at again, in ms from now.
static inline int64_t wait_of(const struct store_publish *publish)
{
    return publish->due - loop_now().unix;
}

#define OBSERVED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
