// SPDX-License-Identifier: MIT

#include "census.h"

#include "storage/store.h"

static void rank(struct census *census, size_t at)
{
    for (; at > 0; at--) {
        struct census_reason *better = &census->reasons[at - 1];
        struct census_reason *now = &census->reasons[at];
        if (better->count >= now->count)
            return;
        struct census_reason kept = *better;
        *better = *now;
        *now = kept;
    }
}

static void count_reason(struct census *census, int32_t status)
{
    size_t at = 0;
    while (at < census->reason_count && census->reasons[at].status != status)
        at++;
    if (at == CENSUS_REASONS_MAX)
        return; // a rare one
    if (at == census->reason_count)
        census->reasons[census->reason_count++] =
            (struct census_reason){ .status = status };
    census->reasons[at].count++;
    rank(census, at);
}

void census_count(struct census *census,
                  const struct store_subscriber *subscriber)
{
    const struct store_subscriber *s = subscriber;
    census->counted++;
    census->suspended += s->suspended;
    census->paused += s->paused;
    if (!s->lagging)
        return;
    bool stopped = s->due == 0 && !s->waits && !s->paused;
    census->stopped += stopped;
    census->lagging += !stopped;
    census->waiting += s->waits && !s->paused;
    // Who was paused or had to wait before anything was tried has no reason.
    if (s->last_status != 0 || !(s->waits || s->paused))
        count_reason(census, s->last_status);
}
