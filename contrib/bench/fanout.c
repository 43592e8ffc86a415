// SPDX-License-Identifier: MIT

#include "fanout.h"

#include "bare.h"
#include "figures.h"
#include "spawn.h"

#include <stdio.h>
#include <string.h>

enum {
    ROUND_MS = 120000,
    LOOK_MS = 10,
    IN_FLIGHT = 1024, // as the daemon has by default
};

void fanout_next_version(struct fanout *fanout)
{
    const char *bytes;
    size_t len = published_next(&fanout->published, &bytes);
    sink_document(&fanout->sink, published_type(&fanout->published), bytes,
                  len);
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
    out->fetched_ms = (double)(round.first_ns - round.fetched_ns) / 1e6;
    out->per_second = (double)round.posts / out->wall_ms * 1e3;
    size_t count = sink_latencies(&fanout->sink, published, fanout->latencies);
    figures_sort(fanout->latencies, count);
    out->p50_ms = figures_at(fanout->latencies, count, 0.5) / 1e3;
    out->p99_ms = figures_at(fanout->latencies, count, 0.99) / 1e3;
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
    fanout_next_version(fanout);
    sink_round(&fanout->sink, &round);
    uint64_t connections = round.accepted;
    sink_begin(&fanout->sink, fanout->callbacks.count);
    struct procfs_peak *peak = procfs_peak_start(fanout->daemon.pid, LOOK_MS);
    double cpu = procfs_cpu_us(fanout->daemon.pid);
    double sink_cpu = procfs_cpu_us(fanout->sink.pid);
    bool reached = distribute_probed(fanout, latencies, out, problem);
    sink_cpu = procfs_cpu_us(fanout->sink.pid) - sink_cpu;
    // What the hub does about it afterwards belongs to its price.
    daemon_settle(&fanout->daemon);
    cpu = procfs_cpu_us(fanout->daemon.pid) - cpu;
    procfs_peak_stop(peak, &out->peak);
    out->cpu_us = cpu / (double)fanout->callbacks.count;
    out->sink_us = sink_cpu / (double)fanout->callbacks.count;
    sink_round(&fanout->sink, &round);
    out->again = round.again;
    out->connections = round.accepted - connections;
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
        .cpu = fanout_measured_cpu(&fanout->options),
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
