// SPDX-License-Identifier: MIT

#include "process.h"

#include <stdio.h>
#include <sys/resource.h>

static double seconds(const struct timeval *time)
{
    return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

void process_usage(struct process_usage *out)
{
    unsigned long long kib;
    char line[128];
    struct rusage usage;
    *out = (struct process_usage){ 0 };
    FILE *from = fopen("/proc/self/status", "re");
    while (from && fgets(line, sizeof line, from)) {
        if (sscanf(line, "RssAnon: %llu", &kib) == 1)
            out->rss_anon = kib * 1024;
        else if (sscanf(line, "RssFile: %llu", &kib) == 1)
            out->rss_file = kib * 1024;
    }
    if (from)
        fclose(from);
    if (getrusage(RUSAGE_SELF, &usage) == 0)
        out->cpu_seconds = seconds(&usage.ru_utime) + seconds(&usage.ru_stime);
}
