// SPDX-License-Identifier: MIT
//
// bench-fanout -- what a content distribution costs, against a bare sender.

#include "commits.h"
#include "fanout.h"
#include "figures.h"
#include "options.h"
#include "probe.h"
#include "spawn.h"

#include <stdio.h>
#include <stdlib.h>

// A hub may cost so many times the bare sender, and hold so much memory.
static const double ratio_limit = 3;
enum { ANON_LIMIT_KB = 60 * 1024, WALL_LIMIT_MS = 2000, P99_LIMIT_MS = 50 };
enum { COMMITS_MS = 1000 };

struct figures {
    double hub_us[FIGURES_ROUNDS_MAX], bare_us[FIGURES_ROUNDS_MAX];
    double ratio[FIGURES_ROUNDS_MAX], pinned_ms[FIGURES_ROUNDS_MAX];
    double wall_ms[FIGURES_ROUNDS_MAX], per_second[FIGURES_ROUNDS_MAX];
    size_t pairs, rounds;
    struct procfs_memory peak;
    uint64_t again;
    struct probe_latencies latencies;
    struct commits commits; // bare ones, right after
};

static void keep_peak(struct figures *figures, const struct fanout_round *round)
{
    if (round->peak.anon_kb > figures->peak.anon_kb)
        figures->peak.anon_kb = round->peak.anon_kb;
    if (round->peak.file_kb > figures->peak.file_kb)
        figures->peak.file_kb = round->peak.file_kb;
    figures->again += round->again;
}

static bool one_pair(struct fanout *fanout, struct figures *figures,
                     const char **problem)
{
    struct fanout_round hub, bare;
    size_t i = figures->pairs;
    if (!fanout_hub(fanout, NULL, &hub, problem)
        || !fanout_bare(fanout, &bare, problem))
        return false;
    keep_peak(figures, &hub);
    figures->hub_us[i] = hub.cpu_us;
    figures->bare_us[i] = bare.cpu_us;
    figures->ratio[i] = hub.cpu_us / bare.cpu_us;
    figures->pinned_ms[i] = hub.wall_ms;
    figures->pairs++;
    printf("%6zu %9.1f %9.1f %7.2f %9.0f %9.0f %9.0f\n", i + 1, hub.cpu_us,
           bare.cpu_us, figures->ratio[i], hub.wall_ms, bare.wall_ms,
           hub.per_second);
    fflush(stdout);
    return true;
}

static bool pairs(struct fanout *fanout, struct figures *figures,
                  const char **problem)
{
    printf("CPU, %s\n%6s %9s %9s %7s %9s %9s %9s\n",
           fanout->options.unpinned || !spawn_two_cpus()
               ? "nothing pinned"
               : "sender on CPU 0, sink and driver on CPU 1",
           "pair", "hub us", "bare us", "ratio", "hub ms", "bare ms", "hub/s");
    for (long i = 0; i < fanout->options.pairs; i++)
        if (!one_pair(fanout, figures, problem))
            return false;
    return true;
}

static bool one_round(struct fanout *fanout, struct figures *figures,
                      const char **problem)
{
    struct fanout_round hub;
    size_t i = figures->rounds, before = figures->latencies.count;
    if (!fanout_hub(fanout, &figures->latencies, &hub, problem))
        return false;
    keep_peak(figures, &hub);
    figures->wall_ms[i] = hub.wall_ms;
    figures->per_second[i] = hub.per_second;
    figures->rounds++;
    printf("%6zu %9.1f %9.0f %9.0f %9.1f %9zu\n", i + 1, hub.first_ms,
           hub.wall_ms, hub.per_second, hub.cpu_us,
           figures->latencies.count - before);
    fflush(stdout);
    return true;
}

// As it would run: nothing pinned, and subscribers come meanwhile.
static bool rounds(struct fanout *fanout, struct figures *figures,
                   const char **problem)
{
    spawn_pin(0, SPAWN_ANY_CPU);
    spawn_pin(fanout->sink.pid, SPAWN_ANY_CPU);
    spawn_pin(fanout->daemon.pid, SPAWN_ANY_CPU);
    printf("from the 204 to the last delivery, nothing pinned, %ld "
           "subscription requests/s\n%6s %9s %9s %9s %9s %9s\n",
           fanout->options.probe_rate, "round", "first ms", "last ms", "per s",
           "hub us", "202s");
    for (long i = 0; i < fanout->options.rounds; i++)
        if (!one_round(fanout, figures, problem))
            return false;
    commits_lmdb(fanout->daemon.directory, COMMITS_MS, &figures->commits);
    return true;
}

static void report(const struct fanout_options *options,
                   struct figures *figures)
{
    struct probe_latencies *latencies = &figures->latencies;
    double ratio = figures_median(figures->ratio, figures->pairs);
    double hub = figures_median(figures->hub_us, figures->pairs);
    double bare = figures_median(figures->bare_us, figures->pairs);
    double wall = figures_median(figures->wall_ms, figures->rounds);
    double rate = figures_median(figures->per_second, figures->rounds);
    figures_sort(latencies->us, latencies->count);
    double p50 = figures_at(latencies->us, latencies->count, 0.5) / 1e3;
    double p99 = figures_at(latencies->us, latencies->count, 0.99) / 1e3;
    double most = figures_at(latencies->us, latencies->count, 1) / 1e3;
    printf("median  hub %.1f us, bare %.1f us, ratio %.2f (to reach: %.0f)\n"
           "        last delivery after %.0f ms (%d), %.0f deliveries/s\n"
           "        202s meanwhile: p50 %.1f p99 %.1f (%d) max %.1f ms, "
           "%zu of them, %zu other answers\n"
           "        bare commits right after: p50 %.1f p99 %.1f max %.1f ms\n"
           "        RssAnon %.1f MB (%d), RssFile %.1f MB at most; "
           "%lu repeated POSTs\n",
           hub, bare, ratio, ratio_limit, wall, WALL_LIMIT_MS, rate, p50, p99,
           P99_LIMIT_MS, most, latencies->count, latencies->bad,
           figures->commits.p50_ms, figures->commits.p99_ms,
           figures->commits.max_ms, (double)figures->peak.anon_kb / 1024,
           ANON_LIMIT_KB / 1024, (double)figures->peak.file_kb / 1024,
           (unsigned long)figures->again);
    printf("bench=fanout callbacks=%ld origins=%ld bytes=%ld feed=%d pairs=%zu "
           "hub_us=%.2f bare_us=%.2f ratio=%.3f wall_ms=%.1f per_second=%.0f "
           "p50_ms=%.2f p99_ms=%.2f max_ms=%.2f commit_p50_ms=%.2f "
           "commit_p99_ms=%.2f rss_anon_kb=%ld "
           "rss_file_kb=%ld again=%lu reached=%d\n",
           options->callbacks, options->origins, options->bytes, options->feed,
           figures->pairs, hub, bare, ratio, wall, rate, p50, p99, most,
           figures->commits.p50_ms, figures->commits.p99_ms,
           (long)figures->peak.anon_kb, (long)figures->peak.file_kb,
           (unsigned long)figures->again,
           ratio <= ratio_limit && wall <= WALL_LIMIT_MS && p99 < P99_LIMIT_MS
               && figures->peak.anon_kb < ANON_LIMIT_KB);
}

static bool bare_only(struct fanout *fanout, const char **problem)
{
    double us[FIGURES_ROUNDS_MAX], rate[FIGURES_ROUNDS_MAX];
    size_t count = (size_t)fanout->options.pairs;
    for (size_t i = 0; i < count; i++) {
        struct fanout_round bare;
        if (!fanout_bare(fanout, &bare, problem))
            return false;
        us[i] = bare.cpu_us;
        rate[i] = bare.per_second;
        printf("%6zu %9.1f us %9.0f ms %9.0f/s\n", i + 1, bare.cpu_us,
               bare.wall_ms, bare.per_second);
    }
    printf("bench=bare callbacks=%ld origins=%ld bytes=%ld bare_us=%.2f "
           "per_second=%.0f\n",
           fanout->options.callbacks, fanout->options.origins,
           fanout->options.bytes, figures_median(us, count),
           figures_median(rate, count));
    return true;
}

static bool read_options(int argc, char *argv[], struct fanout_options *out,
                         int *exit_code)
{
    *out = (struct fanout_options){ .callbacks = 10000,
                                    .origins = 200,
                                    .pairs = 7,
                                    .rounds = 7,
                                    .bytes = 4096,
                                    .per_origin = 8,
                                    .probe_rate = 50 };
    const struct option_row rows[] = {
        { "callbacks", OPTION_NUMBER, &out->callbacks, 1, 1000000, "in all" },
        { "origins", OPTION_NUMBER, &out->origins, 1, 2000,
          "they are spread over" },
        { "pairs", OPTION_NUMBER, &out->pairs, 1, FIGURES_ROUNDS_MAX,
          "of hub and bare sender, for the ratio" },
        { "rounds", OPTION_NUMBER, &out->rounds, 0, FIGURES_ROUNDS_MAX,
          "unpinned, for the time to the last delivery" },
        { "bytes", OPTION_NUMBER, &out->bytes, PUBLISHED_BYTES_MIN,
          PUBLISHED_BYTES_MAX - 1024, "of the document" },
        { "per-origin", OPTION_NUMBER, &out->per_origin, 1, 64,
          "connections of the bare sender" },
        { "probe-rate", OPTION_NUMBER, &out->probe_rate, 1, 10000,
          "subscription requests a second during the rounds" },
        { "feed", OPTION_FLAG, &out->feed, 0, 0,
          "an Atom feed instead of plain text" },
        { "no-secrets", OPTION_FLAG, &out->no_secrets, 0, 0,
          "nothing is signed" },
        { "ready-signatures", OPTION_FLAG, &out->ready_signatures, 0, 0,
          "the bare sender has them ready" },
        { "unpinned", OPTION_FLAG, &out->unpinned, 0, 0,
          "the pairs too may run on any CPU" },
        { "bare-only", OPTION_FLAG, &out->bare_only, 0, 0, "without a hub" },
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
    static struct fanout fanout = { .sink.reached = -1 };
    struct fanout_options options;
    const char *problem = "";
    int exit_code = 0;
    if (!read_options(argc, argv, &options, &exit_code))
        return exit_code;
    struct figures *figures = calloc(1, sizeof *figures);
    bool good = figures != NULL && fanout_open(&fanout, &options, &problem);
    if (good && options.bare_only)
        good = bare_only(&fanout, &problem);
    else if (good)
        good = pairs(&fanout, figures, &problem)
               && rounds(&fanout, figures, &problem);
    if (good && !options.bare_only)
        report(&options, figures);
    if (!good)
        fprintf(stderr, "bench-fanout: %s\n", problem);
    fanout_close(&fanout);
    free(figures);
    return good ? 0 : 1;
}
