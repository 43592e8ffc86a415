// SPDX-License-Identifier: MIT

#include "parallel.h"

#include <stddef.h>

enum {
    FAST_GRACE_MS = 5,
    SLOW_GRACE_MS = 100, // we may be late ourselves
    WHILE_MS = 60000,
    LATENCY_MAX_MS = 3600000,
};

void parallel_begin(struct parallel *parallel,
                    const struct parallel_bounds *bounds)
{
    *parallel =
        (struct parallel){ .limit = bounds->first > 0 ? bounds->first : 1,
                           .best_ms = { UINT32_MAX, UINT32_MAX } };
}

static void new_round(struct parallel *parallel, int64_t now_ms)
{
    parallel->round_ms = now_ms;
    parallel->count = 0;
    parallel->sum_ms = 0;
    parallel->wanted = false;
}

static uint32_t best(const struct parallel *parallel)
{
    return parallel->best_ms[0] < parallel->best_ms[1] ? parallel->best_ms[0]
                                                       : parallel->best_ms[1];
}

static void learn(struct parallel *parallel, uint32_t took_ms, int64_t now_ms)
{
    if (now_ms - parallel->while_ms >= WHILE_MS) {
        parallel->best_ms[1] = parallel->best_ms[0];
        parallel->best_ms[0] = UINT32_MAX;
        parallel->while_ms = now_ms;
    }
    if (took_ms < parallel->best_ms[0])
        parallel->best_ms[0] = took_ms;
    // Alone it does not wait for others of ours.
    if (parallel->limit == 1) {
        parallel->best_ms[0] = took_ms;
        parallel->best_ms[1] = took_ms;
    }
}

static void grow(struct parallel *parallel,
                 const struct parallel_bounds *bounds)
{
    unsigned most = bounds->most > bounds->first ? bounds->most : bounds->first;
    unsigned more = parallel->met ? 1 : parallel->limit;
    if (parallel->limit >= most)
        return;
    parallel->limit =
        most - parallel->limit > more ? parallel->limit + more : most;
}

static void shrink(struct parallel *parallel, uint64_t part, uint64_t whole)
{
    uint64_t limit = parallel->limit * part / whole;
    if (limit < parallel->limit / 2)
        limit = parallel->limit / 2;
    parallel->limit = limit > 0 ? (unsigned)limit : 1;
    parallel->met = true;
}

static void judge(struct parallel *parallel,
                  const struct parallel_bounds *bounds)
{
    uint64_t mean_ms = parallel->sum_ms / parallel->count;
    uint64_t best_ms = best(parallel);
    uint64_t slow_ms = 2 * best_ms + SLOW_GRACE_MS;
    if (mean_ms > slow_ms)
        shrink(parallel, slow_ms, mean_ms);
    else if (mean_ms <= best_ms + best_ms / 2 + FAST_GRACE_MS
             && parallel->wanted)
        grow(parallel, bounds);
}

void parallel_answered(struct parallel *parallel,
                       const struct parallel_bounds *bounds,
                       const struct parallel_request *request)
{
    int64_t took_ms = request->now_ms - request->sent_ms;
    if (took_ms < 0 || took_ms > LATENCY_MAX_MS)
        took_ms = LATENCY_MAX_MS;
    parallel->heard_ms = request->now_ms;
    learn(parallel, (uint32_t)took_ms, request->now_ms);
    if (request->sent_ms < parallel->round_ms)
        return;
    parallel->sum_ms += (uint64_t)took_ms;
    parallel->wanted = parallel->wanted || request->wanted;
    if (++parallel->count < parallel->limit)
        return;
    judge(parallel, bounds);
    new_round(parallel, request->now_ms);
}

void parallel_failed(struct parallel *parallel,
                     const struct parallel_request *request)
{
    parallel->heard_ms = request->now_ms;
    if (request->sent_ms < parallel->round_ms)
        return;
    shrink(parallel, 1, 2);
    // Others of the same moment say the same.
    new_round(parallel, request->now_ms + 1);
}

void parallel_keep(struct parallel_memory *memory, uint64_t key,
                   const struct parallel *parallel)
{
    size_t at = key % PARALLEL_KNOWN_MAX;
    memory->known[at].key = key;
    memory->known[at].parallel = *parallel;
}

bool parallel_recall(const struct parallel_memory *memory, uint64_t key,
                     int64_t now_ms, struct parallel *out)
{
    size_t at = key % PARALLEL_KNOWN_MAX;
    const struct parallel *known = &memory->known[at].parallel;
    if (memory->known[at].key != key || known->heard_ms == 0
        || now_ms - known->heard_ms > PARALLEL_KNOWN_MS)
        return false;
    *out = *known;
    return true;
}
