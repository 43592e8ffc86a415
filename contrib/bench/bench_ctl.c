// SPDX-License-Identifier: MIT
//
// bench-ctl -- what it takes to list very many subscriptions.

#include "daemon.h"
#include "figures.h"
#include "fill.h"
#include "options.h"
#include "procfs.h"
#include "spawn.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    FIRST_LIMIT_MS = 100,
    RSS_LIMIT_KB = 20 * 1024,
    LOOK_MS = 5,
    CHUNK = 65536,
    PATIENCE_MS = 30000,
    PORT = 49151, // where nobody listens: nothing is fetched here
};

struct listing {
    double first_ms, all_ms;
    struct procfs_memory peak;
    uint64_t lines, bytes;
};

struct bench {
    long subscriptions, topics, rounds;
    uint64_t next;
    char program[WORKDIR_MAX], data[WORKDIR_MAX + 16];
    struct daemon daemon;
};

static bool next(void *context, struct fill_subscriber *out)
{
    struct bench *bench = context;
    uint64_t number = bench->next++;
    if (number == (uint64_t)bench->subscriptions)
        return false;
    fill_spread(number, (uint64_t)bench->topics, PORT, false, out);
    return true;
}

// ----------------------------------------------------------------- listing

struct child {
    struct bench *bench;
    const char *format; // "--json", or ""
    int out;
};

static int run_child(void *context)
{
    const struct child *child = context;
    char data[sizeof child->bench->data + 8];
    snprintf(data, sizeof data, "--data=%s", child->bench->data);
    if (dup2(child->out, STDOUT_FILENO) < 0)
        return 1;
    if (*child->format)
        execl(child->bench->program, "websubctl", data, "subscriptions",
              child->format, (char *)NULL);
    else
        execl(child->bench->program, "websubctl", data, "subscriptions",
              (char *)NULL);
    return 1;
}

static void read_all(int from, int64_t began, struct listing *out)
{
    static char bytes[CHUNK];
    ssize_t len;
    while ((len = read(from, bytes, sizeof bytes)) > 0) {
        if (out->bytes == 0)
            out->first_ms = (double)(figures_ns() - began) / 1e6;
        out->bytes += (uint64_t)len;
        for (ssize_t i = 0; i < len; i++)
            out->lines += bytes[i] == '\n';
    }
    out->all_ms = (double)(figures_ns() - began) / 1e6;
}

static bool list(struct bench *bench, const char *format, struct listing *out)
{
    int ends[2], status = 1;
    *out = (struct listing){ 0 };
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    struct child child = { .bench = bench, .format = format, .out = ends[1] };
    int64_t began = figures_ns();
    pid_t pid = spawn_function(run_child, &child, SPAWN_ANY_CPU);
    close(ends[1]);
    struct procfs_peak *peak = procfs_peak_start(pid, LOOK_MS);
    read_all(ends[0], began, out);
    procfs_peak_stop(peak, &out->peak);
    close(ends[0]);
    return spawn_wait(pid, PATIENCE_MS, &status) && status == 0;
}

// ------------------------------------------------------------------ report

static int64_t rss(const struct listing *listing)
{
    return listing->peak.anon_kb + listing->peak.file_kb;
}

static void keep_worst(struct listing *worst, const struct listing *one)
{
    if (one->first_ms > worst->first_ms)
        worst->first_ms = one->first_ms;
    if (one->all_ms > worst->all_ms)
        worst->all_ms = one->all_ms;
    if (rss(one) > rss(worst))
        worst->peak = one->peak;
    worst->lines = one->lines;
}

static bool measure(struct bench *bench, struct listing *worst)
{
    static const char *const formats[] = { "", "--json" };
    printf("%-8s %10s %10s %10s %9s %9s\n", "format", "first ms", "all s",
           "lines", "Anon MB", "File MB");
    for (long i = 0; i < 2 * bench->rounds; i++) {
        const char *format = formats[i % 2];
        struct listing one;
        if (!list(bench, format, &one)
            || one.lines < (uint64_t)bench->subscriptions)
            return false;
        printf("%-8s %10.1f %10.1f %10lu %9.1f %9.1f\n",
               *format ? "json" : "table", one.first_ms, one.all_ms / 1e3,
               (unsigned long)one.lines, (double)one.peak.anon_kb / 1024,
               (double)one.peak.file_kb / 1024);
        fflush(stdout);
        keep_worst(worst, &one);
    }
    return true;
}

static void report(struct bench *bench, const struct listing *worst)
{
    int64_t longest = 0;
    daemon_number(&bench->daemon, "loop.longest_us", &longest);
    printf("of %ld subscriptions of %ld topics: first output after %.1f ms at "
           "most (to reach: %d), %.1f MB of memory at most (%d), of which "
           "%.1f MB its own; the hub's longest step took %.1f ms\n",
           bench->subscriptions, bench->topics, worst->first_ms, FIRST_LIMIT_MS,
           (double)rss(worst) / 1024, RSS_LIMIT_KB / 1024,
           (double)worst->peak.anon_kb / 1024, (double)longest / 1e3);
    printf("bench=ctl subscriptions=%ld first_ms=%.1f all_ms=%.0f rss_kb=%ld "
           "rss_anon_kb=%ld longest_step_us=%ld reached=%d\n",
           bench->subscriptions, worst->first_ms, worst->all_ms,
           (long)rss(worst), (long)worst->peak.anon_kb, (long)longest,
           worst->first_ms <= FIRST_LIMIT_MS && rss(worst) < RSS_LIMIT_KB);
}

int main(int argc, char *argv[])
{
    static struct bench bench = { .subscriptions = 1000000,
                                  .topics = 1000,
                                  .rounds = 1 };
    const struct fill fill = { .next = next, .context = &bench };
    struct daemon_options options = { .cpu = SPAWN_ANY_CPU,
                                      .extra = { "--log=warn" },
                                      .extra_count = 1,
                                      .fill = &fill };
    struct listing worst = { 0 };
    const char *problem;
    int exit_code = 0;
    const struct option_row rows[] = {
        { "subscriptions", OPTION_NUMBER, &bench.subscriptions, 1, 10000000,
          "to list" },
        { "topics", OPTION_NUMBER, &bench.topics, 1, 1000000,
          "they are spread over" },
        { "rounds", OPTION_NUMBER, &bench.rounds, 1, FIGURES_ROUNDS_MAX,
          "of a table and a JSON document" },
        { "websubd", OPTION_TEXT, &options.program, 0, 0,
          "the program ($WEBSUBD, or the one built with this)" },
        { "directory", OPTION_TEXT, &options.base, 0, 0,
          "where the store goes ($TMPDIR, or /tmp)" },
    };
    if (!options_read(argc, argv, rows, sizeof rows / sizeof *rows, &exit_code))
        return exit_code;
    problem = "websubctl is not built";
    bool good =
        workdir_program("websubctl", 2, bench.program, sizeof bench.program)
        && daemon_start(&bench.daemon, &options, &problem);
    if (!good) {
        fprintf(stderr, "bench-ctl: %s\n", problem);
        return 1;
    }
    daemon_settle(&bench.daemon);
    snprintf(bench.data, sizeof bench.data, "%s/data", bench.daemon.directory);
    good = measure(&bench, &worst);
    if (good)
        report(&bench, &worst);
    else
        fprintf(stderr, "bench-ctl: the listing failed or was not whole\n");
    daemon_stop(&bench.daemon);
    return good ? 0 : 1;
}
