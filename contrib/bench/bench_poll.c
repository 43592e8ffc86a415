// SPDX-License-Identifier: MIT
//
// bench-poll -- what a conditional fetch that brings nothing costs, and what
// websubd holds when it polls very many topics.

#include "daemon.h"
#include "feeds.h"
#include "figures.h"
#include "load.h"
#include "options.h"
#include "procfs.h"
#include "published.h"
#include "sink.h"
#include "spawn.h"

#include <stdio.h>

enum {
    RATE_LEAST = 5000, // fetches a second of one core's time
    ANON_LIMIT_KB = 60 * 1024,
    CONNECTIONS = 32,
    PATIENCE_MS = 600 * 1000,
    LOOK_MS = 20,
    BYTES = 1024,
};

struct poll_bench {
    struct daemon_options options;
    struct sink sink;
    struct daemon daemon;
    struct feeds feeds;
    struct procfs_peak *peak;
};

static bool ask(struct poll_bench *bench,
                size_t (*form)(const void *, uint64_t, char *, size_t),
                uint64_t requests, unsigned expected)
{
    struct load_result result;
    const struct load_options options = {
        .port = bench->daemon.port,
        .connections = CONNECTIONS,
        .expected = expected,
        .requests = requests,
        .duration_ms = PATIENCE_MS,
        .form = form,
        .context = &bench->feeds,
    };
    bool good = load_run(&options, &result) && result.bad == 0;
    if (result.bad > 0)
        fprintf(stderr, "bench-poll: a %u: %s\n", result.bad_status,
                result.bad_text);
    load_clear(&result);
    return good;
}

static bool wait_for(struct poll_bench *bench,
                     uint64_t (*number)(const struct sink *), uint64_t least)
{
    int status;
    for (int past = 0; past < PATIENCE_MS; past += LOOK_MS) {
        if (number(&bench->sink) >= least)
            return true;
        if (spawn_wait(bench->daemon.pid, LOOK_MS, &status))
            return false;
    }
    return false;
}

static uint64_t pings_of(const struct poll_bench *bench)
{
    return (bench->feeds.count + FEEDS_PINGED - 1) / FEEDS_PINGED;
}

static bool open_bench(struct poll_bench *bench, long topics, long origins,
                       const char **problem)
{
    const char *document;
    struct published published = { .feed = true, .bytes = BYTES };
    size_t len = published_next(&published, &document);
    *problem = "the sink did not start";
    if (!sink_open(&bench->sink, 1, NULL, SPAWN_ANY_CPU))
        return false;
    sink_document(&bench->sink, published_type(&published), document, len);
    bench->feeds = (struct feeds){ .count = (size_t)topics,
                                   .origins = (size_t)origins,
                                   .port = bench->sink.port };
    if (!daemon_start(&bench->daemon, &bench->options, problem))
        return false;
    bench->peak = procfs_peak_start(bench->daemon.pid, 10);
    *problem = "not all could subscribe";
    if (!ask(bench, feeds_subscribe, bench->feeds.count, 202))
        return false;
    *problem = "not all topics were fetched a first time";
    if (!wait_for(bench, sink_fetched, bench->feeds.count))
        return false;
    daemon_settle(&bench->daemon);
    // The first ping after that brings the document to everybody (M12).
    *problem = "not all topics were fetched for their first ping";
    if (!ask(bench, feeds_ping, pings_of(bench), 204)
        || !wait_for(bench, sink_fetched, 2 * bench->feeds.count))
        return false;
    daemon_settle(&bench->daemon);
    return true;
}

static void close_bench(struct poll_bench *bench, struct procfs_memory *peak)
{
    if (bench->peak)
        procfs_peak_stop(bench->peak, peak);
    bench->peak = NULL;
    if (bench->daemon.pid > 0)
        daemon_stop(&bench->daemon);
    sink_close(&bench->sink);
}

struct poll_round {
    double cpu_us, wall_ms; // of one fetch; of all
    uint64_t fetches;
};

// All topics are due at once, and none has changed.
static bool fetch_all(struct poll_bench *bench, struct poll_round *out)
{
    uint64_t before = sink_unchanged(&bench->sink);
    double cpu = procfs_cpu_us(bench->daemon.pid);
    int64_t began = figures_ns();
    if (!ask(bench, feeds_ping, pings_of(bench), 204)
        || !wait_for(bench, sink_unchanged, before + bench->feeds.count))
        return false;
    out->wall_ms = (double)(figures_ns() - began) / 1e6;
    daemon_settle(&bench->daemon);
    out->fetches = sink_unchanged(&bench->sink) - before;
    out->cpu_us =
        (procfs_cpu_us(bench->daemon.pid) - cpu) / (double)out->fetches;
    return true;
}

static bool measure_cost(struct poll_bench *bench, long rounds, double *cpu_us)
{
    double each[FIGURES_ROUNDS_MAX];
    struct poll_round round;
    printf("%-8s %10s %10s %14s %10s\n", "round", "fetches", "us each",
           "a second, core", "wall ms");
    for (long i = 0; i < rounds; i++) {
        if (!fetch_all(bench, &round))
            return false;
        each[i] = round.cpu_us;
        printf("%-8ld %10lu %10.1f %14.0f %10.0f\n", i + 1,
               (unsigned long)round.fetches, round.cpu_us, 1e6 / round.cpu_us,
               round.wall_ms);
        fflush(stdout);
    }
    *cpu_us = figures_median(each, (size_t)rounds);
    return true;
}

static bool cost(const struct poll_bench *plain, long topics, long origins,
                 long rounds, const char **problem)
{
    struct poll_bench bench = *plain;
    struct procfs_memory peak = { 0 };
    double cpu_us = 0;
    bool good = open_bench(&bench, topics, origins, problem);
    if (good) {
        *problem = "not all topics were fetched again";
        good = measure_cost(&bench, rounds, &cpu_us);
    }
    close_bench(&bench, &peak);
    if (!good)
        return false;
    double rate = 1e6 / cpu_us;
    printf("%ld topics on %ld origins: %.1f us of CPU a fetch, so %.0f a "
           "second of one core's time (to reach: %d)\n",
           topics, origins, cpu_us, rate, RATE_LEAST);
    printf("bench=poll topics=%ld origins=%ld cpu_us=%.1f per_core=%.0f "
           "rss_anon_kb=%ld rss_file_kb=%ld reached=%d\n",
           topics, origins, cpu_us, rate, (long)peak.anon_kb,
           (long)peak.file_kb, rate >= RATE_LEAST);
    return true;
}

static bool memory(const struct poll_bench *plain, long topics, long origins,
                   const char **problem)
{
    struct poll_bench bench = *plain;
    struct procfs_memory peak = { 0 }, calm = { 0 };
    struct poll_round round = { 0 };
    bool good = open_bench(&bench, topics, origins, problem)
                && procfs_memory(bench.daemon.pid, &calm);
    if (good) {
        *problem = "not all topics were fetched again";
        good = fetch_all(&bench, &round);
    }
    close_bench(&bench, &peak);
    if (!good)
        return false;
    printf("%ld topics on %ld origins: RssAnon %.1f MB, RssFile %.1f MB; "
           "with all of them due at once at most %.1f MB (to be below %d), "
           "%.1f MB\n",
           topics, origins, (double)calm.anon_kb / 1024,
           (double)calm.file_kb / 1024, (double)peak.anon_kb / 1024,
           ANON_LIMIT_KB / 1024, (double)peak.file_kb / 1024);
    printf("bench=poll-memory topics=%ld origins=%ld rss_anon_kb=%ld "
           "rss_file_kb=%ld peak_anon_kb=%ld peak_file_kb=%ld wall_ms=%.0f "
           "reached=%d\n",
           topics, origins, (long)calm.anon_kb, (long)calm.file_kb,
           (long)peak.anon_kb, (long)peak.file_kb, round.wall_ms,
           peak.anon_kb < ANON_LIMIT_KB);
    return true;
}

int main(int argc, char *argv[])
{
    struct poll_bench bench = {
        .options = { .cpu = SPAWN_ANY_CPU,
                     .extra = { "--idle-pings=0", "--max-topics=1000000",
                                "--max-subscriptions=1000000",
                                "--subscriptions-per-origin=0", "--log=warn" },
                     .extra_count = 5 },
    };
    const char *problem = "";
    long topics = 10000, origins = 200, rounds = 7, many = 100000;
    int exit_code = 0;
    const struct option_row rows[] = {
        { "topics", OPTION_NUMBER, &topics, 1, 1000000, "fetched in a round" },
        { "origins", OPTION_NUMBER, &origins, 1, 50000, "of the topics" },
        { "rounds", OPTION_NUMBER, &rounds, 0, FIGURES_ROUNDS_MAX,
          "the median of which counts; 0: only the memory" },
        { "many", OPTION_NUMBER, &many, 0, 1000000,
          "topics for the memory; 0: only the cost" },
        { "websubd", OPTION_TEXT, &bench.options.program, 0, 0,
          "the program ($WEBSUBD, or the one built with this)" },
        { "directory", OPTION_TEXT, &bench.options.base, 0, 0,
          "where the store goes ($TMPDIR, or /tmp)" },
    };
    if (!options_read(argc, argv, rows, sizeof rows / sizeof *rows, &exit_code))
        return exit_code;
    bool good = rounds == 0 || cost(&bench, topics, origins, rounds, &problem);
    good = good && (many == 0 || memory(&bench, many, origins, &problem));
    if (!good)
        fprintf(stderr, "bench-poll: %s\n", problem);
    return good ? 0 : 1;
}
