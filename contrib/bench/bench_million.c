// SPDX-License-Identifier: MIT
//
// bench-million -- very many subscribers of one topic, and very many topics.

#include "crowded.h"
#include "fanout.h"
#include "figures.h"
#include "options.h"
#include "spawn.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    ANON_LIMIT_KB = 80 * 1024,
    FETCHED_LIMIT_MS = 50,
    READY_LIMIT_MS = 1000,
};
// So much more may a delivery among all cost than one among a tenth of them.
static const double linear_limit = 1.3;

struct figures {
    double filled_s, ready_ms, fetched_ms, wall_ms, per_second, cpu_us;
    struct procfs_memory peak;
    uint64_t again;
};

static void keep(const struct fanout_options *options,
                 const struct fanout_round *round, struct figures *out)
{
    printf("%9ld %8.1f %8.0f %9.1f %9.0f %9.0f %7.1f %8.1f %8.1f\n",
           options->callbacks, out->filled_s, out->ready_ms, round->fetched_ms,
           round->wall_ms, round->per_second, round->cpu_us,
           (double)round->peak.anon_kb / 1024,
           (double)round->peak.file_kb / 1024);
    fflush(stdout);
    if (round->peak.anon_kb > out->peak.anon_kb)
        out->peak.anon_kb = round->peak.anon_kb;
    if (round->peak.file_kb > out->peak.file_kb)
        out->peak.file_kb = round->peak.file_kb;
    out->again += round->again;
    // The quickest one: what else the machine did is no matter of size.
    if (out->wall_ms == 0 || round->wall_ms < out->wall_ms) {
        out->wall_ms = round->wall_ms;
        out->per_second = round->per_second;
        out->cpu_us = round->cpu_us;
    }
    if (round->fetched_ms > out->fetched_ms)
        out->fetched_ms = round->fetched_ms;
}

static bool measure(const struct fanout_options *options, struct figures *out,
                    const char **problem)
{
    static struct fanout fanout;
    struct fanout_round round;
    int64_t began = figures_ns();
    *out = (struct figures){ 0 };
    bool good = fanout_open(&fanout, options, problem);
    out->filled_s = (double)(figures_ns() - began) / 1e9;
    out->ready_ms = fanout.daemon.ready_ms;
    for (long i = 0; good && i < options->rounds; i++) {
        good = fanout_hub(&fanout, NULL, &round, problem);
        if (good)
            keep(options, &round, out);
    }
    fanout_close(&fanout);
    return good;
}

static bool one_topic(const struct fanout_options *options,
                      const char **problem)
{
    struct fanout_options part = *options;
    struct figures few, all;
    part.callbacks /= 10;
    printf("one topic, callbacks on %ld origins; %ld distributions, the "
           "quickest counts, the worst for the first POST\n"
           "%9s %8s %8s %9s %9s %9s %7s %8s %8s\n",
           options->origins, options->rounds, "callbacks", "fill s", "ready ms",
           "1st POST", "last ms", "per s", "hub us", "Anon MB", "File MB");
    if (!measure(&part, &few, problem) || !measure(options, &all, problem))
        return false;
    double linear = all.wall_ms / few.wall_ms
                    / ((double)options->callbacks / (double)part.callbacks);
    printf("each of all takes %.2f times as long as each of a tenth (to reach: "
           "%.1f); first POST at most %.1f ms after the fetch (%d); RssAnon "
           "%.1f MB (%d); %lu repeated POSTs\n",
           linear, linear_limit, all.fetched_ms, FETCHED_LIMIT_MS,
           (double)all.peak.anon_kb / 1024, ANON_LIMIT_KB / 1024,
           (unsigned long)all.again);
    printf("bench=million callbacks=%ld origins=%ld linear=%.3f wall_ms=%.0f "
           "per_second=%.0f cpu_us=%.1f fetched_ms=%.1f rss_anon_kb=%ld "
           "rss_file_kb=%ld again=%lu reached=%d\n",
           options->callbacks, options->origins, linear, all.wall_ms,
           all.per_second, all.cpu_us, all.fetched_ms, (long)all.peak.anon_kb,
           (long)all.peak.file_kb, (unsigned long)all.again,
           linear <= linear_limit && all.fetched_ms <= FETCHED_LIMIT_MS
               && all.peak.anon_kb < ANON_LIMIT_KB);
    return true;
}

static bool many_topics(struct crowded_options *options, const char **problem)
{
    struct crowded result;
    printf("%ld topics with %ld subscribers each\n", options->topics,
           options->each);
    fflush(stdout);
    if (!crowded_run(options, &result, problem))
        return false;
    double most = result.first_ready_ms > result.ready_ms
                      ? result.first_ready_ms
                      : result.ready_ms;
    printf("filled in %.1f s; ready %.0f ms after the start with all topics "
           "due, %.0f ms after one with none due (to reach: %d); RssAnon %.1f "
           "MB at most, %.1f MB with nothing to do (%d), RssFile %.1f and "
           "%.1f MB\n",
           result.filled_s, result.first_ready_ms, result.ready_ms,
           READY_LIMIT_MS, (double)result.peak.anon_kb / 1024,
           (double)result.calm.anon_kb / 1024, ANON_LIMIT_KB / 1024,
           (double)result.peak.file_kb / 1024,
           (double)result.calm.file_kb / 1024);
    printf("bench=million-topics topics=%ld each=%ld first_ready_ms=%.0f "
           "ready_ms=%.0f peak_anon_kb=%ld rss_anon_kb=%ld rss_file_kb=%ld "
           "reached=%d\n",
           options->topics, options->each, result.first_ready_ms,
           result.ready_ms, (long)result.peak.anon_kb,
           (long)result.calm.anon_kb, (long)result.calm.file_kb,
           most < READY_LIMIT_MS && result.peak.anon_kb < ANON_LIMIT_KB);
    return true;
}

static bool read_options(int argc, char *argv[], struct fanout_options *out,
                         struct crowded_options *crowded, int *exit_code)
{
    const struct option_row table[] = {
        { "callbacks", OPTION_NUMBER, &out->callbacks, 0, 10000000,
          "of one topic; first a tenth of them; 0: only the topics" },
        { "origins", OPTION_NUMBER, &out->origins, 1, 50000,
          "they are spread over" },
        { "rounds", OPTION_NUMBER, &out->rounds, 1, FIGURES_ROUNDS_MAX,
          "distributions, the quickest of which counts" },
        { "rtt", OPTION_NUMBER, &out->delay_ms, 0, 10000,
          "milliseconds until a POST is answered" },
        { "topics", OPTION_NUMBER, &crowded->topics, 0, 1000000,
          "0: only the one topic" },
        { "each", OPTION_NUMBER, &crowded->each, 1, 1000,
          "subscribers of a topic" },
        { "websubd", OPTION_TEXT, &out->program, 0, 0,
          "the program ($WEBSUBD, or the one built with this)" },
        { "directory", OPTION_TEXT, &out->base, 0, 0,
          "where the store goes ($TMPDIR, or /tmp)" },
    };
    return options_read(argc, argv, table, sizeof table / sizeof *table,
                        exit_code);
}

int main(int argc, char *argv[])
{
    struct fanout_options options = { .callbacks = 1000000,
                                      .origins = 500,
                                      .rounds = 2,
                                      .bytes = 4096,
                                      .unpinned = true,
                                      .filled = true,
                                      .cold = true };
    struct crowded_options crowded = { .topics = 100000,
                                       .each = 10,
                                       .origins = 200 };
    const char *problem = "";
    int exit_code = 0;
    if (!read_options(argc, argv, &options, &crowded, &exit_code))
        return exit_code;
    crowded.program = options.program;
    crowded.base = options.base;
    bool good = options.callbacks == 0 || one_topic(&options, &problem);
    good = good && (crowded.topics == 0 || many_topics(&crowded, &problem));
    if (!good)
        fprintf(stderr, "bench-million: %s\n", problem);
    return good ? 0 : 1;
}
