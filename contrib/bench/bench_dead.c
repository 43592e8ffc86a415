// SPDX-License-Identifier: MIT
//
// bench-dead -- what healthy subscribers feel of dead ones: pairs of the same
// distributions with and without them.

#include "commits.h"
#include "fanout.h"
#include "figures.h"
#include "options.h"

#include <stdio.h>
#include <stdlib.h>

static const double ratio_limit = 1.3;
enum { P99_LIMIT_MS = 50, LATER_MAX = 9, COMMITS_MS = 300 };

// Of one hub: its first distribution, when it does not know who is dead, the
// second, while the hung of the first one still hang, and the median of all
// but the first.
struct run {
    double first_p99_ms, second_p99_ms, later_p99_ms;
};

struct figures {
    double first[FIGURES_ROUNDS_MAX], later[FIGURES_ROUNDS_MAX]; // ratios
    double second[FIGURES_ROUNDS_MAX];
    double all[FIGURES_ROUNDS_MAX], plain_ms[FIGURES_ROUNDS_MAX];
    double dead_ms[FIGURES_ROUNDS_MAX];
    size_t count;
    uint64_t again;
    int64_t anon_kb;
    struct commits commits; // bare ones, right after the latest
};

static bool distribute(struct fanout *fanout, struct probe_latencies *answers,
                       struct figures *figures, struct run *out,
                       const char **problem)
{
    double p99[LATER_MAX];
    long later = fanout->options.rounds;
    for (long i = 0; i <= later; i++) {
        struct fanout_round round;
        if (!fanout_hub(fanout, answers, &round, problem))
            return false;
        figures->again += round.again;
        if (round.peak.anon_kb > figures->anon_kb)
            figures->anon_kb = round.peak.anon_kb;
        if (i == 0)
            out->first_p99_ms = round.p99_ms;
        else
            p99[i - 1] = round.p99_ms;
    }
    out->later_p99_ms = figures_median(p99, (size_t)later);
    out->second_p99_ms = p99[0];
    return true;
}

static bool run(const struct fanout_options *options, bool dead,
                struct probe_latencies *answers, struct figures *figures,
                struct run *out, const char **problem)
{
    static struct fanout fanout;
    struct fanout_options own = *options;
    if (dead)
        own.alive = false;
    else if (!own.alive)
        own.hung = own.refusing = 0;
    bool good = fanout_open(&fanout, &own, problem)
                && distribute(&fanout, answers, figures, out, problem);
    if (good)
        commits_lmdb(fanout.daemon.directory, COMMITS_MS, &figures->commits);
    fanout_close(&fanout);
    return good;
}

static bool one_pair(const struct fanout_options *options,
                     struct probe_latencies *answers, struct figures *figures,
                     const char **problem)
{
    struct run plain, dead;
    static struct probe_latencies forgotten;
    size_t i = figures->count;
    // Each goes first every other time.
    bool dead_first = i % 2 == 1;
    forgotten.count = forgotten.bad = 0;
    if ((dead_first && !run(options, true, answers, figures, &dead, problem))
        || !run(options, false, &forgotten, figures, &plain, problem)
        || (!dead_first
            && !run(options, true, answers, figures, &dead, problem)))
        return false;
    figures->first[i] = dead.first_p99_ms / plain.first_p99_ms;
    figures->second[i] = dead.second_p99_ms / plain.second_p99_ms;
    figures->later[i] = dead.later_p99_ms / plain.later_p99_ms;
    figures->plain_ms[i] = plain.later_p99_ms;
    figures->dead_ms[i] = dead.later_p99_ms;
    figures->count++;
    printf("%4zu %9.0f %9.0f %7.2f %9.0f %9.0f %7.2f %9.0f %9.0f %7.2f\n",
           i + 1, plain.first_p99_ms, dead.first_p99_ms, figures->first[i],
           plain.second_p99_ms, dead.second_p99_ms, figures->second[i],
           plain.later_p99_ms, dead.later_p99_ms, figures->later[i]);
    fflush(stdout);
    return true;
}

static void print_head(const struct fanout_options *options)
{
    printf("%ld healthy callbacks on %ld origins, answers after %ld ms; of all "
           "%ld %% hung, %ld %% refusing%s, or else %s\n"
           "p99 of the healthy in ms, without and with the dead; the first "
           "distribution, the second right after it, and the median of %ld "
           "later ones\n"
           "%4s %9s %9s %7s %9s %9s %7s %9s %9s %7s\n",
           options->callbacks, options->origins, options->delay_ms,
           options->hung, options->refusing,
           options->mixed ? ", the hung at the origins of the healthy" : "",
           options->alive ? "alive" : "absent", options->rounds, "pair",
           "first", "dead", "ratio", "second", "dead", "ratio", "later", "dead",
           "ratio");
    fflush(stdout);
}

static void report(const struct fanout_options *options,
                   struct figures *figures, struct probe_latencies *answers)
{
    double first = figures_median(figures->first, figures->count);
    double second = figures_median(figures->second, figures->count);
    double later = figures_median(figures->later, figures->count);
    figures_sort(answers->us, answers->count);
    double p50 = figures_at(answers->us, answers->count, 0.5) / 1e3;
    double p99 = figures_at(answers->us, answers->count, 0.99) / 1e3;
    double most = figures_at(answers->us, answers->count, 1) / 1e3;
    printf("median  first %.2f, second %.2f, later %.2f times as long (to "
           "reach, first and later: %.1f); "
           "202s meanwhile: p50 %.1f p99 %.1f (%d) max %.1f ms, %zu of them, "
           "%zu other answers; a bare commit p50 %.1f p99 %.1f ms; RssAnon "
           "%.1f MB; %lu repeated POSTs\n",
           first, second, later, ratio_limit, p50, p99, P99_LIMIT_MS, most,
           answers->count, answers->bad, figures->commits.p50_ms,
           figures->commits.p99_ms, (double)figures->anon_kb / 1024,
           (unsigned long)figures->again);
    printf(
        "bench=dead callbacks=%ld origins=%ld rtt_ms=%ld hung=%ld "
        "refusing=%ld mixed=%d absent=%d dead_origins=%ld pairs=%zu first=%.3f "
        "second=%.3f later=%.3f plain_p99_ms=%.1f dead_p99_ms=%.1f p50_ms=%.2f "
        "p99_ms=%.2f max_ms=%.2f commit_p99_ms=%.2f rss_anon_kb=%ld "
        "again=%lu reached=%d\n",
        options->callbacks, options->origins, options->delay_ms, options->hung,
        options->refusing, options->mixed, !options->alive,
        options->dead_origins, figures->count, first, second, later,
        figures_median(figures->plain_ms, figures->count),
        figures_median(figures->dead_ms, figures->count), p50, p99, most,
        figures->commits.p99_ms, (long)figures->anon_kb,
        (unsigned long)figures->again,
        first <= ratio_limit && later <= ratio_limit && p99 < P99_LIMIT_MS
            && answers->bad == 0);
}

static bool read_options(int argc, char *argv[], struct fanout_options *out,
                         int *exit_code)
{
    bool pinned = false, absent = false;
    const struct option_row table[] = {
        { "callbacks", OPTION_NUMBER, &out->callbacks, 1, 1000000,
          "healthy ones" },
        { "origins", OPTION_NUMBER, &out->origins, 1, 50000,
          "they are spread over" },
        { "rtt", OPTION_NUMBER, &out->delay_ms, 0, 10000,
          "milliseconds until a POST is answered" },
        { "hung", OPTION_NUMBER, &out->hung, 0, 50, "of a hundred callbacks" },
        { "refusing", OPTION_NUMBER, &out->refusing, 0, 49,
          "of a hundred callbacks" },
        { "dead-origins", OPTION_NUMBER, &out->dead_origins, 0, 50000,
          "of the hung, and of the refusing; 0: one a callback" },
        { "mixed", OPTION_FLAG, &out->mixed, 0, 0,
          "the hung are at the origins of healthy ones" },
        { "absent", OPTION_FLAG, &absent, 0, 0,
          "undisturbed: the dead are not there, instead of alive" },
        { "pairs", OPTION_NUMBER, &out->pairs, 1, FIGURES_ROUNDS_MAX,
          "with and without the dead" },
        { "later", OPTION_NUMBER, &out->rounds, 1, LATER_MAX,
          "distributions after the first" },
        { "bytes", OPTION_NUMBER, &out->bytes, PUBLISHED_BYTES_MIN,
          PUBLISHED_BYTES_MAX - 1024, "of the document" },
        { "tls", OPTION_FLAG, &out->tls, 0, 0, "callbacks are https" },
        { "probe-rate", OPTION_NUMBER, &out->probe_rate, 1, 10000,
          "subscription requests a second meanwhile" },
        { "pinned", OPTION_FLAG, &pinned, 0, 0,
          "websubd to CPU 0, sink and driver to CPU 1" },
        { "websubd", OPTION_TEXT, &out->program, 0, 0,
          "the program ($WEBSUBD, or the one built with this)" },
        { "with", OPTION_TEXT, &out->extra, 0, 0,
          "an option of websubd's: --with=--deliveries=64" },
        { "directory", OPTION_TEXT, &out->base, 0, 0,
          "where the store goes ($TMPDIR, or /tmp)" },
    };
    bool good = options_read(argc, argv, table, sizeof table / sizeof *table,
                             exit_code);
    out->unpinned = !pinned;
    out->alive = !absent;
    return good;
}

int main(int argc, char *argv[])
{
    struct fanout_options options = { .callbacks = 8000,
                                      .origins = 200,
                                      .pairs = 7,
                                      .rounds = 3,
                                      .bytes = 4096,
                                      .hung = 10,
                                      .refusing = 10,
                                      .probe_rate = 50,
                                      .filled = true,
                                      .cold = true };
    static struct figures figures;
    static struct probe_latencies answers;
    const char *problem = "";
    int exit_code = 0;
    bool good = true;
    if (!read_options(argc, argv, &options, &exit_code))
        return exit_code;
    print_head(&options);
    for (long i = 0; good && i < options.pairs; i++)
        good = one_pair(&options, &answers, &figures, &problem);
    if (good)
        report(&options, &figures, &answers);
    else
        fprintf(stderr, "bench-dead: %s\n", problem);
    return good ? 0 : 1;
}
