// SPDX-License-Identifier: MIT

#include "traffic.h"

enum {
    MEASURE_MS = 50,
    EARLY_MS = 2,        // the first measurement counts from here on,
    EARLY = 16,          // if so many have come back
    BUSY = 8,            // with fewer outstanding the rate is no measure of it
    IDLE_MS = 10 * 1000, // then what was measured is forgotten
    RAMP_END = 64,
};

static uint32_t rate_of(uint32_t count, int64_t ms)
{
    return (uint32_t)((int64_t)count * 1000 / (ms > 0 ? ms : 1));
}

// 0: not known.
static uint32_t rate_now(const struct traffic *traffic, int64_t now)
{
    int64_t ms = now - traffic->measured_at;
    if (traffic->rate > 0 || traffic->back < EARLY || ms < EARLY_MS)
        return traffic->rate;
    return rate_of(traffic->back, ms);
}

uint32_t traffic_room(const struct traffic *traffic, uint32_t first,
                      int64_t now)
{
    uint32_t limit = first;
    uint32_t rate = rate_now(traffic, now);
    bool silent = now - traffic->back_at >= TRAFFIC_STUCK_MS;
    if (silent && traffic->outstanding >= TRAFFIC_STUCK)
        return 0;
    // Of one where many hang not much is expected until it shows more.
    if (traffic->slow >= TRAFFIC_STUCK)
        limit = TRAFFIC_FLOOR;
    if (rate > 0)
        limit = (uint32_t)((uint64_t)rate * TRAFFIC_WAIT_MS / 1000);
    if (limit < TRAFFIC_FLOOR)
        limit = TRAFFIC_FLOOR;
    if (silent && traffic->slow >= TRAFFIC_STUCK)
        limit = 1; // it shows whether only those hang
    if (traffic->ramp > 0 && traffic->ramp < limit)
        limit = traffic->ramp;
    return limit > traffic->outstanding ? limit - traffic->outstanding : 0;
}

void traffic_began(struct traffic *traffic, int64_t now)
{
    if (traffic->outstanding == 0) {
        if (now - traffic->back_at > IDLE_MS)
            traffic->rate = 0;
        traffic->measured_at = now;
        traffic->back_at = now;
        traffic->back = 0;
        traffic->least = UINT32_MAX;
    }
    traffic->outstanding++;
}

void traffic_slow(struct traffic *traffic)
{
    if (traffic->outstanding == 0)
        return;
    traffic->outstanding--;
    traffic->slow++;
}

static void measure(struct traffic *traffic, int64_t now)
{
    int64_t ms = now - traffic->measured_at;
    if (ms < MEASURE_MS)
        return;
    uint32_t rate = rate_of(traffic->back, ms);
    // What was not busy all the time could have done more.
    if (rate > traffic->rate && (traffic->rate > 0 || traffic->least >= BUSY))
        traffic->rate = rate;
    else if (traffic->least >= BUSY)
        traffic->rate = (traffic->rate + rate) / 2;
    traffic->measured_at = now;
    traffic->back = 0;
    traffic->least = UINT32_MAX;
}

void traffic_ended(struct traffic *traffic, bool slow, bool tried, int64_t now)
{
    uint32_t *count = slow ? &traffic->slow : &traffic->outstanding;
    if (*count > 0)
        --*count;
    if (slow || !tried)
        return;
    if (traffic->outstanding < traffic->least)
        traffic->least = traffic->outstanding;
    traffic->back++;
    traffic->back_at = now;
    measure(traffic, now);
}

void traffic_restart(struct traffic *traffic)
{
    traffic->ramp = 1;
    traffic->rate = 0;
}

void traffic_grow(struct traffic *traffic)
{
    if (traffic->ramp == 0)
        return;
    traffic->ramp++;
    if (traffic->ramp > RAMP_END)
        traffic->ramp = 0;
}
