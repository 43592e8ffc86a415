// SPDX-License-Identifier: MIT

#include "pull_parts.h"

#include "figures.h"

#include <stdio.h>

enum { DEAD = 1000, KINDS = 3, GONE_MS = 30000, LIMIT_MS = 2000 };

// Half of them with a reset, the others with a FIN, all at once.
static bool bury(struct pull_bench *bench, struct holder *holder, double *out,
                 const char **problem)
{
    size_t count = (size_t)bench->clients;
    size_t dead = count > DEAD ? DEAD : count / 2;
    struct herd *herd = holder_gather(holder, count, problem);
    if (herd == NULL)
        return false;
    *problem = "streams are not counted as held";
    bool good = holder_wait_held(holder, count, GONE_MS);
    int64_t began = figures_ns();
    herd_leave(herd, dead);
    if (good) {
        *problem = "the dead are still held";
        good = holder_wait_held(holder, count - dead, GONE_MS);
    }
    *out = (double)(figures_ns() - began) / 1e6;
    herd_close(herd);
    return good;
}

static bool measure(struct pull_bench *bench, enum herd_kind what,
                    double *websubd, double *nchan, const char **problem)
{
    struct holder holder;
    struct holder_options options =
        pull_holder(bench, what, 1, (size_t)bench->clients);
    if (!holder_websubd(&holder, &options, problem))
        return false;
    bool good = bury(bench, &holder, websubd, problem);
    holder_close(&holder);
    if (!good || !bench->nchan)
        return good;
    if (!holder_nchan(&holder, &options, problem))
        return false;
    good = bury(bench, &holder, nchan, problem);
    holder_close(&holder);
    return good;
}

bool pull_dead(struct pull_bench *bench, const char **problem)
{
    static const enum herd_kind kinds[KINDS] = { HERD_POLL, HERD_EVENTS,
                                                 HERD_SOCKET };
    double websubd[KINDS] = { 0 }, nchan[KINDS] = { 0 };
    bool reached = true;
    printf("%-10s %10s %10s   ms until none of %d dead is held\n", "dead",
           "websubd", "nchan", DEAD);
    for (size_t i = 0; i < KINDS; i++) {
        if (!pull_wants(bench, kinds[i]))
            continue;
        if (!measure(bench, kinds[i], &websubd[i], &nchan[i], problem))
            return false;
        printf("%-10s %10.0f %10.0f\n", pull_kind_name(kinds[i]), websubd[i],
               nchan[i]);
        fflush(stdout);
        reached = reached && websubd[i] <= LIMIT_MS;
    }
    printf("bench=pull part=dead clients=%ld poll_ms=%.0f sse_ms=%.0f "
           "socket_ms=%.0f nchan_poll_ms=%.0f nchan_sse_ms=%.0f "
           "nchan_socket_ms=%.0f reached=%d\n",
           bench->clients, websubd[0], websubd[1], websubd[2], nchan[0],
           nchan[1], nchan[2], reached);
    return true;
}
