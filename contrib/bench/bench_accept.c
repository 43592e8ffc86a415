// SPDX-License-Identifier: MIT
//
// bench-accept -- durable subscription requests a second, against the same
// server without a store and against the bare commits of the disk.

#include "accept.h"
#include "commits.h"
#include "figures.h"
#include "options.h"
#include "spawn.h"
#include "workdir.h"

#include <stdio.h>

// Whichever is lower is to be reached: so much of the rate without a store,
// or so much of what perfect group commits would allow.
static const double part_of_bare = 0.6, part_of_commits = 0.35;

enum { LOAD_CPU = 1 };

struct bench {
    struct accept_options options;
    struct callbacks callbacks;
    char directory[WORKDIR_MAX];
    long pairs, commit_ms;
    struct {
        double rate[FIGURES_ROUNDS_MAX], us[FIGURES_ROUNDS_MAX];
        double p50[FIGURES_ROUNDS_MAX], p99[FIGURES_ROUNDS_MAX];
    } hub, bare;
    double ratio[FIGURES_ROUNDS_MAX], part[FIGURES_ROUNDS_MAX];
    double commits[FIGURES_ROUNDS_MAX], raw[FIGURES_ROUNDS_MAX];
    size_t count;
};

static double bound_by_commits(const struct bench *bench, double commits)
{
    return part_of_commits * (double)bench->options.connections * commits;
}

static double lower(double left, double right)
{
    return left < right ? left : right;
}

static void keep(struct bench *bench, const struct accept_run *hub,
                 const struct accept_run *bare)
{
    size_t i = bench->count++;
    bench->hub.rate[i] = hub->per_second;
    bench->hub.us[i] = hub->cpu_us;
    bench->hub.p50[i] = hub->p50_ms;
    bench->hub.p99[i] = hub->p99_ms;
    bench->bare.rate[i] = bare->per_second;
    bench->bare.us[i] = bare->cpu_us;
    bench->bare.p50[i] = bare->p50_ms;
    bench->bare.p99[i] = bare->p99_ms;
    bench->ratio[i] = hub->per_second / bare->per_second;
    bench->part[i] = hub->per_second
                     / lower(part_of_bare * bare->per_second,
                             bound_by_commits(bench, bench->commits[i]));
    printf("%4zu %8.0f %6.1f %6.1f %6.1f %7ld %8.0f %6.1f %6.1f %6.2f %8.0f "
           "%8.0f\n",
           i + 1, hub->per_second, hub->cpu_us, hub->p50_ms, hub->p99_ms,
           (long)hub->commits, bare->per_second, bare->cpu_us, bare->p99_ms,
           bench->ratio[i], bench->commits[i], bench->raw[i]);
    fflush(stdout);
}

static bool one_pair(struct bench *bench, const char **problem)
{
    struct accept_run hub, bare;
    struct commits commits, raw;
    size_t i = bench->count;
    if (!accept_hub(&bench->options, &bench->callbacks, &hub, problem)
        || !accept_bare(&bench->options, &bench->callbacks, &bare, problem))
        return false;
    commits_lmdb(bench->directory, bench->commit_ms, &commits);
    commits_raw(bench->directory, bench->commit_ms, &raw);
    bench->commits[i] = commits.per_second;
    bench->raw[i] = raw.per_second;
    *problem = "the disk could not be measured";
    if (commits.per_second <= 0 || raw.per_second <= 0)
        return false;
    keep(bench, &hub, &bare);
    return true;
}

static bool pairs(struct bench *bench, const char **problem)
{
    printf("%ld connections, %s; a: websubd, b: the same without a store\n"
           "%4s %8s %6s %6s %6s %7s %8s %6s %6s %6s %8s %8s\n",
           bench->options.connections,
           bench->options.pin ? "server on CPU 0, load on CPU 1"
                              : "nothing pinned",
           "pair", "a /s", "us", "p50", "p99 ms", "commits", "b /s", "us",
           "p99 ms", "a/b", "commit/s", "raw/s");
    for (long i = 0; i < bench->pairs; i++)
        if (!one_pair(bench, problem))
            return false;
    return true;
}

static void report(struct bench *bench)
{
    size_t count = bench->count;
    double hub = figures_median(bench->hub.rate, count);
    double bare = figures_median(bench->bare.rate, count);
    double ratio = figures_median(bench->ratio, count);
    double part = figures_median(bench->part, count);
    double commits = figures_median(bench->commits, count);
    double by_commits = bound_by_commits(bench, commits);
    bool is_bare = part_of_bare * bare <= by_commits;
    printf("median  %.0f durable 202s/s, %.1f us CPU each, p50 %.1f p99 %.1f "
           "ms\n"
           "        %.0f/s without a store, %.1f us each; ratio %.2f\n"
           "        0.6 of that: %.0f/s; 0.35 x %ld x %.0f bare commits/s: "
           "%.0f/s\n"
           "        the lower, by %s, is %sreached (%.2f of it)\n",
           hub, figures_median(bench->hub.us, count),
           figures_median(bench->hub.p50, count),
           figures_median(bench->hub.p99, count), bare,
           figures_median(bench->bare.us, count), ratio, part_of_bare * bare,
           bench->options.connections, commits, by_commits,
           is_bare ? "the ratio" : "commits", part >= 1 ? "" : "not ", part);
    printf("bench=accept connections=%ld pairs=%zu pinned=%d hub_per_s=%.0f "
           "hub_us=%.2f p50_ms=%.2f p99_ms=%.2f bare_per_s=%.0f bare_us=%.2f "
           "ratio=%.3f commits_per_s=%.0f raw_per_s=%.0f bound_ratio=%.0f "
           "bound_commits=%.0f bound=%s part=%.3f reached=%d\n",
           bench->options.connections, count, bench->options.pin, hub,
           figures_median(bench->hub.us, count),
           figures_median(bench->hub.p50, count),
           figures_median(bench->hub.p99, count), bare,
           figures_median(bench->bare.us, count), ratio, commits,
           figures_median(bench->raw, count), part_of_bare * bare, by_commits,
           is_bare ? "ratio" : "commits", part, part >= 1);
}

static bool read_options(int argc, char *argv[], struct bench *bench,
                         int *exit_code)
{
    struct accept_options *out = &bench->options;
    *out = (struct accept_options){ .connections = 64,
                                    .duration_ms = 2000,
                                    .warm_ms = 300 };
    bench->pairs = 7;
    bench->commit_ms = 500;
    const struct option_row rows[] = {
        { "connections", OPTION_NUMBER, &out->connections, 1, 4096,
          "with one request under way on each" },
        { "pairs", OPTION_NUMBER, &bench->pairs, 1, FIGURES_ROUNDS_MAX,
          "of websubd and the server without a store" },
        { "duration-ms", OPTION_NUMBER, &out->duration_ms, 100, 60000,
          "of each measurement" },
        { "warm-ms", OPTION_NUMBER, &out->warm_ms, 0, 60000, "before it" },
        { "commit-ms", OPTION_NUMBER, &bench->commit_ms, 100, 60000,
          "of bare commits, and of raw ones" },
        { "pin", OPTION_FLAG, &out->pin, 0, 0,
          "the server to CPU 0, the load to CPU 1" },
        { "websubd", OPTION_TEXT, &out->program, 0, 0,
          "the program ($WEBSUBD, or the one built with this)" },
        { "directory", OPTION_TEXT, &out->base, 0, 0,
          "where the store goes ($TMPDIR, or /tmp)" },
    };
    return options_read(argc, argv, rows, sizeof rows / sizeof *rows,
                        exit_code);
}

int main(int argc, char *argv[])
{
    struct bench bench = { 0 };
    struct sink sink;
    const char *problem = "the sink did not start";
    int exit_code = 0;
    if (!read_options(argc, argv, &bench, &exit_code))
        return exit_code;
    if (!workdir_make(bench.options.base, bench.directory)
        || !sink_open(&sink, 1, NULL, SPAWN_ANY_CPU)) {
        fprintf(stderr, "bench-accept: %s\n", problem);
        return 1;
    }
    sink_silence(&sink);
    if (bench.options.pin)
        spawn_pin(0, LOAD_CPU);
    bench.callbacks = (struct callbacks){ .origins = 1000,
                                          .port = sink.port,
                                          .topic_port = sink.port,
                                          .secrets = true,
                                          .topic_path = "/topic",
                                          .callback_path = "/cb" };
    bool good = pairs(&bench, &problem);
    if (good)
        report(&bench);
    else
        fprintf(stderr, "bench-accept: %s\n", problem);
    sink_close(&sink);
    workdir_remove(bench.directory);
    return good ? 0 : 1;
}
