// SPDX-License-Identifier: MIT

#include "admin.h"

#include "admin_json.h"
#include "fetcher/engine.h"
#include "front.h"
#include "halt.h"
#include "inquiry.h"
#include "lanes.h"
#include "lookout.h"
#include "metrics.h"
#include "process.h"
#include "pull.h"
#include "pullers.h"
#include "request.h"
#include "services.h"
#include "survey.h"

#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

struct status_inquiry {
    struct inquiry inquiry;
    struct survey survey;
};

static json_t *integer(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *store_json(const struct store_numbers *n)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, "
        "s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
        "topics", integer(n->topics), "subscriptions",
        integer(n->subscriptions), "requests", integer(n->requests), "lagging",
        integer(n->lagging), "waiting", integer(n->waiting), "lanes",
        integer(n->lanes), "paused", n->paused, "walks", integer(n->walks),
        "denials", integer(n->denials), "events", integer(n->events),
        "map_bytes", integer(n->map_bytes), "used_bytes",
        integer(n->used_bytes), "commits", integer(n->commits), "operations",
        integer(n->operations), "epoch", integer(n->epoch), "mailboxes",
        integer(n->mailboxes), "tokens", integer(n->tokens), "rules",
        integer(n->rules), "room_bytes", integer(n->room_bytes), "free_bytes",
        integer(n->free_bytes), "format", integer(n->format));
}

static json_t *classes_json(const uint64_t counts[EXCHANGE_CLASSES])
{
    return json_pack("{s:o, s:o, s:o, s:o}", "fetch",
                     integer(counts[EXCHANGE_FETCH]), "verify",
                     integer(counts[EXCHANGE_VERIFY]), "deliver",
                     integer(counts[EXCHANGE_DELIVER]), "retry",
                     integer(counts[EXCHANGE_RETRY]));
}

static json_t *network_json(const struct engine_numbers *n)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "started",
                     classes_json(n->started), "ended", classes_json(n->ended),
                     "in_flight", classes_json(n->in_flight), "queued",
                     classes_json(n->queued), "slow", integer(n->slow), "cut",
                     integer(n->cut), "connections", integer(n->connections),
                     "refused", integer(n->refused), "lookups",
                     integer(n->lookups));
}

static json_t *front_json(const struct admin_means *means)
{
    struct front_numbers n;
    front_numbers(means->front, &n);
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "accepted",
                     integer(n.accepted), "turned_away", integer(n.turned_away),
                     "handed", integer(n.handed), "parked",
                     integer(n.parked_now), "open", integer(n.open_now), "held",
                     integer(pull_held(means->pull)));
}

static json_t *origins_json(const struct lanes_numbers *n)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "known", integer(n->lanes),
                     "open", integer(n->open), "probing", integer(n->probing),
                     "paused", integer(n->paused), "outstanding",
                     integer(n->outstanding));
}

static json_t *pulls_json(const struct admin_means *means)
{
    const struct metrics *metrics = means->services->metrics;
    struct pullers_numbers numbers;
    pullers_numbers(means->pullers, &numbers);
    return json_pack("{s:o, s:o, s:o}", "held", integer(numbers.held),
                     "held_by_voice", admin_json_voices(&numbers), "reads",
                     integer(metrics->counts[METRIC_PULLS_READ]));
}

static json_t *memory_json(void)
{
    struct process_usage usage;
    process_usage(&usage);
    return json_pack("{s:o, s:o}", "rss_anon", integer(usage.rss_anon),
                     "rss_file", integer(usage.rss_file));
}

static json_t *counters_json(const struct metrics *metrics)
{
    json_t *counters = json_object();
    for (int i = 0; i < METRIC_COUNT; i++)
        json_object_set_new(counters, metric_name((enum metric)i),
                            integer(metrics->counts[i]));
    return counters;
}

static json_t *histogram_json(const struct histogram *histogram)
{
    struct histogram_view view;
    json_t *bounds = json_array(), *counts = json_array();
    histogram_read(histogram, &view);
    for (size_t i = 0; i < HISTOGRAM_BOUNDS; i++)
        json_array_append_new(bounds,
                              json_real((double)histogram_bounds()[i] / 1000));
    for (size_t i = 0; i <= HISTOGRAM_BOUNDS; i++)
        json_array_append_new(counts, integer(view.counts[i]));
    return json_pack("{s:o, s:o, s:f, s:o}", "bounds_ms", bounds, "counts",
                     counts, "sum_ms", (double)view.sum_us / 1000, "count",
                     integer(view.count));
}

static json_t *histograms_json(const struct metrics *metrics)
{
    const struct histogram *spans = metrics->spans;
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "delivery",
                     histogram_json(&spans[SPAN_DELIVERY]), "delivery_again",
                     histogram_json(&spans[SPAN_DELIVERY_AGAIN]), "fetch",
                     histogram_json(&spans[SPAN_FETCH]), "commit",
                     histogram_json(&spans[SPAN_COMMIT]), "pull_release",
                     histogram_json(&spans[SPAN_PULL]));
}

// ------------------------------------------------------------- how it stands

static json_t *queues_json(const struct survey *survey)
{
    json_t *queues = json_object();
    for (size_t i = 0; i < SURVEY_QUEUES; i++)
        json_object_set_new(queues, survey_queue(i),
                            json_integer(survey->overdue[i]));
    return queues;
}

static json_t *filling_json(const struct lookout *lookout)
{
    json_t *list = json_array();
    for (int i = 0; i < FILLING_COUNT; i++) {
        enum filling_what what = (enum filling_what)i;
        const struct filling *filling = lookout_filling(lookout, what);
        if (filling->limit == 0)
            continue;
        json_array_append_new(
            list,
            json_pack("{s:s, s:o, s:o, s:f, s:s}", "what",
                      filling_what_name(what), "used", integer(filling->used),
                      "limit", integer(filling->limit), "ratio",
                      (double)filling->used / (double)filling->limit, "level",
                      filling_level_name(filling->level)));
    }
    return list;
}

static json_t *standing_json(const struct status_inquiry *asked)
{
    const struct inquiry *inquiry = &asked->inquiry;
    const struct admin_means *means = &inquiry->admin->means;
    const struct request *request = inquiry->request;
    const char *unready = lookout_unready(means->lookout);
    return json_pack("{s:b, s:s?, s:I, s:s, s:s, s:o, s:I, s:o, s:o, s:o}",
                     "ready", unready == NULL, "unready", unready, "time",
                     (json_int_t)loop_now().unix, "who", request->who, "right",
                     request->steers ? "admin" : "view", "queues",
                     queues_json(&asked->survey), "walks_oldest_ms",
                     (json_int_t)asked->survey.oldest, "disk_free_bytes",
                     integer(asked->survey.numbers.disk_free_bytes), "filling",
                     filling_json(means->lookout), "histograms",
                     histograms_json(means->services->metrics));
}

static json_t *status_json(const struct status_inquiry *asked)
{
    const struct admin *admin = asked->inquiry.admin;
    const struct admin_means *means = &admin->means;
    const struct services *services = means->services;
    struct engine_numbers engine;
    struct lanes_numbers origins;
    engine_numbers(services->engine, &engine);
    lanes_numbers(means->lanes, &origins);
    json_t *root = json_pack(
        "{s:s, s:i, s:I, s:[s], s:s, s:b, s:o, s:o, s:o, s:o, s:o, "
        "s:{s:o, s:o}, s:o, s:{s:o}, s:o}",
        "version", WEBSUBD_VERSION, "pid", (int)getpid(), "uptime_ms",
        (json_int_t)(loop_now().mono - admin->began), "listen",
        front_address(means->front, 0), "public_url", services->hub_url,
        "halted", halt_is(means->halt), "origins", origins_json(&origins),
        "store", store_json(&asked->survey.numbers), "network",
        network_json(&engine), "front", front_json(means), "pulls",
        pulls_json(means), "loop", "slow_steps",
        integer(loop_slow_steps(services->loop)), "longest_us",
        integer(loop_longest_us(services->loop)), "memory", memory_json(),
        "limits", "descriptors", integer(means->descriptors), "counters",
        counters_json(services->metrics));
    json_t *standing = standing_json(asked);
    if (root && standing)
        json_object_update(root, standing);
    json_decref(standing);
    return root;
}

static void surveyed(struct survey *survey)
{
    struct status_inquiry *asked = survey->context;
    if (survey->status == STORE_OK)
        inquiry_answer(&asked->inquiry, 200, status_json(asked));
    else
        inquiry_unable(&asked->inquiry, survey->status);
}

void admin_status(void *self, struct request *request, struct moment now)
{
    struct status_inquiry *asked = inquiry_new(self, request, sizeof *asked);
    (void)now;
    if (!asked)
        return;
    asked->survey = (struct survey){
        .store = asked->inquiry.admin->means.services->store,
        .done = surveyed,
        .context = asked,
    };
    survey_begin(&asked->survey);
}
