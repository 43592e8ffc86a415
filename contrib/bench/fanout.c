// SPDX-License-Identifier: MIT

#include "fanout.h"

#include "bare.h"
#include "figures.h"
#include "load.h"
#include "spawn.h"

#include <stdio.h>
#include <string.h>

enum {
    SUBSCRIBE_CONNECTIONS = 16,
    SUBSCRIBE_MS = 120000,
    ROUND_MS = 60000,
    LOOK_MS = 10,
    IN_FLIGHT = 1024, // as the daemon is told
};

static int measured_cpu(const struct fanout *fanout)
{
    return fanout->options.unpinned ? SPAWN_ANY_CPU : MEASURED_CPU;
}

static int measuring_cpu(const struct fanout *fanout)
{
    return fanout->options.unpinned ? SPAWN_ANY_CPU : MEASURING_CPU;
}

static void publish_next(struct fanout *fanout)
{
    char bytes[PUBLISHED_BYTES_MAX];
    size_t len = published_next(&fanout->published, bytes);
    sink_document(&fanout->sink, published_type(&fanout->published), bytes,
                  len);
}

static size_t form(const void *context, uint64_t number, char *out, size_t max)
{
    return callbacks_form(context, number, out, max);
}

static bool subscribe_all(struct fanout *fanout, const char **problem)
{
    struct load_result result;
    struct load_options load = {
        .port = fanout->daemon.port,
        .connections = SUBSCRIBE_CONNECTIONS,
        .expected = 202,
        .requests = fanout->callbacks.count,
        .duration_ms = SUBSCRIBE_MS,
        .form = form,
        .context = &fanout->callbacks,
    };
    bool ran = load_run(&load, &result);
    if (!ran || result.good != fanout->callbacks.count) {
        fprintf(stderr, "%lu subscriptions accepted, %lu not: %u %s\n",
                (unsigned long)result.good, (unsigned long)result.bad,
                result.bad_status, result.bad_text);
        *problem = "subscriptions were not accepted";
        return false;
    }
    *problem = "not all subscriptions became active";
    return daemon_wait(&fanout->daemon, "store.subscriptions",
                       (int64_t)fanout->callbacks.count, SUBSCRIBE_MS);
}

// A POST as websubd makes them, for when there is no websubd.
static void make_sample(struct fanout *fanout)
{
    char body[PUBLISHED_BYTES_MAX];
    size_t len = published_next(&fanout->published, body);
    int head = snprintf(fanout->sample, sizeof fanout->sample,
                        "POST /cb/0 HTTP/1.1\r\nHost: 127.1.0.1\r\n"
                        "User-Agent: websubd/0.1.0\r\n"
                        "Content-Type: %s\r\n"
                        "Link: <http://127.0.0.1:8080/>; rel=\"hub\"\r\n"
                        "Link: <%s>; rel=\"self\"\r\n"
                        "Hub-Sequence: 0123456789abcdef.2\r\n"
                        "Hub-Previous: 0123456789abcdef.1\r\n"
                        "Content-Length: %zu\r\n\r\n",
                        published_type(&fanout->published), fanout->topic, len);
    memcpy(fanout->sample + head, body, len);
    fanout->sample_len = (size_t)head + len;
}

static bool open_daemon(struct fanout *fanout, const char **problem)
{
    struct fanout_round round;
    struct daemon_options options = { .program = fanout->options.program,
                                      .base = fanout->options.base,
                                      .cpu = measured_cpu(fanout) };
    if (!daemon_start(&fanout->daemon, &options, problem)
        || !subscribe_all(fanout, problem))
        return false;
    daemon_settle(&fanout->daemon);
    return fanout_hub(fanout, NULL, &round, problem);
}

bool fanout_open(struct fanout *fanout, const struct fanout_options *options,
                 const char **problem)
{
    *fanout = (struct fanout){ .options = *options, .sink.reached = -1 };
    fanout->published = (struct published){ .feed = options->feed,
                                            .bytes = (size_t)options->bytes };
    *problem = "the sink did not start";
    if (!sink_open(&fanout->sink, (size_t)options->callbacks,
                   measuring_cpu(fanout)))
        return false;
    spawn_pin(0, measuring_cpu(fanout));
    fanout->callbacks = (struct callbacks){ .count = (size_t)options->callbacks,
                                            .origins = (size_t)options->origins,
                                            .port = fanout->sink.port,
                                            .secrets = !options->no_secrets,
                                            .topic_path = "/topic",
                                            .callback_path = "/cb" };
    fanout->aside = fanout->callbacks;
    fanout->aside.topic_path = fanout->aside.callback_path = "/aside";
    callbacks_topic(&fanout->callbacks, fanout->topic, sizeof fanout->topic);
    publish_next(fanout);
    if (!options->bare_only)
        return open_daemon(fanout, problem);
    make_sample(fanout);
    return true;
}

void fanout_close(struct fanout *fanout)
{
    daemon_stop(&fanout->daemon);
    sink_close(&fanout->sink);
}

static void keep_sample(struct fanout *fanout)
{
    const char *sample;
    fanout->sample_len = sink_sample(&fanout->sink, &sample);
    memcpy(fanout->sample, sample, fanout->sample_len);
}

static bool distribute(struct fanout *fanout, struct fanout_round *out,
                       const char **problem)
{
    struct sink_round round;
    unsigned status = daemon_publish(&fanout->daemon, fanout->topic);
    int64_t published = figures_ns();
    *problem = "publishing was not answered with 204";
    if (status != 204)
        return false;
    *problem = "not every callback was POSTed to";
    bool reached = sink_wait(&fanout->sink, ROUND_MS);
    sink_round(&fanout->sink, &round);
    out->wall_ms = (double)(round.last_ns - published) / 1e6;
    out->first_ms = (double)(round.first_ns - published) / 1e6;
    out->per_second = (double)round.posts / out->wall_ms * 1e3;
    if (!reached) {
        fprintf(stderr, "%lu of %zu POSTs\n", (unsigned long)round.posts,
                fanout->callbacks.count);
        daemon_show_log(&fanout->daemon);
    }
    return reached;
}

static bool distribute_probed(struct fanout *fanout,
                              struct probe_latencies *latencies,
                              struct fanout_round *out, const char **problem)
{
    struct probe *probe = NULL;
    if (latencies != NULL)
        probe = probe_start(fanout->daemon.port,
                            (unsigned)fanout->options.probe_rate,
                            &fanout->aside, &fanout->aside_number, latencies);
    bool reached = distribute(fanout, out, problem);
    probe_stop(probe);
    return reached;
}

bool fanout_hub(struct fanout *fanout, struct probe_latencies *latencies,
                struct fanout_round *out, const char **problem)
{
    struct sink_round round;
    *out = (struct fanout_round){ 0 };
    publish_next(fanout);
    sink_begin(&fanout->sink, fanout->callbacks.count);
    struct procfs_peak *peak = procfs_peak_start(fanout->daemon.pid, LOOK_MS);
    double cpu = procfs_cpu_us(fanout->daemon.pid);
    bool reached = distribute_probed(fanout, latencies, out, problem);
    // What the hub does about it afterwards belongs to its price.
    daemon_settle(&fanout->daemon);
    cpu = procfs_cpu_us(fanout->daemon.pid) - cpu;
    procfs_peak_stop(peak, &out->peak);
    out->cpu_us = cpu / (double)fanout->callbacks.count;
    sink_round(&fanout->sink, &round);
    out->again = round.again;
    keep_sample(fanout);
    return reached;
}

bool fanout_bare(struct fanout *fanout, struct fanout_round *out,
                 const char **problem)
{
    struct bare_result result;
    struct bare_options options = {
        .callbacks = &fanout->callbacks,
        .sample = fanout->sample,
        .sample_len = fanout->sample_len,
        .per_origin = (unsigned)fanout->options.per_origin,
        .in_flight = IN_FLIGHT,
        .ready_signatures = fanout->options.ready_signatures,
        .cpu = measured_cpu(fanout),
    };
    *out = (struct fanout_round){ 0 };
    sink_begin(&fanout->sink, fanout->callbacks.count);
    if (!bare_run(&options, &result)) {
        *problem = "the bare sender got an answer that was no 2xx, or none";
        return false;
    }
    out->cpu_us = result.cpu_us / (double)result.posts;
    out->wall_ms = result.wall_ms;
    out->per_second = (double)result.posts / result.wall_ms * 1e3;
    return true;
}
