// SPDX-License-Identifier: MIT
//
// history -- one topic, fetched again and again, for the tests of observation.

#pragma once

#include "fake_engine.h"
#include "fake_loop.h"
#include "fake_store.h"
#include "hub/observation.h"
#include "tests/unit/fetcher/fixture.h"

#define TODAY   ((uint32_t)(FAKE_UNIX / 86400000))
#define TOPIC   "https://lantern.example.org/feed.atom"
#define MINUTES INT64_C(60000)

// One topic, fetched again and again.
struct history {
    struct store_claimed item;
    struct observation *now;
    struct store_entry *memory; // as the last fetch left it
    size_t memory_count;
};

static struct history history;

static inline struct bytes bytes(const char *text)
{
    return (struct bytes){ text, strlen(text) };
}

static inline int history_setup(void **state)
{
    (void)state;
    fake_store();
    fake_loop();
    history = (struct history){
        .item = { .token = 40,
                  .topic = { .id = 7,
                             .url = bytes(TOPIC),
                             .url_normal = bytes(TOPIC),
                             .self = bytes(""),
                             .hubs = bytes(""),
                             .etag = bytes(""),
                             .modified = bytes(""),
                             .moved = bytes("") } },
    };
    return 0;
}

static inline void forget(void)
{
    if (history.now)
        observation_free(history.now);
    history.now = NULL;
}

static inline int history_teardown(void **state)
{
    (void)state;
    forget();
    free(history.memory);
    return fake_store_clean() ? 0 : -1;
}

static inline struct exchange *begin(bool conditional)
{
    forget();
    history.now = observation_new(&history.item);
    assert_non_null(history.now);
    struct store_read_entries *memory = &history.now->memory;
    memory->count = history.memory_count;
    memory->items =
        fake_store_give(&memory->op, history.memory,
                        history.memory_count * sizeof *history.memory);
    observation_ask(history.now, conditional, 8000, 1 << 20);
    history.now->today = TODAY;
    return &history.now->exchange;
}

static inline const struct store_publish *judge(void)
{
    assert_true(observation_read(history.now));
    assert_true(observation_judge(history.now, FAKE_UNIX));
    return &history.now->publish;
}

// A 200 with this document.
static inline const struct store_publish *fetch(const char *body,
                                                const char *type)
{
    struct exchange *x = begin(true);
    fake_engine_answer(x, 200, body);
    fake_engine_field(x, "content-type", type);
    return judge();
}

static inline const struct store_publish *fetch_atom(const char *body)
{
    return fetch(body, "application/atom+xml");
}

// The store takes what was published: the next fetch builds on it.
static inline void settle(const struct store_publish *publish)
{
    struct store_topic *topic = &history.item.topic;
    static char self[STORE_URL_MAX + 1], hubs[STORE_LINKS_MAX + 1];
    if (publish->new_entries) {
        free(history.memory);
        history.memory_count = publish->entry_count;
        history.memory =
            calloc(publish->entry_count + 1, sizeof *history.memory);
        memcpy(history.memory, publish->entries,
               publish->entry_count * sizeof *history.memory);
    }
    if (publish->new_links) {
        memcpy(self, publish->self.at, publish->self.len);
        memcpy(hubs, publish->hubs.at, publish->hubs.len);
        topic->self = (struct bytes){ self, publish->self.len };
        topic->hubs = (struct bytes){ hubs, publish->hubs.len };
    }
    topic->last_fetch = FAKE_UNIX - 5 * MINUTES;
    topic->fetched = topic->dirty;
    if (publish->verdict < STORE_FETCH_BASELINE)
        return;
    topic->head++;
    if (publish->verdict == STORE_FETCH_BASELINE) {
        topic->baseline = topic->head;
        topic->baseline_at = FAKE_UNIX - 5 * MINUTES;
        topic->baseline_owed = true;
    }
}

static inline bool contains(struct bytes in, const char *text)
{
    return memmem(in.at, in.len, text, strlen(text)) != NULL;
}

#define OBSERVED(test)                                                         \
    cmocka_unit_test_setup_teardown(test, history_setup, history_teardown)
