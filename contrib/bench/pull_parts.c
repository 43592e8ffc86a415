// SPDX-License-Identifier: MIT

#include "pull_parts.h"

#include "figures.h"

#include <stdio.h>
#include <string.h>

enum { RELEASE_MS = 30000, HELD_MS = 30000 };

const char *pull_marker(struct pull_bench *bench, char out[PULL_MARKER_MAX])
{
    snprintf(out, PULL_MARKER_MAX, "mark-%08u.", ++bench->marker);
    return out;
}

bool pull_wants(const struct pull_bench *bench, enum herd_kind what)
{
    static const char *const words[] = {
        [HERD_POLL] = "poll", [HERD_EVENTS] = "sse", [HERD_SOCKET] = "socket"
    };
    return bench->only == NULL || strcmp(bench->only, words[what]) == 0;
}

const char *pull_kind_name(enum herd_kind what)
{
    static const char *const names[] = { [HERD_POLL] = "long-poll",
                                         [HERD_EVENTS] = "SSE",
                                         [HERD_SOCKET] = "WebSocket" };
    return names[what];
}

struct holder_options pull_holder(const struct pull_bench *bench,
                                  enum herd_kind what, size_t topics,
                                  size_t clients)
{
    return (struct holder_options){ .what = what,
                                    .topics = topics,
                                    .bytes = (size_t)bench->bytes,
                                    .wait_s = 270,
                                    .clients = clients,
                                    .cpu = -1,
                                    .program = bench->program,
                                    .base = bench->base,
                                    .more = bench->more,
                                    .origin_port = bench->sink.port };
}

static bool explain(const struct holder *holder, const struct herd *herd,
                    size_t count, const char **problem)
{
    static char why[300];
    snprintf(why, sizeof why, "%s: %zu of %zu were released (%s)",
             holder->kind->name, herd_released(herd), count,
             herd_trouble(herd));
    *problem = why;
    return false;
}

bool pull_release(struct pull_bench *bench, struct holder *holder,
                  struct herd *herd, size_t topic, size_t count,
                  const char *marker, struct pull_release *out,
                  const char **problem)
{
    int watch = -1;
    int64_t answered = 0;
    herd_expect(herd, marker);
    double cpu = holder->kind->cpu_us(holder);
    int64_t began = figures_ns();
    *problem = "a document could not be published";
    if (!holder->kind->release(holder, topic, marker, &watch))
        return false;
    if (!herd_wait(herd, count, RELEASE_MS, watch, &answered))
        return explain(holder, herd, count, problem);
    cpu = holder->kind->cpu_us(holder) - cpu;
    size_t got = herd_latencies(herd, began, bench->latencies);
    // Who was released sooner than his publisher was answered is in time.
    int64_t last = figures_ns();
    if (!holder->kind->confirm(holder))
        return false;
    if (watch >= 0 && answered == 0)
        answered = last;
    *out = (struct pull_release){
        .p50_ms = figures_at(bench->latencies, got, 0.5) / 1e3,
        .p99_ms = figures_at(bench->latencies, got, 0.99) / 1e3,
        .last_ms = bench->latencies[got - 1] / 1e3,
        .answered_ms = watch >= 0 ? (double)(answered - began) / 1e6 : 0,
        .cpu_us = cpu / (double)count,
    };
    return true;
}

bool pull_again(struct holder *holder, struct herd *herd, size_t count,
                const char **problem)
{
    herd_ask_again(herd);
    *problem = "not all were held again";
    return holder->what != HERD_POLL
           || holder_wait_held(holder, count, HELD_MS);
}
