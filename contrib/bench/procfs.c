// SPDX-License-Identifier: MIT

#include "procfs.h"

#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

// The number after `name` in a file of "name: number" lines.
static bool line_number(const char *path, const char *name, int64_t *out)
{
    char line[256];
    bool found = false;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    while (!found && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, name, strlen(name)) == 0) {
            *out = strtoll(line + strlen(name), NULL, 10);
            found = true;
        }
    fclose(file);
    return found;
}

bool procfs_memory(pid_t pid, struct procfs_memory *out)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    return line_number(path, "RssAnon:", &out->anon_kb)
           && line_number(path, "RssFile:", &out->file_kb);
}

double procfs_cpu_us(pid_t pid)
{
    clockid_t clock;
    struct timespec used;
    if (clock_getcpuclockid(pid, &clock) != 0
        || clock_gettime(clock, &used) != 0)
        return 0;
    return (double)used.tv_sec * 1e6 + (double)used.tv_nsec / 1e3;
}

static bool read_thread(pid_t pid, pid_t id, struct procfs_thread *out)
{
    char path[96];
    int64_t wakeups = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%d/status", pid, id);
    if (!line_number(path, "voluntary_ctxt_switches:", &wakeups))
        return false;
    *out = (struct procfs_thread){ .id = id, .wakeups = (uint64_t)wakeups };
    snprintf(path, sizeof path, "/proc/%d/task/%d/comm", pid, id);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    if (fgets(out->name, sizeof out->name, file) != NULL)
        out->name[strcspn(out->name, "\n")] = '\0';
    fclose(file);
    return true;
}

bool procfs_threads(pid_t pid, struct procfs_threads *out)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *tasks = opendir(path);
    if (tasks == NULL)
        return false;
    out->count = 0;
    for (struct dirent *task; (task = readdir(tasks)) != NULL;) {
        pid_t id = (pid_t)strtol(task->d_name, NULL, 10);
        if (id > 0 && out->count < PROCFS_THREADS_MAX
            && read_thread(pid, id, &out->list[out->count]))
            out->count++;
    }
    closedir(tasks);
    return true;
}

struct procfs_peak {
    pid_t pid;
    int every_ms;
    int stop; // eventfd
    pthread_t thread;
    struct procfs_memory highest;
};

static void look(struct procfs_peak *peak)
{
    struct procfs_memory now;
    if (!procfs_memory(peak->pid, &now))
        return;
    if (now.anon_kb > peak->highest.anon_kb)
        peak->highest.anon_kb = now.anon_kb;
    if (now.file_kb > peak->highest.file_kb)
        peak->highest.file_kb = now.file_kb;
}

static void *keep_looking(void *context)
{
    struct procfs_peak *peak = context;
    struct pollfd stop = { .fd = peak->stop, .events = POLLIN };
    do
        look(peak);
    while (poll(&stop, 1, peak->every_ms) == 0);
    return NULL;
}

struct procfs_peak *procfs_peak_start(pid_t pid, int every_ms)
{
    struct procfs_peak *peak = calloc(1, sizeof *peak);
    if (peak == NULL)
        return NULL;
    *peak = (struct procfs_peak){ .pid = pid, .every_ms = every_ms };
    peak->stop = eventfd(0, EFD_CLOEXEC);
    if (peak->stop >= 0
        && pthread_create(&peak->thread, NULL, keep_looking, peak) == 0)
        return peak;
    if (peak->stop >= 0)
        close(peak->stop);
    free(peak);
    return NULL;
}

void procfs_peak_stop(struct procfs_peak *peak, struct procfs_memory *out)
{
    *out = (struct procfs_memory){ 0 };
    if (peak == NULL)
        return;
    eventfd_write(peak->stop, 1);
    pthread_join(peak->thread, NULL);
    look(peak);
    *out = peak->highest;
    close(peak->stop);
    free(peak);
}
