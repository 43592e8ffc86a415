// SPDX-License-Identifier: MIT

#include "pull_parts.h"

#include "figures.h"

#include <stdio.h>
#include <string.h>

enum { SERVERS = 3, EMPTY_MS = 10000 };

struct row {
    const char *key;
    enum herd_kind what;
    long clients; // 0: as many as usual
    bool eager;   // each asks again as soon as it has its answer
};

static const struct row rows[] = {
    { "poll_1000", HERD_POLL, 1000, false }, { "poll", HERD_POLL, 0, false },
    { "poll_eager", HERD_POLL, 0, true },    { "sse", HERD_EVENTS, 0, false },
    { "socket", HERD_SOCKET, 0, false },
};
enum { ROWS = sizeof rows / sizeof *rows };

struct series {
    double p50[FIGURES_ROUNDS_MAX], last[FIGURES_ROUNDS_MAX];
    double cpu[FIGURES_ROUNDS_MAX], answered[FIGURES_ROUNDS_MAX];
};

struct medians {
    double p50, last, cpu, answered, ratio;
};

// Gathered, released once to warm up, then measured.
static bool round_of(struct pull_bench *bench, struct holder *holder,
                     const struct row *row, size_t count, const char *fixed,
                     struct pull_release *out, const char **problem)
{
    char marker[PULL_MARKER_MAX];
    struct herd *herd = holder_gather(holder, count, problem);
    if (herd == NULL)
        return false;
    bool good = true;
    for (int i = 0; good && i < 2; i++) {
        const char *text = fixed != NULL ? fixed : pull_marker(bench, marker);
        herd_eager(herd, row->eager && i > 0);
        good = pull_release(bench, holder, herd, 0, count, text, out, problem)
               && (i > 0 || pull_again(holder, herd, count, problem));
    }
    herd_close(herd);
    *problem = good ? "clients that left are still held" : *problem;
    return good
           && (holder->what != HERD_POLL
               || holder_wait_held(holder, 0, EMPTY_MS));
}

// What its clients are sent, for the bare program to send it.
static bool learn(struct pull_bench *bench, struct holder *holder,
                  struct holder *bare, const struct holder_options *options,
                  char fixed[PULL_MARKER_MAX], const char **problem)
{
    struct pull_release release;
    struct herd *herd = holder_gather(holder, 2, problem);
    if (herd == NULL)
        return false;
    bool good = pull_release(bench, holder, herd, 0, 2,
                             pull_marker(bench, fixed), &release, problem)
                && holder_bare(bare, options, herd, problem);
    herd_close(herd);
    return good;
}

static void note(struct series *series, size_t at,
                 const struct pull_release *release)
{
    series->p50[at] = release->p50_ms;
    series->last[at] = release->last_ms;
    series->cpu[at] = release->cpu_us;
    series->answered[at] = release->answered_ms;
}

static bool rounds(struct pull_bench *bench, const struct row *row,
                   struct holder holders[SERVERS], const char *fixed,
                   struct series series[SERVERS], const char **problem)
{
    size_t count = (size_t)(row->clients > 0 ? row->clients : bench->clients);
    for (size_t i = 0; i < (size_t)bench->pairs; i++) {
        for (size_t j = 0; j < SERVERS; j++) {
            struct pull_release release = { 0 };
            if (holders[j].kind == NULL)
                continue;
            if (!round_of(bench, &holders[j], row, count, j == 1 ? fixed : NULL,
                          &release, problem))
                return false;
            note(&series[j], i, &release);
        }
    }
    return true;
}

static void summarise(const struct pull_bench *bench,
                      const struct series series[SERVERS],
                      struct medians out[SERVERS])
{
    double ratios[FIGURES_ROUNDS_MAX];
    size_t count = (size_t)bench->pairs;
    for (size_t j = 0; j < SERVERS; j++) {
        for (size_t i = 0; i < count; i++)
            ratios[i] = series[1].last[i] > 0
                            ? series[j].last[i] / series[1].last[i]
                            : 0;
        out[j] = (struct medians){
            .p50 = figures_median(series[j].p50, count),
            .last = figures_median(series[j].last, count),
            .cpu = figures_median(series[j].cpu, count),
            .answered = figures_median(series[j].answered, count),
            .ratio = figures_median(ratios, count),
        };
    }
}

static bool measure(struct pull_bench *bench, const struct row *row,
                    struct medians out[SERVERS], const char **problem)
{
    static struct series series[SERVERS];
    struct holder holders[SERVERS];
    char fixed[PULL_MARKER_MAX];
    struct holder_options options =
        pull_holder(bench, row->what, 1, (size_t)bench->clients);
    memset(series, 0, sizeof series);
    for (size_t i = 0; i < SERVERS; i++)
        holders[i] = (struct holder){ .publisher = -1 };
    bool good =
        holder_websubd(&holders[0], &options, problem)
        && learn(bench, &holders[0], &holders[1], &options, fixed, problem)
        && (!bench->nchan || holder_nchan(&holders[2], &options, problem))
        && rounds(bench, row, holders, fixed, series, problem);
    for (size_t i = 0; i < SERVERS; i++)
        holder_close(&holders[i]);
    if (good)
        summarise(bench, series, out);
    return good;
}

static void show(const struct pull_bench *bench, const struct row *row,
                 const struct medians medians[SERVERS])
{
    static const char *const names[] = { "websubd", "bare", "nchan" };
    long count = row->clients > 0 ? row->clients : bench->clients;
    for (size_t j = 0; j < SERVERS; j++) {
        const struct medians *m = &medians[j];
        if (m->last > 0)
            printf("%-10s%-7s %6ld %-8s %8.1f %8.1f %8.2f %8.1f %9.1f\n",
                   pull_kind_name(row->what), row->eager ? "eager" : "", count,
                   names[j], m->p50, m->last, m->ratio, m->cpu, m->answered);
    }
    fflush(stdout);
}

bool pull_releases(struct pull_bench *bench, const char **problem)
{
    struct medians medians[ROWS][SERVERS];
    memset(medians, 0, sizeof medians);
    printf("%-17s %6s %-8s %8s %8s %8s %8s %9s\n", "released", "", "by",
           "p50 ms", "last ms", "to bare", "CPU us", "publ. ms");
    for (size_t i = 0; i < ROWS; i++) {
        if (!pull_wants(bench, rows[i].what))
            continue;
        if (!measure(bench, &rows[i], medians[i], problem))
            return false;
        show(bench, &rows[i], medians[i]);
    }
    printf("bench=pull part=release clients=%ld pairs=%ld", bench->clients,
           bench->pairs);
    for (size_t i = 0; i < ROWS; i++)
        if (medians[i][0].last > 0)
            printf(" %s_last_ms=%.1f %s_ratio=%.2f bare_%s_ms=%.1f "
                   "nchan_%s_ms=%.1f",
                   rows[i].key, medians[i][0].last, rows[i].key,
                   medians[i][0].ratio, rows[i].key, medians[i][1].last,
                   rows[i].key, medians[i][2].last);
    bool sooner =
        medians[1][2].last == 0 || medians[1][0].last < medians[1][2].last;
    printf(" reached=%d\n", medians[1][0].ratio <= 1.3 && sooner);
    return true;
}
