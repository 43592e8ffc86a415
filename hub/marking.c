// SPDX-License-Identifier: MIT

#include "marking.h"

#include "fetcher/url.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void finish(struct marking *marking, enum marking_end end,
                   enum store_status status)
{
    marking->end = end;
    marking->status = status;
    free(marking->all);
    marking->all = NULL;
    marking->done(marking);
}

// -------------------------------------------------------------------- mark

// On the store's thread.
static void on_durable(struct store_op *op)
{
    struct marking *marking = op->context;
    marking->durable(marking);
}

static void on_pinged(struct store_op *op)
{
    struct marking *marking = op->context;
    marking->known = marking->ping.known;
    finish(marking, op->status == STORE_OK ? MARKING_MARKED : MARKING_FAILED,
           op->status);
}

// A prefix that leads to nothing stands for itself: nobody follows that, and
// it is written all the same.
static void stand_in(struct marking *marking)
{
    struct url url;
    const struct bytes *prefix = &marking->prefixes[0];
    if (!url_read(prefix->at, prefix->len, &url))
        url_key(&url, marking->all[0].bytes);
}

static void mark(struct marking *marking)
{
    marking->ping = (struct store_ping){
        .op = { .verb = STORE_PING,
                .durable = marking->durable ? on_durable : NULL,
                .done = on_pinged,
                .context = marking },
        .keys = marking->all,
        .count = marking->named > 0 ? marking->named : 1,
    };
    if (marking->named == 0)
        stand_in(marking);
    store_submit(marking->store, &marking->ping.op);
}

// ---------------------------------------------------------------- prefixes

static void search(struct marking *marking);

static void on_reached(struct reach *reach)
{
    struct marking *marking = reach->context;
    if (reach->status != STORE_OK) {
        finish(marking, MARKING_FAILED, reach->status);
        return;
    }
    if (reach->beyond) {
        finish(marking, MARKING_TOO_MANY, STORE_OK);
        return;
    }
    memcpy(marking->all + marking->named, reach->keys,
           reach->count * sizeof *reach->keys);
    marking->named += reach->count;
    marking->beyond++;
    search(marking);
}

// `beyond` counts the prefixes that are done with.
static void search(struct marking *marking)
{
    if (marking->beyond == marking->prefix_count) {
        mark(marking);
        return;
    }
    marking->reach = (struct reach){
        .store = marking->store,
        .prefix = marking->prefixes[marking->beyond],
        .most = marking->most,
        .done = on_reached,
        .context = marking,
    };
    reach_begin(&marking->reach);
}

// ------------------------------------------------------------------- begin

static void on_looked(struct store_op *op)
{
    struct marking *marking = op->context;
    enum store_status status = op->status;
    bool followed = false;
    for (size_t i = 0; status == STORE_OK && i < marking->key_count; i++)
        followed |= reach_follows(&marking->look.items[i]);
    store_release(op);
    if (status != STORE_OK)
        finish(marking, MARKING_FAILED, status);
    else if (followed)
        mark(marking);
    else
        search(marking);
}

static void look(struct marking *marking)
{
    marking->look = (struct store_topics){
        .op = { .verb = STORE_TOPICS, .done = on_looked, .context = marking },
        .keys = marking->keys,
        .count = marking->key_count,
    };
    store_submit(marking->store, &marking->look.op);
}

bool marking_begin(struct marking *marking)
{
    size_t most = marking->key_count + marking->prefix_count * marking->most;
    assert(marking->prefix_count <= MARKING_PREFIXES_MAX);
    assert(marking->most <= REACH_MOST);
    assert(marking->key_count + marking->prefix_count > 0);
    assert(most <= STORE_BATCH_MAX);
    marking->all = calloc(most + 1, sizeof *marking->all);
    if (!marking->all)
        return false;
    if (marking->key_count > 0)
        memcpy(marking->all, marking->keys,
               marking->key_count * sizeof *marking->keys);
    marking->named = marking->key_count;
    marking->beyond = 0;
    if (marking->otherwise && marking->key_count > 0)
        look(marking);
    else
        search(marking);
    return true;
}
