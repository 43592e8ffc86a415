// SPDX-License-Identifier: MIT

#include "admin.h"

#include "exposition.h"
#include "fetcher/engine.h"
#include "front.h"
#include "halt.h"
#include "inquiry.h"
#include "lanes.h"
#include "loop.h"
#include "metrics.h"
#include "pull.h"
#include "request.h"
#include "services.h"
#include "storage/store.h"

#include <stdlib.h>

// What can be due, and for how long the first of it has been.
static const struct {
    enum store_due_kind kind;
    const char *name;
} queues[] = {
    { STORE_DUE_DELIVER, "deliver" }, { STORE_DUE_LANE, "origin" },
    { STORE_DUE_FETCH, "fetch" },     { STORE_DUE_VERIFY, "verify" },
    { STORE_DUE_RENEW, "renew" },     { STORE_DUE_DENY, "deny" },
};
enum { QUEUES = sizeof queues / sizeof *queues };

// That are looked at for the oldest.
enum { WALKS = 100 };

struct metrics_inquiry {
    struct inquiry inquiry;
    struct store_stats stats;
    struct store_claim look;
    size_t at;
    int64_t overdue[QUEUES]; // ms
    struct store_walks walks;
    struct store_topics topics; // of the walks
    uint64_t ids[WALKS];
    int64_t oldest; // ms since the update that a walk delivers
    struct exposition text;
};

static void gauge(struct metrics_inquiry *asked, const char *name,
                  const char *meaning, uint64_t number)
{
    exposition_number(&asked->text, name, EXPOSITION_GAUGE, meaning,
                      (double)number);
}

static void counter(struct metrics_inquiry *asked, const char *name,
                    const char *meaning, uint64_t number)
{
    exposition_number(&asked->text, name, EXPOSITION_COUNTER, meaning,
                      (double)number);
}

static void write_counters(struct metrics_inquiry *asked)
{
    const struct services *services = asked->inquiry.admin->means.services;
    for (int i = 0; i < METRIC_COUNT; i++) {
        enum metric metric = (enum metric)i;
        counter(asked, metric_name(metric), metric_meaning(metric),
                services->metrics->counts[i]);
    }
}

static void write_store(struct metrics_inquiry *asked)
{
    const struct store_numbers *n = &asked->stats.numbers;
    gauge(asked, "store.topics", "topics known", n->topics);
    gauge(asked, "store.mailboxes", "mailboxes", n->mailboxes);
    gauge(asked, "store.subscriptions", "subscriptions", n->subscriptions);
    gauge(asked, "store.requests", "requests that wait to be verified",
          n->requests);
    gauge(asked, "store.lagging", "subscriptions that lag behind", n->lagging);
    gauge(asked, "store.waiting",
          "of those that lag the ones that wait for their origin", n->waiting);
    gauge(asked, "store.lanes", "origins where somebody waits or is paused",
          n->lanes);
    gauge(asked, "store.walks", "updates being delivered", n->walks);
    gauge(asked, "store.denials", "denials still to be said", n->denials);
    gauge(asked, "store.map.bytes", "most that the store can grow to",
          n->map_bytes);
    gauge(asked, "store.used.bytes", "size of the store", n->used_bytes);
    counter(asked, "store.commits", "commits of the store", n->commits);
    counter(asked, "store.operations", "operations in these commits",
            n->operations);
}

static void write_overdue(struct metrics_inquiry *asked)
{
    static const char name[] = "overdue.seconds";
    exposition_family(&asked->text, name, EXPOSITION_GAUGE,
                      "how long the first of what is due has been so");
    for (size_t i = 0; i < QUEUES; i++)
        exposition_sample(&asked->text, name, EXPOSITION_GAUGE, "queue",
                          queues[i].name, (double)asked->overdue[i] / 1000);
}

static void write_walks(struct metrics_inquiry *asked)
{
    exposition_number(&asked->text, "walks.oldest.seconds", EXPOSITION_GAUGE,
                      "how long the update that has been under delivery for "
                      "longest has been so",
                      (double)asked->oldest / 1000);
}

static void write_classes(struct metrics_inquiry *asked, const char *name,
                          enum exposition_kind kind, const char *meaning,
                          const uint64_t counts[EXCHANGE_CLASSES])
{
    static const char *const classes[EXCHANGE_CLASSES] = {
        [EXCHANGE_FETCH] = "fetch",
        [EXCHANGE_VERIFY] = "verify",
        [EXCHANGE_DELIVER] = "deliver",
        [EXCHANGE_RETRY] = "retry",
    };
    exposition_family(&asked->text, name, kind, meaning);
    for (int i = 0; i < EXCHANGE_CLASSES; i++)
        exposition_sample(&asked->text, name, kind, "class", classes[i],
                          (double)counts[i]);
}

static void write_network(struct metrics_inquiry *asked)
{
    const struct services *services = asked->inquiry.admin->means.services;
    struct engine_numbers n;
    engine_numbers(services->engine, &n);
    write_classes(asked, "network.started", EXPOSITION_COUNTER, "requests sent",
                  n.started);
    write_classes(asked, "network.ended", EXPOSITION_COUNTER,
                  "requests that ended", n.ended);
    write_classes(asked, "network.in.flight", EXPOSITION_GAUGE,
                  "requests under way", n.in_flight);
    write_classes(asked, "network.queued", EXPOSITION_GAUGE,
                  "requests that wait for a place", n.queued);
    gauge(asked, "network.slow",
          "deliveries under way that have given their place to others", n.slow);
    counter(asked, "network.cut",
            "slow deliveries that were ended to make room", n.cut);
    counter(asked, "network.connections", "connections opened", n.connections);
    counter(asked, "network.refused", "addresses that may not be called",
            n.refused);
    counter(asked, "network.lookups", "names asked for", n.lookups);
}

static void write_origins(struct metrics_inquiry *asked)
{
    const struct admin_means *means = &asked->inquiry.admin->means;
    struct lanes_numbers n;
    lanes_numbers(means->lanes, &n);
    gauge(asked, "origins.known", "origins of callbacks in memory", n.lanes);
    gauge(asked, "origins.open", "origins that are broken", n.open);
    gauge(asked, "origins.probing", "of these: a probe is under way",
          n.probing);
    gauge(asked, "origins.paused", "origins paused by an operator", n.paused);
    gauge(asked, "origins.outstanding", "deliveries under way", n.outstanding);
    gauge(asked, "deliveries.halted",
          "1 while all deliveries are paused by an operator",
          halt_is(means->halt));
}

static void write_front(struct metrics_inquiry *asked)
{
    const struct admin_means *means = &asked->inquiry.admin->means;
    struct front_numbers n;
    front_numbers(means->front, &n);
    counter(asked, "front.accepted", "connections accepted", n.accepted);
    counter(asked, "front.turned.away", "connections turned away",
            n.turned_away);
    gauge(asked, "front.open", "connections open", n.open_now);
    gauge(asked, "front.held", "pulls that are held", pull_held(means->pull));
    gauge(asked, "front.parked", "connections that wait for something new",
          n.parked_now);
}

static void write_process(struct metrics_inquiry *asked)
{
    const struct admin *admin = asked->inquiry.admin;
    const struct loop *loop = admin->means.services->loop;
    exposition_number(&asked->text, "uptime.seconds", EXPOSITION_GAUGE,
                      "since the start",
                      (double)(loop_now().mono - admin->began) / 1000);
    counter(asked, "loop.slow.steps", "steps of the main loop over 10 ms",
            loop_slow_steps(loop));
    exposition_number(&asked->text, "loop.longest.seconds", EXPOSITION_GAUGE,
                      "the longest step of the main loop",
                      (double)loop_longest_us(loop) / 1e6);
    gauge(asked, "descriptors.limit", "descriptors that may be open",
          admin->means.descriptors);
}

static void answer(struct metrics_inquiry *asked)
{
    static const char type[] = "text/plain; version=0.0.4; charset=utf-8";
    write_counters(asked);
    write_store(asked);
    write_overdue(asked);
    write_walks(asked);
    write_network(asked);
    write_origins(asked);
    write_front(asked);
    write_process(asked);
    if (asked->text.failed)
        request_say(asked->inquiry.request, 503, "out of memory");
    else
        request_reply(asked->inquiry.request, &(struct reply){
                                                  .status = 200,
                                                  .content_type = type,
                                                  .body = asked->text.text,
                                                  .body_len = asked->text.len,
                                              });
    free(asked->text.text);
    inquiry_end(&asked->inquiry);
}

// ------------------------------------------------------------------ asking

static void look(struct metrics_inquiry *asked);

static void looked(struct store_op *op)
{
    struct metrics_inquiry *asked = op->context;
    int64_t due = asked->look.next_due;
    if (op->status == STORE_OK && due < op->at)
        asked->overdue[asked->at] = op->at - due;
    store_release(op);
    asked->at++;
    look(asked);
}

static void topics_read(struct store_op *op)
{
    struct metrics_inquiry *asked = op->context;
    for (size_t i = 0; op->status == STORE_OK && i < asked->topics.count; i++) {
        int64_t updated = asked->topics.items[i].last_update;
        if (updated > 0 && op->at - updated > asked->oldest)
            asked->oldest = op->at - updated;
    }
    store_release(op);
    answer(asked);
}

static void walks_read(struct store_op *op)
{
    struct metrics_inquiry *asked = op->context;
    size_t count = op->status == STORE_OK ? asked->walks.count : 0;
    for (size_t i = 0; i < count; i++)
        asked->ids[i] = asked->walks.items[i].topic;
    store_release(op);
    if (count == 0) {
        answer(asked);
        return;
    }
    asked->topics = (struct store_topics){
        .ids = asked->ids,
        .count = count,
    };
    inquiry_submit(&asked->inquiry, &asked->topics.op, STORE_TOPICS,
                   topics_read);
}

static void look(struct metrics_inquiry *asked)
{
    if (asked->at == QUEUES) {
        asked->walks = (struct store_walks){ .max = WALKS };
        inquiry_submit(&asked->inquiry, &asked->walks.op, STORE_WALKS,
                       walks_read);
        return;
    }
    asked->look = (struct store_claim){ .kind = queues[asked->at].kind };
    inquiry_submit(&asked->inquiry, &asked->look.op, STORE_CLAIM, looked);
}

static void stats_read(struct store_op *op)
{
    struct metrics_inquiry *asked = op->context;
    if (op->status == STORE_OK)
        look(asked);
    else
        inquiry_unable(&asked->inquiry, op->status);
}

void admin_metrics(void *self, struct request *request, struct moment now)
{
    struct metrics_inquiry *asked = inquiry_new(self, request, sizeof *asked);
    (void)now;
    if (asked)
        inquiry_submit(&asked->inquiry, &asked->stats.op, STORE_STATS,
                       stats_read);
}
