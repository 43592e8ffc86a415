// SPDX-License-Identifier: MIT
//
// bench-steady -- how long a 202 takes at a steady rate of subscriptions, each
// of which is verified, too.

#include "commits.h"
#include "daemon.h"
#include "figures.h"
#include "options.h"
#include "probe.h"
#include "sink.h"
#include "spawn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { P99_LIMIT_MS = 50, COMMITS_MS = 500, PROBES_MAX = 64 };

struct steady {
    long rate, probes, seconds;
    struct daemon daemon;
    struct sink sink;
    struct callbacks callbacks;
    struct probe_latencies *each; // of a probe
    uint64_t numbers[PROBES_MAX];
    double *all;
    size_t count, bad;
};

static bool ask_for_a_while(struct steady *steady)
{
    struct probe *probes[PROBES_MAX] = { NULL };
    bool good = true;
    int status;
    for (long i = 0; good && i < steady->probes; i++) {
        // Far from each other, so that no callback is asked for twice.
        steady->numbers[i] = (uint64_t)i * PROBE_KEPT_MAX;
        probes[i] = probe_start(
            steady->daemon.port, (unsigned)(steady->rate / steady->probes),
            &steady->callbacks, &steady->numbers[i], &steady->each[i]);
        good = probes[i] != NULL;
    }
    if (good)
        good = !spawn_wait(steady->daemon.pid, (int)steady->seconds * 1000,
                           &status);
    for (long i = 0; i < steady->probes; i++)
        probe_stop(probes[i]);
    return good;
}

static bool gather(struct steady *steady)
{
    steady->all =
        malloc((size_t)steady->probes * PROBE_KEPT_MAX * sizeof *steady->all);
    if (steady->all == NULL)
        return false;
    for (long i = 0; i < steady->probes; i++) {
        const struct probe_latencies *each = &steady->each[i];
        memcpy(steady->all + steady->count, each->us,
               each->count * sizeof *each->us);
        steady->count += each->count;
        steady->bad += each->bad;
    }
    figures_sort(steady->all, steady->count);
    return steady->count > 0;
}

static void report(const struct steady *steady)
{
    struct commits commits;
    double p50 = figures_at(steady->all, steady->count, 0.5) / 1e3;
    double p99 = figures_at(steady->all, steady->count, 0.99) / 1e3;
    double most = figures_at(steady->all, steady->count, 1) / 1e3;
    commits_lmdb(steady->daemon.directory, COMMITS_MS, &commits);
    printf("%zu answers in %ld s, %zu of them not a 202; p50 %.2f ms, p99 "
           "%.2f ms (to be below %d), longest %.2f ms; a bare commit: p50 "
           "%.2f ms, p99 %.2f ms\n",
           steady->count + steady->bad, steady->seconds, steady->bad, p50, p99,
           P99_LIMIT_MS, most, commits.p50_ms, commits.p99_ms);
    printf("bench=steady rate=%ld seconds=%ld answers=%zu bad=%zu p50_ms=%.2f "
           "p99_ms=%.2f max_ms=%.2f verified=%lu commit_p50_ms=%.2f "
           "commit_p99_ms=%.2f reached=%d\n",
           steady->rate, steady->seconds, steady->count + steady->bad,
           steady->bad, p50, p99, most,
           (unsigned long)sink_verified(&steady->sink), commits.p50_ms,
           commits.p99_ms, steady->bad == 0 && p99 < P99_LIMIT_MS);
}

static bool run(struct steady *steady, const char **problem)
{
    steady->each =
        calloc((size_t)steady->probes, sizeof(struct probe_latencies));
    *problem = "out of memory";
    if (steady->each == NULL)
        return false;
    *problem = "websubd ended, or a thread did not start";
    if (!ask_for_a_while(steady))
        return false;
    *problem = "nothing was answered";
    if (!gather(steady))
        return false;
    report(steady);
    return true;
}

int main(int argc, char *argv[])
{
    static struct steady steady = { .rate = 1000, .probes = 8, .seconds = 20 };
    struct daemon_options options = { .cpu = SPAWN_ANY_CPU };
    const char *problem = "the sink did not start";
    int exit_code = 0;
    const struct option_row rows[] = {
        { "rate", OPTION_NUMBER, &steady.rate, 1, 100000,
          "requests a second in all" },
        { "probes", OPTION_NUMBER, &steady.probes, 1, PROBES_MAX,
          "connections that share it" },
        { "seconds", OPTION_NUMBER, &steady.seconds, 1, 600, "to go on" },
        { "websubd", OPTION_TEXT, &options.program, 0, 0,
          "the program ($WEBSUBD, or the one built with this)" },
        { "directory", OPTION_TEXT, &options.base, 0, 0,
          "where the store goes ($TMPDIR, or /tmp)" },
    };
    if (!options_read(argc, argv, rows, sizeof rows / sizeof *rows, &exit_code))
        return exit_code;
    bool good = sink_open(&steady.sink, 1, NULL, SPAWN_ANY_CPU)
                && daemon_start(&steady.daemon, &options, &problem);
    steady.callbacks = (struct callbacks){ .origins = 1000,
                                           .port = steady.sink.port,
                                           .topic_port = steady.sink.port,
                                           .secrets = true,
                                           .topic_path = "/aside",
                                           .callback_path = "/aside" };
    good = good && run(&steady, &problem);
    if (!good)
        fprintf(stderr, "bench-steady: %s\n", problem);
    if (steady.daemon.pid > 0)
        daemon_stop(&steady.daemon);
    sink_close(&steady.sink);
    free(steady.each);
    free(steady.all);
    return good ? 0 : 1;
}
