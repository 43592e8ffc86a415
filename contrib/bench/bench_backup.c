// SPDX-License-Identifier: MIT
//
// bench-backup -- how long a 202 takes while a large store is backed up.

#include "commits.h"
#include "daemon.h"
#include "figures.h"
#include "fill.h"
#include "options.h"
#include "probe.h"
#include "sink.h"
#include "spawn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    PROBES = 4,
    PORT = 49151, // where nobody listens: nothing is fetched here
    SECONDS_MAX = 3600,
    COMMITS_MS = 500,
};

// p99 of the 202s during the backup, to the undisturbed.
static const double ratio_limit = 2;

struct bench {
    long subscriptions, topics, rate, seconds, rounds;
    uint64_t next;
    uint64_t number[PROBES];
    char program[WORKDIR_MAX], copy[WORKDIR_MAX + 32];
    struct daemon daemon;
    struct sink sink;
    struct callbacks callbacks;
    struct probe_latencies *each; // of a probe
    double ratio[FIGURES_ROUNDS_MAX], before[FIGURES_ROUNDS_MAX];
    double during[FIGURES_ROUNDS_MAX], took[FIGURES_ROUNDS_MAX];
    size_t bad;
};

struct phase {
    double p50_ms, p99_ms, max_ms, seconds;
    size_t count;
};

static bool next(void *context, struct fill_subscriber *out)
{
    struct bench *bench = context;
    uint64_t number = bench->next++;
    if (number == (uint64_t)bench->subscriptions)
        return false;
    fill_spread(number, (uint64_t)bench->topics, PORT, true, out);
    return true;
}

// ------------------------------------------------------------------ phases

static bool start_probes(struct bench *bench, struct probe *probes[PROBES])
{
    bool good = true;
    for (size_t i = 0; i < PROBES; i++) {
        bench->each[i].count = bench->each[i].bad = 0;
        probes[i] = good ? probe_start(
                        bench->daemon.port, (unsigned)(bench->rate / PROBES),
                        &bench->callbacks, &bench->number[i], &bench->each[i])
                         : NULL;
        good = probes[i] != NULL;
    }
    return good;
}

static bool gather(struct bench *bench, struct phase *out)
{
    double *all = malloc(PROBES * sizeof bench->each->us);
    if (all == NULL)
        return false;
    out->count = 0;
    for (size_t i = 0; i < PROBES; i++) {
        const struct probe_latencies *each = &bench->each[i];
        memcpy(all + out->count, each->us, each->count * sizeof *each->us);
        out->count += each->count;
        bench->bad += each->bad;
    }
    figures_sort(all, out->count);
    out->p50_ms = figures_at(all, out->count, 0.5) / 1e3;
    out->p99_ms = figures_at(all, out->count, 0.99) / 1e3;
    out->max_ms = figures_at(all, out->count, 1) / 1e3;
    free(all);
    return out->count > 0;
}

static bool back_up(struct bench *bench)
{
    char data[WORKDIR_MAX + 32], log[WORKDIR_MAX + 32];
    char backup[] = "backup";
    char *argv[] = { bench->program, data, backup, bench->copy, NULL };
    int status = 1;
    snprintf(data, sizeof data, "--data=%s/data", bench->daemon.directory);
    snprintf(log, sizeof log, "%s/backup.log", bench->daemon.directory);
    pid_t pid = spawn_program(argv, SPAWN_ANY_CPU, log);
    return pid > 0 && spawn_wait(pid, SECONDS_MAX * 1000, &status)
           && status == 0;
}

static bool wait_a_while(struct bench *bench)
{
    int status;
    return !spawn_wait(bench->daemon.pid, (int)bench->seconds * 1000, &status);
}

static bool run_phase(struct bench *bench, bool (*what)(struct bench *bench),
                      struct phase *out)
{
    struct probe *probes[PROBES] = { NULL };
    int64_t began = figures_ns();
    bool good = start_probes(bench, probes) && what(bench);
    out->seconds = (double)(figures_ns() - began) / 1e9;
    for (size_t i = 0; i < PROBES; i++)
        probe_stop(probes[i]);
    return gather(bench, out) && good;
}

static double copy_mb(const struct bench *bench)
{
    struct stat status;
    return stat(bench->copy, &status) == 0 ? (double)status.st_size / 1e6 : 0;
}

static bool one_round(struct bench *bench, size_t i)
{
    struct phase before, during;
    if (!run_phase(bench, wait_a_while, &before)
        || !run_phase(bench, back_up, &during))
        return false;
    bench->before[i] = before.p99_ms;
    bench->during[i] = during.p99_ms;
    bench->took[i] = during.seconds;
    bench->ratio[i] = during.p99_ms / before.p99_ms;
    printf("%5zu %8.2f %8.2f %8.2f %8.2f %8.2f %8.2f %8.1f %8.1f %6.2f\n",
           i + 1, before.p50_ms, before.p99_ms, before.max_ms, during.p50_ms,
           during.p99_ms, during.max_ms, during.seconds, copy_mb(bench),
           bench->ratio[i]);
    fflush(stdout);
    return true;
}

// ------------------------------------------------------------------ report

static bool rounds(struct bench *bench)
{
    printf("%ld subscriptions of %ld topics, %ld requests a second; p50, p99, "
           "longest 202 in ms\n%5s %26s %26s %8s %8s %6s\n",
           bench->subscriptions, bench->topics, bench->rate, "round",
           "undisturbed", "during the backup", "took s", "MB", "ratio");
    for (long i = 0; i < bench->rounds; i++) {
        if (!one_round(bench, (size_t)i))
            return false;
    }
    return true;
}

static void report(const struct bench *bench)
{
    struct commits commits;
    size_t count = (size_t)bench->rounds;
    double before = figures_median(bench->before, count);
    double during = figures_median(bench->during, count);
    double ratio = figures_median(bench->ratio, count);
    double took = figures_median(bench->took, count);
    commits_lmdb(bench->daemon.directory, COMMITS_MS, &commits);
    printf("median p99 %.2f ms during the backup, %.2f ms undisturbed; median "
           "ratio %.2f (to reach: %.0f); a copy of %.0f MB takes %.1f s; a "
           "bare commit: p50 %.2f ms, p99 %.2f ms\n",
           during, before, ratio, ratio_limit, copy_mb(bench), took,
           commits.p50_ms, commits.p99_ms);
    printf("bench=backup subscriptions=%ld rate=%ld copy_mb=%.0f took_s=%.1f "
           "p99_before_ms=%.2f p99_during_ms=%.2f ratio=%.3f bad=%zu "
           "commit_p99_ms=%.2f reached=%d\n",
           bench->subscriptions, bench->rate, copy_mb(bench), took, before,
           during, ratio, bench->bad, commits.p99_ms,
           ratio <= ratio_limit && bench->bad == 0);
}

static bool measure(struct bench *bench, const char **problem)
{
    *problem = "out of memory";
    bench->each = calloc(PROBES, sizeof *bench->each);
    if (bench->each == NULL)
        return false;
    // Far from each other, so that no callback is asked for twice.
    for (size_t i = 0; i < PROBES; i++)
        bench->number[i] = (uint64_t)i << 24;
    bench->callbacks = (struct callbacks){ .origins = 1000,
                                           .port = bench->sink.port,
                                           .topic_port = bench->sink.port,
                                           .secrets = true,
                                           .topic_path = "/aside",
                                           .callback_path = "/aside" };
    snprintf(bench->copy, sizeof bench->copy, "%s/copy",
             bench->daemon.directory);
    daemon_settle(&bench->daemon);
    *problem = "the backup failed, or websubd ended";
    if (!rounds(bench))
        return false;
    report(bench);
    return true;
}

int main(int argc, char *argv[])
{
    static struct bench bench = { .subscriptions = 1200000,
                                  .topics = 1000,
                                  .rate = 400,
                                  .seconds = 15,
                                  .rounds = 3 };
    const struct fill fill = { .next = next, .context = &bench };
    struct daemon_options options = { .cpu = SPAWN_ANY_CPU,
                                      .extra = { "--log=warn" },
                                      .extra_count = 1,
                                      .fill = &fill };
    const char *problem;
    int exit_code = 0;
    const struct option_row rows[] = {
        { "subscriptions", OPTION_NUMBER, &bench.subscriptions, 1, 10000000,
          "in the store" },
        { "topics", OPTION_NUMBER, &bench.topics, 1, 1000000,
          "they are spread over" },
        { "rate", OPTION_NUMBER, &bench.rate, PROBES, 100000,
          "requests a second in all" },
        { "seconds", OPTION_NUMBER, &bench.seconds, 1, 600,
          "of the undisturbed part of a round" },
        { "rounds", OPTION_NUMBER, &bench.rounds, 1, FIGURES_ROUNDS_MAX,
          "without and with a backup" },
        { "websubd", OPTION_TEXT, &options.program, 0, 0,
          "the program ($WEBSUBD, or the one built with this)" },
        { "directory", OPTION_TEXT, &options.base, 0, 0,
          "where store and copy go ($TMPDIR, or /tmp)" },
    };
    if (!options_read(argc, argv, rows, sizeof rows / sizeof *rows, &exit_code))
        return exit_code;
    problem = "websubctl is not built, or the sink did not start";
    bool good =
        workdir_program("websubctl", 2, bench.program, sizeof bench.program)
        && sink_open(&bench.sink, 1, NULL, SPAWN_ANY_CPU)
        && daemon_start(&bench.daemon, &options, &problem)
        && measure(&bench, &problem);
    if (!good)
        fprintf(stderr, "bench-backup: %s\n", problem);
    if (bench.daemon.pid > 0)
        daemon_stop(&bench.daemon);
    sink_close(&bench.sink);
    free(bench.each);
    return good ? 0 : 1;
}
