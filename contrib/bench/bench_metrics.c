// SPDX-License-Identifier: MIT
//
// bench-metrics -- how long a scrape takes on a hub with very many topics.

#include "call.h"
#include "callbacks.h"
#include "daemon.h"
#include "figures.h"
#include "fill.h"
#include "options.h"
#include "published.h"
#include "sink.h"
#include "spawn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LIMIT_MS = 50,
    BYTES = 1024,
    ORIGINS = 200,
    SCRAPES_MAX = 10000,
    PAUSE_MS = 20, // between two of them
    FETCH_MS = 300000,
};

struct bench {
    long topics, scrapes;
    const char *program, *base;
    uint64_t next;
    struct sink sink;
    struct daemon daemon;
};

struct scrapes {
    double ms[SCRAPES_MAX];
    size_t count, bytes;
};

static bool next(void *context, struct fill_subscriber *out)
{
    struct bench *bench = context;
    uint64_t number = bench->next++;
    if (number == (uint64_t)bench->topics)
        return false;
    uint32_t at = callbacks_address((size_t)number % ORIGINS);
    snprintf(out->topic, FILL_URL_MAX, "http://%u.%u.%u.%u:%u/feed/%lu",
             at >> 24, at >> 16 & 255, at >> 8 & 255, at & 255,
             bench->sink.port, (unsigned long)number);
    snprintf(out->callback, FILL_URL_MAX, "http://%u.%u.%u.%u:%u/cb/%lu",
             at >> 24, at >> 16 & 255, at >> 8 & 255, at & 255,
             bench->sink.port, (unsigned long)number);
    out->secret[0] = '\0';
    return true;
}

// False: the hub has ended, or one was not answered.
static bool scrape_some(struct bench *bench, struct scrapes *out)
{
    int status;
    out->count = 0;
    while (out->count < (size_t)bench->scrapes) {
        int64_t began = figures_ns();
        if (call_get(bench->daemon.admin, "/metrics") != 200)
            return false;
        out->ms[out->count++] = (double)(figures_ns() - began) / 1e6;
        if (spawn_wait(bench->daemon.pid, PAUSE_MS, &status))
            return false;
    }
    out->bytes = strlen(call_body(bench->daemon.admin));
    figures_sort(out->ms, out->count);
    return true;
}

static bool fetch_all(struct bench *bench)
{
    int status;
    for (int past = 0; past < FETCH_MS; past += PAUSE_MS) {
        if (sink_fetched(&bench->sink) >= (uint64_t)bench->topics)
            return true;
        if (spawn_wait(bench->daemon.pid, PAUSE_MS, &status))
            return false;
    }
    return false;
}

static double show(const char *when, const struct scrapes *scrapes)
{
    double worst = scrapes->ms[scrapes->count - 1];
    printf("%-28s p50 %6.2f  p99 %6.2f  max %6.2f ms, %zu bytes\n", when,
           figures_at(scrapes->ms, scrapes->count, 0.5),
           figures_at(scrapes->ms, scrapes->count, 0.99), worst,
           scrapes->bytes);
    fflush(stdout);
    return worst;
}

static bool run(struct bench *bench, const char **problem)
{
    static struct scrapes busy, calm;
    const struct fill fill = { .next = next, .context = bench };
    struct daemon_options options = { .program = bench->program,
                                      .base = bench->base,
                                      .cpu = SPAWN_ANY_CPU,
                                      .extra = { "--log=warn" },
                                      .extra_count = 1,
                                      .fill = &fill };
    if (!daemon_start(&bench->daemon, &options, problem))
        return false;
    *problem = "a scrape was not answered";
    if (!scrape_some(bench, &busy))
        return false;
    double busy_max = show("while all topics are fetched", &busy);
    *problem = "not all topics were fetched";
    if (!fetch_all(bench))
        return false;
    daemon_settle(&bench->daemon);
    *problem = "a scrape was not answered";
    if (!scrape_some(bench, &calm))
        return false;
    double calm_max = show("with nothing to do", &calm);
    printf("bench=metrics topics=%ld scrapes=%ld busy_p99_ms=%.2f "
           "busy_max_ms=%.2f calm_p99_ms=%.2f calm_max_ms=%.2f bytes=%zu "
           "limit_ms=%d reached=%d\n",
           bench->topics, bench->scrapes, figures_at(busy.ms, busy.count, 0.99),
           busy_max, figures_at(calm.ms, calm.count, 0.99), calm_max,
           calm.bytes, LIMIT_MS, busy_max < LIMIT_MS && calm_max < LIMIT_MS);
    return true;
}

static bool measure(struct bench *bench, const char **problem)
{
    struct published published = { .feed = true, .bytes = BYTES };
    const char *document;
    *problem = "the sink did not start";
    if (!sink_open(&bench->sink, 1, NULL, SPAWN_ANY_CPU))
        return false;
    size_t len = published_next(&published, &document);
    sink_document(&bench->sink, published_type(&published), document, len);
    bool good = run(bench, problem);
    daemon_stop(&bench->daemon);
    sink_close(&bench->sink);
    return good;
}

int main(int argc, char *argv[])
{
    static struct bench bench = { .topics = 100000, .scrapes = 200 };
    const struct option_row table[] = {
        { "topics", OPTION_NUMBER, &bench.topics, 1, 10000000,
          "with one subscription each" },
        { "scrapes", OPTION_NUMBER, &bench.scrapes, 1, SCRAPES_MAX,
          "while the hub is busy, and as many while it is not" },
        { "websubd", OPTION_TEXT, &bench.program, 0, 0,
          "the program ($WEBSUBD, or the one built with this)" },
        { "directory", OPTION_TEXT, &bench.base, 0, 0,
          "where its store goes ($TMPDIR, or /tmp)" },
    };
    const char *problem = "";
    int exit_code;
    if (!options_read(argc, argv, table, sizeof table / sizeof *table,
                      &exit_code))
        return exit_code;
    printf("scrapes of a hub with %ld topics, one each %d ms\n", bench.topics,
           PAUSE_MS);
    fflush(stdout);
    if (measure(&bench, &problem))
        return EXIT_SUCCESS;
    fprintf(stderr, "bench-metrics: %s\n", problem);
    return EXIT_FAILURE;
}
