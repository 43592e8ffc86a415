// SPDX-License-Identifier: MIT
//
// procfs -- what the kernel knows about another process.

#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct procfs_memory {
    int64_t anon_kb, file_kb; // RssAnon, RssFile
};
bool procfs_memory(pid_t pid, struct procfs_memory *out);

// User and system time of all its threads, ended ones too, in microseconds;
// from the scheduler's own sums, not from ticks. 0: it is gone.
double procfs_cpu_us(pid_t pid);

enum { PROCFS_THREADS_MAX = 64 };

struct procfs_thread {
    pid_t id;
    char name[32];
    uint64_t wakeups; // voluntary context switches
};
struct procfs_threads {
    struct procfs_thread list[PROCFS_THREADS_MAX];
    unsigned count;
};
bool procfs_threads(pid_t pid, struct procfs_threads *out);

// Looks at the memory every so often, from a thread of its own.
struct procfs_peak;
struct procfs_peak *procfs_peak_start(pid_t pid, int every_ms);
// The highest of each, also when it took no look but a last one.
void procfs_peak_stop(struct procfs_peak *peak, struct procfs_memory *out);
