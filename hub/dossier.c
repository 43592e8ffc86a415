// SPDX-License-Identifier: MIT

#include "dossier.h"

#include "fetcher/document.h"
#include "fetcher/url.h"
#include "rules.h"
#include "services.h"
#include "topic.h"
#include "visitor.h"

#include <stdlib.h>
#include <string.h>

static void submit(struct dossier *dossier, struct store_op *op,
                   enum store_verb verb, void (*done)(struct store_op *op))
{
    op->verb = verb;
    op->done = done;
    op->context = dossier;
    store_submit(dossier->services->store, op);
}

static void finish(struct dossier *dossier, enum store_status status)
{
    dossier->status = status;
    dossier->done(dossier);
}

static void page_read(struct store_op *op)
{
    struct dossier *dossier = op->context;
    const struct store_page_subscribers *page = &dossier->page;
    struct census *census = &dossier->facts.census;
    enum store_status status = op->status;
    for (size_t i = 0; status == STORE_OK && i < page->count; i++)
        census_count(census, &page->items[i]);
    uint64_t last = page->count > 0 ? page->items[page->count - 1].id : 0;
    census->complete = page->end || page->count == 0;
    store_release(op);
    if (status != STORE_OK || census->complete
        || census->counted >= dossier->census_max) {
        finish(dossier, status);
        return;
    }
    dossier->page = (struct store_page_subscribers){
        .topic = dossier->facts.topic->id,
        .after = last,
        .max = DOSSIER_PAGE,
    };
    submit(dossier, &dossier->page.op, STORE_PAGE_SUBSCRIBERS, page_read);
}

static void walk_read(struct store_op *op)
{
    struct dossier *dossier = op->context;
    enum store_status status = op->status;
    uint64_t topic = dossier->facts.topic->id;
    dossier->facts.walking = status == STORE_OK && dossier->walks.count > 0
                             && dossier->walks.items[0].topic == topic;
    store_release(op);
    if (status != STORE_OK) {
        finish(dossier, status);
        return;
    }
    dossier->page = (struct store_page_subscribers){
        .topic = topic,
        .max = DOSSIER_PAGE,
    };
    submit(dossier, &dossier->page.op, STORE_PAGE_SUBSCRIBERS, page_read);
}

static bool is_entry(const struct store_entry *remembered)
{
    struct document_entry row = { .seq = remembered->seq };
    memcpy(row.id, remembered->id, sizeof row.id);
    return document_is_entry(&row);
}

static void entries_read(struct store_op *op)
{
    struct dossier *dossier = op->context;
    const struct store_read_entries *entries = &dossier->entries;
    enum store_status status =
        op->status == STORE_NOT_FOUND ? STORE_OK : op->status;
    for (size_t i = 0; op->status == STORE_OK && i < entries->count; i++)
        dossier->facts.entries += is_entry(&entries->items[i]);
    store_release(op);
    if (status != STORE_OK || dossier->census_max == 0) {
        finish(dossier, status);
        return;
    }
    dossier->walks = (struct store_walks){
        .after = dossier->facts.topic->id - 1,
        .max = 1,
    };
    submit(dossier, &dossier->walks.op, STORE_WALKS, walk_read);
}

static void keep_newest(struct dossier *dossier,
                        const struct store_event *newest)
{
    size_t len = newest->content_type.len;
    if (len > STORE_HEADER_MAX)
        len = STORE_HEADER_MAX;
    dossier->newest = *newest;
    if (len > 0)
        memcpy(dossier->type, newest->content_type.at, len);
    dossier->type[len] = '\0';
    dossier->newest.content_type = (struct bytes){ dossier->type, len };
    dossier->newest.self = dossier->newest.hubs = dossier->newest.body =
        (struct bytes){ "", 0 };
    dossier->facts.newest = &dossier->newest;
}

static void events_read(struct store_op *op)
{
    struct dossier *dossier = op->context;
    const struct store_events *events = &dossier->events;
    enum store_status status = op->status;
    if (status == STORE_OK && events->event_count > 0)
        keep_newest(dossier, &events->items[events->event_count - 1]);
    store_release(op);
    if (status != STORE_OK) {
        finish(dossier, status);
        return;
    }
    dossier->entries = (struct store_read_entries){
        .topic = dossier->facts.topic->id,
    };
    submit(dossier, &dossier->entries.op, STORE_READ_ENTRIES, entries_read);
}

static bool may_see(const struct dossier *dossier,
                    const struct store_topic *topic)
{
    const struct config *config = dossier->services->config;
    struct bytes url = topic->url_normal;
    const struct visitor *who = dossier->visitor;
    return !who || visitor_may_read(who, config, url.at, url.len, topic->reach)
           || visitor_may_read(visitor_anonymous(), config, url.at, url.len,
                               topic->reach);
}

static void topic_read(struct store_op *op)
{
    struct dossier *dossier = op->context;
    struct explain_facts *facts = &dossier->facts;
    enum store_status status = op->status;
    bool known = status == STORE_OK && dossier->topics.items[0].id != 0
                 && may_see(dossier, &dossier->topics.items[0]);
    facts->now = op->at;
    if (known) {
        dossier->copy = topic_copy(&dossier->topics.items[0]);
        status = dossier->copy ? STORE_OK : STORE_AGAIN;
        facts->topic = dossier->copy;
    }
    store_release(op);
    // To the public one that nobody follows, or could not fetch himself, is
    // like an unknown one, in the work that it makes too (M20).
    if (!facts->topic
        || (dossier->census_max == 0 && !explain_followed(facts))) {
        finish(dossier, status == STORE_NOT_FOUND ? STORE_OK : status);
        return;
    }
    dossier->position = (struct store_position){
        .topic = facts->topic->id,
        .since = STORE_SINCE_LAST,
        .value = 1,
    };
    dossier->events = (struct store_events){
        .positions = &dossier->position,
        .count = 1,
        .limit = 1,
    };
    submit(dossier, &dossier->events.op, STORE_EVENTS, events_read);
}

struct dossier *dossier_open(const struct services *services,
                             const struct url *topic, size_t census_max,
                             const struct visitor *visitor,
                             void (*done)(struct dossier *dossier),
                             void *context)
{
    struct dossier *dossier = calloc(1, sizeof *dossier);
    if (!dossier)
        return NULL;
    dossier->services = services;
    dossier->census_max = census_max;
    dossier->visitor = visitor;
    dossier->done = done;
    dossier->context = context;
    dossier->facts.config = services->config;
    dossier->facts.hub_url = services->hub_url;
    dossier->facts.rule =
        rules_copy(rules_topic(services->rules, topic), dossier->rule);
    url_key(topic, dossier->key.bytes);
    dossier->topics = (struct store_topics){
        .keys = &dossier->key,
        .count = 1,
    };
    submit(dossier, &dossier->topics.op, STORE_TOPICS, topic_read);
    return dossier;
}

void dossier_free(struct dossier *dossier)
{
    if (!dossier)
        return;
    free(dossier->copy);
    free(dossier);
}
