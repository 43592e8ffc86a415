// SPDX-License-Identifier: MIT
//
// content_rig -- a hub/content.h of its own over a store that the test plays.

#pragma once

#include "hub/content.h"

#include "fakes/fake_loop.h"
#include "fakes/fake_store.h"
#include "fetcher/document.h"
#include "hub/config.h"
#include "hub/services.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define ITEM(id) "<item><guid>" id "</guid></item>"
#define FEED(items)                                                            \
    "<rss version=\"2.0\"><channel><title>t</title>" items "</channel></rss>"
static const char newest[] = FEED(ITEM("3") ITEM("2") ITEM("1"));
static const char older[] = FEED(ITEM("2") ITEM("1") ITEM("0"));

enum { TOPIC = 7, HEAD = 12 };

struct asker {
    struct content_wait wait;
    size_t called;
    struct content *content;
    bool gone;
    bool drops; // what it is given, at once
};

struct rig {
    struct config config;
    struct contents *contents;
    struct asker asker;
    enum store_content policy; // of the topic
    uint64_t removed;
    bool on_request; // what is read from now on
};

static struct rig rig;

static inline void ready(struct content_wait *wait, struct content *content,
                         bool gone)
{
    struct asker *asker = (struct asker *)wait;
    asker->called++;
    asker->content = content;
    asker->gone = gone;
    if (content && asker->drops)
        content_drop(rig.contents, content);
}

static inline int setup(void **state)
{
    (void)state;
    rig = (struct rig){ .asker = { .wait = { .ready = ready } } };
    struct services services = {
        .config = &rig.config,
        .store = fake_store(),
        .loop = fake_loop(),
        .hub_url = "https://hub.example/",
    };
    rig.contents = contents_new(&services);
    return rig.contents ? 0 : -1;
}

static inline int teardown(void **state)
{
    (void)state;
    if (rig.asker.content && !rig.asker.drops)
        content_drop(rig.contents, rig.asker.content);
    contents_free(rig.contents);
    return fake_store_clean() ? 0 : -1;
}

static inline struct content *ask_as(struct asker *asker, uint64_t from,
                                     uint64_t to, enum content_wish wish)
{
    struct content_key key = {
        .topic = TOPIC, .from = from, .to = to, .wish = wish
    };
    return content_get(rig.contents, &key, &asker->wait);
}

static inline void ask(uint64_t from, uint64_t to, enum content_wish wish)
{
    assert_null(ask_as(&rig.asker, from, to, wish));
    assert_int_equal(rig.asker.called, 0);
}

static inline void give_topic(void)
{
    struct store_topics *op = fake_store_take(STORE_TOPICS);
    assert_int_equal(op->count, 1);
    assert_int_equal(op->ids[0], TOPIC);
    struct store_topic topic = {
        .id = TOPIC,
        .incarnation = 0xabc,
        .head = HEAD,
        .removed = rig.removed,
        .content = rig.policy,
        .url = { "https://blog.example/feed", 25 },
    };
    op->items = fake_store_give(&op->op, &topic, sizeof topic);
    fake_store_finish(&op->op, STORE_OK);
}

static inline void give_body(enum store_body which, uint64_t seq,
                             enum store_update_kind kind, const char *body)
{
    struct store_read_body *op = fake_store_take(STORE_READ_BODY);
    assert_int_equal(op->topic, TOPIC);
    assert_int_equal(op->which, which);
    assert_int_equal(op->seq, seq);
    if (!body) {
        fake_store_finish(&op->op, STORE_NOT_FOUND);
        return;
    }
    op->kind = kind;
    op->on_request = rig.on_request;
    op->body = (struct bytes){ fake_store_give(&op->op, body, strlen(body) + 1),
                               strlen(body) };
    op->content_type = (struct bytes){ "application/rss+xml", 19 };
    fake_store_finish(&op->op, STORE_OK);
}

// One id that was missed: of the item of `newest` with this number, counted
// from 0; 3 is the last of `older`, and others are in neither. And the update
// that brought it last.
struct missed_id {
    size_t item;
    uint64_t seq;
};

static inline void read_ids(const char *feed, uint8_t ids[3][16])
{
    struct document_input input = { .bytes = feed,
                                    .len = strlen(feed),
                                    .content_type = "application/rss+xml",
                                    .url = "https://blog.example/feed",
                                    .entries_max = 100 };
    struct document document;
    assert_true(document_read(&input, &document));
    assert_int_equal(document.changed_count, 3);
    memcpy(ids, document.changed, sizeof(uint8_t[3][16]));
    document_clear(&document);
}

static inline void give_missed(struct store_missed answer,
                               const struct missed_id *missed, size_t count)
{
    struct store_missed *op = fake_store_take(STORE_MISSED);
    uint8_t known[4][16], last[3][16], ids[16][16] = { { 0 } };
    uint64_t seqs[16] = { 0 };
    read_ids(newest, known);
    read_ids(older, last);
    memcpy(known[3], last[2], sizeof known[3]);
    assert_true(count <= 16);
    for (size_t i = 0; i < count; i++) {
        seqs[i] = missed[i].seq;
        if (missed[i].item < 4)
            memcpy(ids[i], known[missed[i].item], sizeof ids[i]);
        else
            memset(ids[i], (int)missed[i].item, sizeof ids[i]);
    }
    op->count = count;
    op->ids = fake_store_give(&op->op, ids, sizeof ids);
    op->seqs = fake_store_give(&op->op, seqs, sizeof seqs);
    op->updates = answer.updates;
    op->complete = answer.complete;
    op->all_cuttable = answer.all_cuttable;
    op->on_request = answer.on_request;
    op->whole = answer.whole;
    op->links = answer.links;
    fake_store_finish(&op->op, STORE_OK);
}

// What is remembered of `newest`: nothing is told of what is not in it.
static inline void give_memory(void)
{
    struct store_read_entries *op = fake_store_take(STORE_READ_ENTRIES);
    assert_int_equal(op->topic, TOPIC);
    fake_store_finish(&op->op, STORE_OK);
}

static inline const struct content *got(void)
{
    assert_int_equal(rig.asker.called, 1);
    assert_non_null(rig.asker.content);
    return rig.asker.content;
}

static inline void assert_body(const struct content *content, const char *body)
{
    assert_int_equal(content->body_len, strlen(body));
    assert_memory_equal(content->body, body, content->body_len);
}
