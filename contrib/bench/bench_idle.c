// SPDX-License-Identifier: MIT
//
// bench-idle -- what websubd holds and how often it wakes with nothing to do.

#include "daemon.h"
#include "options.h"
#include "procfs.h"
#include "spawn.h"

#include <stdio.h>

enum { ANON_LIMIT_KB = 6 * 1024, WAKEUPS_LIMIT = 10, SETTLE_MS = 3000 };

struct idle {
    struct procfs_memory memory;
    struct procfs_threads before, after;
    double cpu_us, wakeups; // a minute
};

static uint64_t wakeups_of(const struct procfs_thread *thread,
                           const struct procfs_threads *before)
{
    for (unsigned i = 0; i < before->count; i++)
        if (before->list[i].id == thread->id)
            return thread->wakeups - before->list[i].wakeups;
    return thread->wakeups;
}

// Nothing is asked of it meanwhile, not even whether it is still there.
static bool watch(struct daemon *daemon, long seconds, struct idle *out)
{
    int status;
    double minutes = (double)seconds / 60;
    if (spawn_wait(daemon->pid, SETTLE_MS, &status)
        || !procfs_threads(daemon->pid, &out->before))
        return false;
    double cpu = procfs_cpu_us(daemon->pid);
    if (spawn_wait(daemon->pid, (int)seconds * 1000, &status)
        || !procfs_threads(daemon->pid, &out->after)
        || !procfs_memory(daemon->pid, &out->memory))
        return false;
    out->cpu_us = (procfs_cpu_us(daemon->pid) - cpu) / minutes;
    for (unsigned i = 0; i < out->after.count; i++)
        out->wakeups +=
            (double)wakeups_of(&out->after.list[i], &out->before) / minutes;
    return true;
}

static void report(const struct idle *idle, long seconds)
{
    printf("%-16s %12s\n", "thread", "wake-ups");
    for (unsigned i = 0; i < idle->after.count; i++)
        printf("%-16s %12lu\n", idle->after.list[i].name,
               (unsigned long)wakeups_of(&idle->after.list[i], &idle->before));
    printf("in %ld s: RssAnon %.1f MB (to be below %d), RssFile %.1f MB, "
           "%.1f wake-ups and %.0f us of CPU a minute\n",
           seconds, (double)idle->memory.anon_kb / 1024, ANON_LIMIT_KB / 1024,
           (double)idle->memory.file_kb / 1024, idle->wakeups, idle->cpu_us);
    printf("bench=idle seconds=%ld rss_anon_kb=%ld rss_file_kb=%ld "
           "threads=%u wakeups_per_minute=%.1f cpu_us_per_minute=%.0f "
           "reached=%d\n",
           seconds, (long)idle->memory.anon_kb, (long)idle->memory.file_kb,
           idle->after.count, idle->wakeups, idle->cpu_us,
           idle->memory.anon_kb < ANON_LIMIT_KB
               && idle->wakeups <= WAKEUPS_LIMIT);
}

int main(int argc, char *argv[])
{
    struct daemon daemon;
    struct daemon_options options = { .cpu = SPAWN_ANY_CPU };
    struct idle idle = { 0 };
    const char *problem;
    long seconds = 60;
    int exit_code = 0;
    const struct option_row rows[] = {
        { "seconds", OPTION_NUMBER, &seconds, 1, 3600, "to watch it" },
        { "websubd", OPTION_TEXT, &options.program, 0, 0,
          "the program ($WEBSUBD, or the one built with this)" },
        { "directory", OPTION_TEXT, &options.base, 0, 0,
          "where the store goes ($TMPDIR, or /tmp)" },
    };
    if (!options_read(argc, argv, rows, sizeof rows / sizeof *rows, &exit_code))
        return exit_code;
    if (!daemon_start(&daemon, &options, &problem)) {
        fprintf(stderr, "bench-idle: %s\n", problem);
        return 1;
    }
    bool good = watch(&daemon, seconds, &idle);
    if (good)
        report(&idle, seconds);
    else
        fprintf(stderr, "bench-idle: websubd ended by itself\n");
    daemon_stop(&daemon);
    return good ? 0 : 1;
}
