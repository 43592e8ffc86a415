// SPDX-License-Identifier: MIT

#include "admin.h"

#include "exposition.h"
#include "fetcher/engine.h"
#include "front.h"
#include "halt.h"
#include "inquiry.h"
#include "lanes.h"
#include "lookout.h"
#include "loop.h"
#include "metrics.h"
#include "process.h"
#include "pull.h"
#include "pullers.h"
#include "request.h"
#include "services.h"
#include "survey.h"

#include <stdlib.h>

struct metrics_inquiry {
    struct inquiry inquiry;
    struct survey survey;
    struct exposition text;
};

static const struct admin_means *means_of(const struct metrics_inquiry *asked)
{
    return &asked->inquiry.admin->means;
}

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
    const struct services *services = means_of(asked)->services;
    for (int i = 0; i < METRIC_COUNT; i++) {
        enum metric metric = (enum metric)i;
        counter(asked, metric_name(metric), metric_meaning(metric),
                services->metrics->counts[i]);
    }
}

// -------------------------------------------------------------- histograms

static void write_span(struct metrics_inquiry *asked, enum span span,
                       const char *name, const char *label, const char *value)
{
    const struct metrics *metrics = means_of(asked)->services->metrics;
    struct histogram_view view;
    histogram_read(&metrics->spans[span], &view);
    exposition_histogram(&asked->text, name, label, value, &view);
}

static void write_one_span(struct metrics_inquiry *asked, enum span span,
                           const char *name, const char *meaning)
{
    exposition_family(&asked->text, name, EXPOSITION_HISTOGRAM, meaning);
    write_span(asked, span, name, NULL, NULL);
}

static void write_spans(struct metrics_inquiry *asked)
{
    static const char name[] = "delivery.seconds";
    exposition_family(&asked->text, name, EXPOSITION_HISTOGRAM,
                      "from a ping, or what else brought an update, until a "
                      "subscriber has taken it");
    write_span(asked, SPAN_DELIVERY, name, "attempt", "first");
    write_span(asked, SPAN_DELIVERY_AGAIN, name, "attempt", "again");
    write_one_span(asked, SPAN_FETCH, "fetch.seconds",
                   "how long fetches of topics took");
    write_one_span(asked, SPAN_COMMIT, "commit.seconds",
                   "how long commits of the store took");
    write_one_span(asked, SPAN_PULL, "pull.release.seconds",
                   "from when an update is stored until a pull that waited "
                   "for it is told");
}

// --------------------------------------------------------------- the store

static void write_store(struct metrics_inquiry *asked)
{
    const struct store_numbers *n = &asked->survey.numbers;
    gauge(asked, "store.topics", "topics known", n->topics);
    gauge(asked, "store.mailboxes", "mailboxes", n->mailboxes);
    gauge(asked, "store.tokens", "tokens", n->tokens);
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
    gauge(asked, "store.room.bytes",
          "most that it can grow to before it takes nothing new, with the disk "
          "as it is",
          n->room_bytes);
    gauge(asked, "store.used.bytes", "size of the store", n->used_bytes);
    gauge(asked, "store.free.bytes",
          "of its file what is used again before that grows", n->free_bytes);
    counter(asked, "store.commits", "commits of the store", n->commits);
    counter(asked, "store.operations", "operations in these commits",
            n->operations);
}

static void write_overdue(struct metrics_inquiry *asked)
{
    static const char name[] = "overdue.seconds";
    exposition_family(&asked->text, name, EXPOSITION_GAUGE,
                      "how long the first of what is due has been so");
    for (size_t i = 0; i < SURVEY_QUEUES; i++)
        exposition_sample(&asked->text, name, EXPOSITION_GAUGE, "queue",
                          survey_queue(i),
                          (double)asked->survey.overdue[i] / 1000);
}

static void write_walks(struct metrics_inquiry *asked)
{
    exposition_number(&asked->text, "walks.oldest.seconds", EXPOSITION_GAUGE,
                      "how long the update that has been under delivery for "
                      "longest has been so",
                      (double)asked->survey.oldest / 1000);
}

static void write_fillings(struct metrics_inquiry *asked)
{
    static const char name[] = "filled.ratio";
    const struct lookout *lookout = means_of(asked)->lookout;
    exposition_family(
        &asked->text, name, EXPOSITION_GAUGE,
        "how much of what has a ceiling is in use; 0 without one");
    for (int i = 0; i < FILLING_COUNT; i++) {
        enum filling_what what = (enum filling_what)i;
        const struct filling *filling = lookout_filling(lookout, what);
        double limit = (double)filling->limit;
        exposition_sample(&asked->text, name, EXPOSITION_GAUGE, "what",
                          filling_what_name(what),
                          limit > 0 ? (double)filling->used / limit : 0);
    }
    gauge(asked, "disk.free.bytes", "what is left on the disk of the store",
          asked->survey.numbers.disk_free_bytes);
}

// ------------------------------------------------------------- the network

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
    struct engine_numbers n;
    engine_numbers(means_of(asked)->services->engine, &n);
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
    const struct admin_means *means = means_of(asked);
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

// ------------------------------------------------------------------- front

static void write_voices(struct metrics_inquiry *asked)
{
    static const char name[] = "pulls.waiting";
    static const struct {
        const char *name;
        enum pull_voice voice;
    } voices[] = {
        { "stream", VOICE_LINES },
        { "sse", VOICE_EVENTS },
        { "websocket", VOICE_SOCKET },
    };
    struct pullers_numbers numbers;
    const uint64_t *of = numbers.of_voice;
    pullers_numbers(means_of(asked)->pullers, &numbers);
    exposition_family(&asked->text, name, EXPOSITION_GAUGE,
                      "pulls that are held, by the way they are told");
    exposition_sample(&asked->text, name, EXPOSITION_GAUGE, "voice", "poll",
                      (double)(of[VOICE_JSON] + of[VOICE_BY_TOPIC]));
    for (size_t i = 0; i < sizeof voices / sizeof *voices; i++)
        exposition_sample(&asked->text, name, EXPOSITION_GAUGE, "voice",
                          voices[i].name, (double)of[voices[i].voice]);
}

static void write_front(struct metrics_inquiry *asked)
{
    const struct admin_means *means = means_of(asked);
    struct front_numbers n;
    front_numbers(means->front, &n);
    counter(asked, "front.accepted", "connections accepted", n.accepted);
    counter(asked, "front.turned.away", "connections turned away",
            n.turned_away);
    gauge(asked, "front.open", "connections open", n.open_now);
    gauge(asked, "front.held", "pulls that are held", pull_held(means->pull));
    gauge(asked, "front.parked", "connections that wait for something new",
          n.parked_now);
    write_voices(asked);
}

// ----------------------------------------------------------- the process

static void write_hub(struct metrics_inquiry *asked)
{
    const struct admin_means *means = means_of(asked);
    const struct loop *loop = means->services->loop;
    double uptime =
        (double)(loop_now().mono - asked->inquiry.admin->began) / 1000;
    exposition_number(&asked->text, "uptime.seconds", EXPOSITION_GAUGE,
                      "since the start", uptime);
    gauge(asked, "ready", "1 while the hub has room to work",
          lookout_unready(means->lookout) == NULL);
    counter(asked, "loop.slow.steps", "steps of the main loop over 10 ms",
            loop_slow_steps(loop));
    exposition_number(&asked->text, "loop.longest.seconds", EXPOSITION_GAUGE,
                      "the longest step of the main loop",
                      (double)loop_longest_us(loop) / 1e6);
    gauge(asked, "descriptors.limit", "descriptors that may be open",
          means->descriptors);
    exposition_family(&asked->text, "build.info", EXPOSITION_GAUGE,
                      "1, with the version");
    exposition_sample(&asked->text, "build.info", EXPOSITION_GAUGE, "version",
                      WEBSUBD_VERSION, 1);
    exposition_number(&asked->text, "process.start.time.seconds",
                      EXPOSITION_GAUGE, "when it was started, unix time",
                      (double)loop_now().unix / 1000 - uptime);
}

static void write_process(struct metrics_inquiry *asked)
{
    struct process_usage usage;
    process_usage(&usage);
    exposition_number(&asked->text, "process.cpu.seconds", EXPOSITION_COUNTER,
                      "time of the processor used", usage.cpu_seconds);
    gauge(asked, "process.resident.memory.bytes",
          "memory in use, with what is mapped of the store",
          usage.rss_anon + usage.rss_file);
    gauge(asked, "process.resident.anonymous.bytes",
          "of that memory what is the process's alone", usage.rss_anon);
}

static void answer(struct metrics_inquiry *asked)
{
    static const char type[] = "text/plain; version=0.0.4; charset=utf-8";
    struct reply reply = {
        .status = 200,
        .content_type = type,
        .body = asked->text.text,
        .body_len = asked->text.len,
        .headers = { "Cache-Control: no-store" },
        .header_count = 1,
    };
    if (asked->text.failed)
        request_say(asked->inquiry.request, 503, "out of memory");
    else
        request_reply(asked->inquiry.request, &reply);
    free(asked->text.text);
    inquiry_end(&asked->inquiry);
}

static void surveyed(struct survey *survey)
{
    struct metrics_inquiry *asked = survey->context;
    if (survey->status != STORE_OK) {
        inquiry_unable(&asked->inquiry, survey->status);
        return;
    }
    write_counters(asked);
    write_spans(asked);
    write_store(asked);
    write_overdue(asked);
    write_walks(asked);
    write_fillings(asked);
    write_network(asked);
    write_origins(asked);
    write_front(asked);
    write_hub(asked);
    write_process(asked);
    answer(asked);
}

void admin_metrics(void *self, struct request *request, struct moment now)
{
    struct metrics_inquiry *asked = inquiry_new(self, request, sizeof *asked);
    (void)now;
    if (!asked)
        return;
    asked->survey = (struct survey){
        .store = means_of(asked)->services->store,
        .done = surveyed,
        .context = asked,
    };
    survey_begin(&asked->survey);
}
