// SPDX-License-Identifier: MIT

#include "crowded.h"

#include "callbacks.h"
#include "daemon.h"
#include "figures.h"
#include "fill.h"
#include "published.h"
#include "sink.h"
#include "spawn.h"

#include <poll.h>
#include <stdint.h>
#include <stdio.h>

enum { BYTES = 1024, LOOK_MS = 20, FETCH_MS = 300000 };

struct crowd {
    const struct crowded_options *options;
    struct sink sink;
    struct daemon daemon;
    uint64_t next;
};

static void url_of(const struct crowd *crowd, const char *what, uint64_t number,
                   char out[FILL_URL_MAX])
{
    size_t origins = (size_t)crowd->options->origins;
    uint32_t at = callbacks_address((size_t)number % origins);
    snprintf(out, FILL_URL_MAX, "http://%u.%u.%u.%u:%u/%s/%lu", at >> 24,
             at >> 16 & 255, at >> 8 & 255, at & 255, crowd->sink.port, what,
             (unsigned long)number);
}

static bool next(void *context, struct fill_subscriber *out)
{
    struct crowd *crowd = context;
    uint64_t each = (uint64_t)crowd->options->each, number = crowd->next++;
    if (number == (uint64_t)crowd->options->topics * each)
        return false;
    url_of(crowd, "feed", number / each, out->topic);
    url_of(crowd, "cb", number, out->callback);
    callbacks_secret((size_t)number, out->secret);
    return true;
}

static bool fetch_all(struct crowd *crowd)
{
    int status;
    for (int past = 0; past < FETCH_MS; past += LOOK_MS) {
        if (sink_fetched(&crowd->sink) >= (uint64_t)crowd->options->topics)
            return true;
        if (spawn_wait(crowd->daemon.pid, LOOK_MS, &status))
            return false;
    }
    return false;
}

static bool live(struct crowd *crowd, struct crowded *out, const char **problem)
{
    const struct fill fill = { .next = next, .context = crowd };
    struct daemon_options options = { .program = crowd->options->program,
                                      .base = crowd->options->base,
                                      .cpu = SPAWN_ANY_CPU,
                                      .extra = { "--log=warn" },
                                      .extra_count = 1,
                                      .fill = &fill };
    int64_t began = figures_ns();
    if (!daemon_start(&crowd->daemon, &options, problem))
        return false;
    out->first_ready_ms = crowd->daemon.ready_ms;
    out->filled_s =
        (double)(figures_ns() - began) / 1e9 - out->first_ready_ms / 1e3;
    struct procfs_peak *peak = procfs_peak_start(crowd->daemon.pid, LOOK_MS);
    bool fetched = fetch_all(crowd);
    daemon_settle(&crowd->daemon);
    procfs_peak_stop(peak, &out->peak);
    *problem = "not all topics were fetched";
    if (!fetched || !daemon_restart(&crowd->daemon, &options, problem))
        return false;
    out->ready_ms = crowd->daemon.ready_ms;
    daemon_settle(&crowd->daemon);
    return procfs_memory(crowd->daemon.pid, &out->calm);
}

bool crowded_run(const struct crowded_options *options, struct crowded *out,
                 const char **problem)
{
    struct crowd crowd = { .options = options };
    struct published published = { .feed = true, .bytes = BYTES };
    const char *document;
    *out = (struct crowded){ 0 };
    *problem = "the sink did not start";
    if (!sink_open(&crowd.sink, 1, NULL, SPAWN_ANY_CPU))
        return false;
    size_t len = published_next(&published, &document);
    sink_document(&crowd.sink, published_type(&published), document, len);
    bool good = live(&crowd, out, problem);
    daemon_stop(&crowd.daemon);
    sink_close(&crowd.sink);
    return good;
}
