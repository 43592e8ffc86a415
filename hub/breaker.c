// SPDX-License-Identifier: MIT

#include "breaker.h"

#include "backoff.h"

enum breaker_sign breaker_sign(unsigned status, bool tried)
{
    if (!tried)
        return BREAKER_NOTHING;
    if (status == 0 || status == 429 || (status >= 502 && status <= 504))
        return BREAKER_DEAD;
    return BREAKER_ALIVE;
}

bool breaker_allows(const struct breaker *breaker, int64_t now)
{
    switch (breaker->state) {
    case BREAKER_CLOSED:
        return true;
    case BREAKER_OPEN:
        return breaker->next <= now;
    case BREAKER_HALF_OPEN:
        return false;
    }
    return false;
}

bool breaker_allows_fresh(const struct breaker *breaker,
                          const struct breaker_pace *pace, int64_t now)
{
    return breaker_allows(breaker, now)
           || (breaker->state == BREAKER_OPEN
               && now - breaker->probed_at >= pace->first);
}

void breaker_hurry_fresh(struct breaker *breaker,
                         const struct breaker_pace *pace)
{
    int64_t at = breaker->probed_at + pace->first;
    if (breaker->state == BREAKER_OPEN && at < breaker->next)
        breaker->next = at;
}

bool breaker_began(struct breaker *breaker)
{
    if (breaker->state != BREAKER_OPEN)
        return false;
    breaker->state = BREAKER_HALF_OPEN;
    return true;
}

static void trip(struct breaker *breaker, const struct breaker_event *event,
                 const struct breaker_pace *pace, uint32_t chance, int64_t now)
{
    int64_t most = pace->max;
    if (event->present && most > BREAKER_PRESENT_MAX_MS)
        most = BREAKER_PRESENT_MAX_MS;
    int64_t delay = backoff_delay(pace->first, most, breaker->step, chance);
    if (event->asked > delay)
        delay = event->asked;
    if (delay > most)
        delay = most; // however it was spread
    breaker->state = BREAKER_OPEN;
    breaker->probed_at = now;
    breaker->next = now + delay;
}

static void count(struct breaker *breaker, const struct breaker_event *event)
{
    if (breaker->failures == 0)
        breaker->first = event->subscription;
    else if (breaker->first != event->subscription)
        breaker->several = true;
    if (breaker->failures < UINT32_MAX)
        breaker->failures++;
}

static void fail(struct breaker *breaker, const struct breaker_event *event,
                 const struct breaker_pace *pace, uint32_t chance, int64_t now)
{
    switch (breaker->state) {
    case BREAKER_CLOSED:
        if (event->since < breaker->alive_at)
            return; // others were answered meanwhile
        count(breaker, event);
        if (breaker->failures < BREAKER_FAILURES || !breaker->several)
            return;
        breaker->step = 0;
        trip(breaker, event, pace, chance, now);
        return;
    case BREAKER_OPEN:
        return; // begun before it opened
    case BREAKER_HALF_OPEN:
        if (!event->probe)
            return;
        count(breaker, event);
        if (breaker->step < UINT32_MAX)
            breaker->step++;
        trip(breaker, event, pace, chance, now);
        return;
    }
}

void breaker_learn(struct breaker *breaker, const struct breaker_event *event,
                   const struct breaker_pace *pace, uint32_t chance,
                   int64_t now)
{
    switch (event->sign) {
    case BREAKER_NOTHING:
        if (event->probe && breaker->state == BREAKER_HALF_OPEN) {
            breaker->state = BREAKER_OPEN;
            breaker->next = now + BREAKER_UNTRIED_MS;
        }
        return;
    case BREAKER_ALIVE:
        *breaker = (struct breaker){ .alive_at = now };
        return;
    case BREAKER_DEAD:
        fail(breaker, event, pace, chance, now);
        return;
    }
}

void breaker_restore(struct breaker *breaker, uint32_t failures, uint32_t step,
                     int64_t next, int64_t now)
{
    *breaker = (struct breaker){
        .state = BREAKER_OPEN,
        .several = true,
        .failures = failures,
        .step = step,
        .next = next,
        .probed_at = now,
    };
}
