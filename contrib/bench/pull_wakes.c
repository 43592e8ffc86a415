// SPDX-License-Identifier: MIT

#include "pull_parts.h"

#include "commit_watch.h"
#include "figures.h"

#include <stdio.h>
#include <stdlib.h>

enum { QUIET_MS = 3, WAKES_MAX = 10000 };

struct wakes {
    double all[WAKES_MAX];      // publish until the one has it, ms
    double answered[WAKES_MAX]; // publish until the publisher has his answer
    double since[WAKES_MAX];    // the first commit after the publish until then
    size_t count, since_count;
};

struct figure {
    double p50, p99;
};

static struct figure figure_of(double *values, size_t count)
{
    figures_sort(values, count);
    return (struct figure){ figures_at(values, count, 0.5),
                            figures_at(values, count, 0.99) };
}

static bool wake(struct pull_bench *bench, struct holder *holder,
                 struct herd *herd, const char *fixed,
                 struct commit_watch *watch, struct wakes *out,
                 const char **problem)
{
    char marker[PULL_MARKER_MAX];
    struct pull_release release;
    size_t topic = (size_t)rand() % holder->topics;
    const char *text = fixed != NULL ? fixed : pull_marker(bench, marker);
    commit_watch_begin(watch);
    int64_t began = figures_ns();
    if (!pull_release(bench, holder, herd, topic, 1, text, &release, problem))
        return false;
    out->answered[out->count] = release.answered_ms;
    out->all[out->count++] = release.last_ms;
    int64_t commit = commit_watch_first(watch);
    if (commit > 0)
        out->since[out->since_count++] =
            release.last_ms - (double)(commit - began) / 1e6;
    herd_serve(herd, QUIET_MS); // it asks again, and is held
    return true;
}

static bool wakes_of(struct pull_bench *bench, struct holder *holder,
                     size_t count, const char *fixed, struct wakes *out,
                     const char **problem)
{
    struct herd *herd = holder_gather(holder, count, problem);
    struct commit_watch *watch = NULL;
    if (herd == NULL)
        return false;
    if (holder->daemon.pid > 0)
        watch = commit_watch_open(holder->daemon.directory);
    herd_eager(herd, true);
    bool good = true;
    out->count = out->since_count = 0;
    for (long i = 0; good && i < bench->wakes; i++)
        good = wake(bench, holder, herd, fixed, watch, out, problem);
    commit_watch_close(watch);
    herd_close(herd);
    return good;
}

static void show(const char *name, size_t held, struct wakes *wakes,
                 struct figure out[3])
{
    out[0] = figure_of(wakes->all, wakes->count);
    out[1] = figure_of(wakes->since, wakes->since_count);
    out[2] = figure_of(wakes->answered, wakes->count);
    printf("%-9s %6zu %8.2f %8.2f %8.2f %8.2f %8.2f %8.2f\n", name, held,
           out[0].p50, out[0].p99, out[1].p50, out[1].p99, out[2].p50,
           out[2].p99);
    fflush(stdout);
}

struct rows {
    struct wakes *wakes;
    struct figure websubd[3], alone[3], bare[3], nchan[3];
};

static bool websubd(struct pull_bench *bench, const char *base, size_t count,
                    struct rows *rows, struct figure out[3],
                    const char **problem)
{
    struct holder holder;
    struct holder_options options = pull_holder(bench, HERD_POLL, count, count);
    options.base = base;
    if (!holder_websubd(&holder, &options, problem))
        return false;
    bool good = wakes_of(bench, &holder, count, NULL, rows->wakes, problem);
    holder_close(&holder);
    if (good)
        show("websubd", count, rows->wakes, out);
    return good;
}

static bool bare(struct pull_bench *bench, size_t count, struct rows *rows,
                 const char **problem)
{
    static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n"
                               "{\"events\":[\"mark-bare.\"]}";
    struct holder holder;
    struct holder_options options = pull_holder(bench, HERD_POLL, count, count);
    if (!holder_bare(&holder, &options, NULL, problem))
        return false;
    parked_texts(&holder.parked, "", 0, text, sizeof text - 1, false);
    bool good =
        wakes_of(bench, &holder, count, "mark-bare.", rows->wakes, problem);
    holder_close(&holder);
    if (good)
        show("bare", count, rows->wakes, rows->bare);
    return good;
}

static bool nchan(struct pull_bench *bench, size_t count, struct rows *rows,
                  const char **problem)
{
    struct holder holder;
    struct holder_options options = pull_holder(bench, HERD_POLL, count, count);
    if (!holder_nchan(&holder, &options, problem))
        return false;
    bool good = wakes_of(bench, &holder, count, NULL, rows->wakes, problem);
    holder_close(&holder);
    if (good)
        show("nchan", count, rows->wakes, rows->nchan);
    return good;
}

bool pull_wakes(struct pull_bench *bench, const char **problem)
{
    static const char memory[] = "/dev/shm";
    struct rows rows = { .wakes = malloc(sizeof *rows.wakes) };
    struct figure in_memory[3] = { 0 };
    size_t count = (size_t)bench->clients;
    *problem = "out of memory";
    if (rows.wakes == NULL)
        return false;
    printf("%-9s %6s %17s %17s %17s\n", "one woken", "", "from publish ms",
           "from commit ms", "publisher's ms");
    printf("%-9s %6s %8s %8s %8s %8s %8s %8s\n", "by", "held", "p50", "p99",
           "p50", "p99", "p50", "p99");
    bool good = websubd(bench, bench->base, count, &rows, rows.websubd, problem)
                && websubd(bench, bench->base, 2, &rows, rows.alone, problem);
    if (good)
        printf("its store in memory (%s), where a commit costs nothing:\n",
               memory);
    good = good && websubd(bench, memory, count, &rows, in_memory, problem)
           && bare(bench, count, &rows, problem)
           && (!bench->nchan || nchan(bench, count, &rows, problem));
    free(rows.wakes);
    if (!good)
        return false;
    printf("bench=pull part=wake held=%zu wakes=%ld publish_p50_ms=%.2f "
           "publish_p99_ms=%.2f commit_p50_ms=%.2f commit_p99_ms=%.2f "
           "alone_publish_p50_ms=%.2f memory_publish_p50_ms=%.2f "
           "bare_p50_ms=%.2f nchan_p50_ms=%.2f nchan_p99_ms=%.2f reached=%d\n",
           count, bench->wakes, rows.websubd[0].p50, rows.websubd[0].p99,
           rows.websubd[1].p50, rows.websubd[1].p99, rows.alone[0].p50,
           in_memory[0].p50, rows.bare[0].p50, rows.nchan[0].p50,
           rows.nchan[0].p99, rows.websubd[1].p50 <= 1);
    return true;
}
