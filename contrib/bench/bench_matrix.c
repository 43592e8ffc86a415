// SPDX-License-Identifier: MIT
//
// bench-matrix -- content distributions of many kinds, each beside a bare
// sender that makes the same POSTs.

#include "fanout.h"
#include "figures.h"
#include "options.h"
#include "spawn.h"

#include <stdio.h>
#include <stdlib.h>

struct row {
    long callbacks, origins, delay_ms, hung, refusing, bytes;
    bool tls;
};

static const struct row rows[] = {
    // The one that bench-fanout measures, and what becomes of it with fewer
    // and with more origins, and with more callbacks.
    { 10000, 200, 0, 0, 0, 4096, false },
    { 10000, 10, 0, 0, 0, 4096, false },
    { 10000, 5000, 0, 0, 0, 4096, false },
    { 100000, 200, 0, 0, 0, 4096, false },
    // Far away.
    { 10000, 200, 20, 0, 0, 4096, false },
    { 10000, 200, 200, 0, 0, 4096, false },
    { 10000, 10, 20, 0, 0, 4096, false },
    // One in five is dead: first near, then far away.
    { 10000, 200, 0, 10, 10, 4096, false },
    { 10000, 200, 20, 10, 10, 4096, false },
    // Other sizes.
    { 10000, 200, 0, 0, 0, 1024, false },
    { 2000, 200, 0, 0, 0, 65536, false },
    { 500, 200, 0, 0, 0, 600000, false },
    // Through TLS.
    { 5000, 100, 0, 0, 0, 4096, true },
    { 5000, 100, 20, 0, 0, 4096, true },
};

// So many times the bare sender's CPU a POST may cost to callbacks that all
// live: in the clear by the hub's own exchange, through TLS by libcurl.
static const double plain_limit = 3, tls_limit = 5;

struct measured {
    double p50[FIGURES_ROUNDS_MAX], p99[FIGURES_ROUNDS_MAX];
    double last[FIGURES_ROUNDS_MAX], rate[FIGURES_ROUNDS_MAX];
    double hub_us[FIGURES_ROUNDS_MAX], sink_us[FIGURES_ROUNDS_MAX];
    double bare_us[FIGURES_ROUNDS_MAX], bare_rate[FIGURES_ROUNDS_MAX];
    double ratio[FIGURES_ROUNDS_MAX], connections[FIGURES_ROUNDS_MAX];
    size_t count;
    int64_t anon_kb;
    uint64_t again;
};

static bool measure(struct fanout *fanout, struct measured *out,
                    const char **problem)
{
    struct fanout_round hub, bare;
    size_t i = out->count++;
    if (!fanout_hub(fanout, NULL, &hub, problem)
        || !fanout_bare(fanout, &bare, problem))
        return false;
    out->p50[i] = hub.p50_ms;
    out->p99[i] = hub.p99_ms;
    out->last[i] = hub.wall_ms;
    out->rate[i] = hub.per_second;
    out->hub_us[i] = hub.cpu_us;
    out->sink_us[i] = hub.sink_us;
    out->bare_us[i] = bare.cpu_us;
    out->bare_rate[i] = bare.per_second;
    out->ratio[i] = hub.cpu_us / bare.cpu_us;
    out->connections[i] = (double)hub.connections;
    out->again += hub.again;
    if (hub.peak.anon_kb > out->anon_kb)
        out->anon_kb = hub.peak.anon_kb;
    return true;
}

static void print_head(long rounds)
{
    printf("medians of %ld rounds; %s\n"
           "%9s %7s %6s %5s %6s %4s %7s %7s %7s %8s %6s %6s %6s %6s %8s %5s "
           "%6s\n",
           rounds,
           spawn_two_cpus() ? "sender on CPU 0, sink and driver on CPU 1"
                            : "nothing pinned",
           "callbacks", "origins", "RTT ms", "dead", "bytes", "TLS", "p50 ms",
           "p99 ms", "last ms", "per s", "hub us", "sink", "bare", "ratio",
           "bare/s", "new", "MB");
    fflush(stdout);
}

static void print_row(const struct row *row, const struct measured *it)
{
    size_t n = it->count;
    printf("%9ld %7ld %6ld %4ld%% %6ld %4s %7.0f %7.0f %7.0f %8.0f %6.1f "
           "%6.1f %6.1f %6.2f %8.0f %5.0f %6.1f",
           row->callbacks, row->origins, row->delay_ms,
           row->hung + row->refusing, row->bytes, row->tls ? "yes" : "no",
           figures_median(it->p50, n), figures_median(it->p99, n),
           figures_median(it->last, n), figures_median(it->rate, n),
           figures_median(it->hub_us, n), figures_median(it->sink_us, n),
           figures_median(it->bare_us, n), figures_median(it->ratio, n),
           figures_median(it->bare_rate, n), figures_median(it->connections, n),
           (double)it->anon_kb / 1024);
    if (it->again > 0)
        printf("  %lu repeated POSTs", (unsigned long)it->again);
    printf("\n");
    fflush(stdout);
}

// Of the bare sender to one origin, which does not have to find out what is
// best: 1,024 in all, as the hub has places, but no more than the hub may have
// there. Below the hub's first number it does not go.
static long connections_of(long origins)
{
    const long least = 8, most = 64, all = 1024;
    long each = all / origins;
    return each < least ? least : each > most ? most : each;
}

// The worst ratios so far.
struct summary {
    size_t rows;
    double plain, tls;
};

static void summarise(const struct row *row, const struct measured *measured,
                      struct summary *summary)
{
    double ratio = figures_median(measured->ratio, measured->count);
    double *worst = row->tls ? &summary->tls : &summary->plain;
    summary->rows++;
    if (row->hung + row->refusing == 0 && ratio > *worst)
        *worst = ratio;
}

static void report(const struct summary *summary)
{
    printf("the highest ratio, where nobody is dead: %.2f in the clear (to "
           "reach: %.0f), %.2f through TLS (%.0f)\n"
           "bench=matrix rows=%zu plain_ratio=%.3f tls_ratio=%.3f "
           "reached=%d\n",
           summary->plain, plain_limit, summary->tls, tls_limit, summary->rows,
           summary->plain, summary->tls,
           summary->plain <= plain_limit && summary->tls <= tls_limit);
}

static bool one_row(const struct fanout_options *common, const struct row *row,
                    struct summary *summary, const char **problem)
{
    static struct fanout fanout;
    struct measured measured = { 0 };
    struct fanout_options options = *common;
    options.callbacks = row->callbacks;
    options.origins = row->origins;
    options.delay_ms = row->delay_ms;
    options.hung = row->hung;
    options.refusing = row->refusing;
    options.bytes = row->bytes;
    options.tls = row->tls;
    options.per_origin = connections_of(row->origins);
    bool good = fanout_open(&fanout, &options, problem);
    for (long i = 0; good && i < options.rounds; i++)
        good = measure(&fanout, &measured, problem);
    fanout_close(&fanout);
    if (good) {
        print_row(row, &measured);
        summarise(row, &measured, summary);
    }
    return good;
}

static bool read_options(int argc, char *argv[], struct fanout_options *out,
                         struct row *own, int *exit_code)
{
    const struct option_row table[] = {
        { "callbacks", OPTION_NUMBER, &own->callbacks, 0, 1000000,
          "healthy ones, in one row of your own instead of the list" },
        { "origins", OPTION_NUMBER, &own->origins, 1, 50000,
          "they are spread over" },
        { "rtt", OPTION_NUMBER, &own->delay_ms, 0, 10000,
          "milliseconds until a POST is answered" },
        { "hung", OPTION_NUMBER, &own->hung, 0, 50,
          "of a hundred callbacks; besides the healthy ones" },
        { "refusing", OPTION_NUMBER, &own->refusing, 0, 49,
          "of a hundred callbacks; besides the healthy ones" },
        { "dead-origins", OPTION_NUMBER, &out->dead_origins, 0, 50000,
          "of the hung, and of the refusing; 0: one a callback" },
        { "mixed", OPTION_FLAG, &out->mixed, 0, 0,
          "the hung are at the origins of healthy ones" },
        { "bytes", OPTION_NUMBER, &own->bytes, PUBLISHED_BYTES_MIN,
          PUBLISHED_BYTES_MAX - 1024, "of the document" },
        { "tls", OPTION_FLAG, &own->tls, 0, 0, "callbacks are https" },
        { "rounds", OPTION_NUMBER, &out->rounds, 1, FIGURES_ROUNDS_MAX,
          "of each row" },
        { "unpinned", OPTION_FLAG, &out->unpinned, 0, 0, "run on any CPU" },
        { "websubd", OPTION_TEXT, &out->program, 0, 0,
          "the program ($WEBSUBD, or the one built with this)" },
        { "with", OPTION_TEXT, &out->extra, 0, 0,
          "an option of websubd's: --with=--deliveries=64" },
        { "directory", OPTION_TEXT, &out->base, 0, 0,
          "where the store goes ($TMPDIR, or /tmp)" },
    };
    return options_read(argc, argv, table, sizeof table / sizeof *table,
                        exit_code);
}

int main(int argc, char *argv[])
{
    struct fanout_options options = { .rounds = 3,
                                      .per_origin = 8,
                                      .filled = true };
    struct summary summary = { 0 };
    struct row own = { .origins = 200, .bytes = 4096 };
    const char *problem = "";
    int exit_code = 0;
    bool good = true;
    if (!read_options(argc, argv, &options, &own, &exit_code))
        return exit_code;
    print_head(options.rounds);
    if (own.callbacks > 0)
        good = one_row(&options, &own, &summary, &problem);
    for (size_t i = 0;
         own.callbacks == 0 && good && i < sizeof rows / sizeof *rows; i++)
        good = one_row(&options, &rows[i], &summary, &problem);
    if (good)
        report(&summary);
    else
        fprintf(stderr, "bench-matrix: %s\n", problem);
    return good ? 0 : 1;
}
