// SPDX-License-Identifier: MIT

#include "pull_parts.h"

#include <stdio.h>

enum { KINDS = 3, SETTLE_MS = 1000, USUAL_WAIT_S = 25 };

struct idle {
    double cpu_us;  // of a connection and minute
    double answers; // of the same: waits that were over, heartbeats
};

// Nothing new comes: waits end and are asked again, streams have heartbeats.
static bool watch(struct pull_bench *bench, enum herd_kind what,
                  struct idle *out, const char **problem)
{
    struct holder holder;
    size_t count = (size_t)bench->clients;
    struct holder_options options = pull_holder(bench, what, 1, count);
    options.wait_s = USUAL_WAIT_S;
    if (!holder_websubd(&holder, &options, problem))
        return false;
    struct herd *herd = holder_gather(&holder, count, problem);
    if (herd == NULL) {
        holder_close(&holder);
        return false;
    }
    herd_serve(herd, SETTLE_MS);
    herd_expect(herd, "nothing that comes");
    double cpu = holder.kind->cpu_us(&holder);
    herd_serve(herd, (int)bench->seconds * 1000);
    cpu = holder.kind->cpu_us(&holder) - cpu;
    double minutes = (double)bench->seconds / 60 * (double)count;
    *out =
        (struct idle){ .cpu_us = cpu / minutes,
                       .answers = (double)herd_other_answers(herd) / minutes };
    bool good = *herd_trouble(herd) == '\0';
    if (!good)
        fprintf(stderr, "%s\n", herd_trouble(herd));
    *problem = "somebody was not held all the time";
    herd_close(herd);
    holder_close(&holder);
    return good;
}

bool pull_idle(struct pull_bench *bench, const char **problem)
{
    static const enum herd_kind kinds[KINDS] = { HERD_POLL, HERD_EVENTS,
                                                 HERD_SOCKET };
    struct idle idle[KINDS] = { 0 };
    printf("%-10s %8s %12s %12s   of each and minute, %ld s\n", "idle",
           "clients", "CPU us", "answers", bench->seconds);
    for (size_t i = 0; i < KINDS; i++) {
        if (!pull_wants(bench, kinds[i]))
            continue;
        if (!watch(bench, kinds[i], &idle[i], problem))
            return false;
        printf("%-10s %8ld %12.1f %12.1f\n", pull_kind_name(kinds[i]),
               bench->clients, idle[i].cpu_us, idle[i].answers);
        fflush(stdout);
    }
    printf("bench=pull part=idle clients=%ld poll_cpu_us=%.1f sse_cpu_us=%.1f "
           "socket_cpu_us=%.1f\n",
           bench->clients, idle[0].cpu_us, idle[1].cpu_us, idle[2].cpu_us);
    return true;
}
