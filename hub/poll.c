// SPDX-License-Identifier: MIT

#include "poll.h"

#include "backoff.h"

#include <assert.h>
#include <stddef.h>

enum {
    FIRST_MS = 30 * 1000,
    LONGEST_MS = 60 * 60 * 1000,
    PINGED_FOR_MS = 48 * 60 * 60 * 1000,
};

// Once in so long, and not all at once.
static int64_t rarely(int64_t max, uint32_t chance)
{
    return max - max / 5 * (chance % 1001) / 1000;
}

int64_t poll_after_failure(uint32_t failures, int64_t failed_for, bool pinged,
                           int64_t poll_min, int64_t poll_max, uint32_t chance)
{
    if (pinged && failed_for < PINGED_FOR_MS)
        return backoff_delay(FIRST_MS, LONGEST_MS, failures, chance);
    int64_t longest = rarely(poll_max, chance);
    if (pinged)
        return longest;
    int64_t first = poll_min > FIRST_MS ? poll_min : FIRST_MS;
    int64_t delay = backoff_delay(2 * first, poll_max, failures, chance);
    return delay < longest ? delay : longest;
}

int64_t poll_as_wanted(int64_t poll_every, int64_t now_unix, int64_t learnt,
                       uint32_t chance)
{
    if (poll_every == 0)
        return learnt;
    if (poll_every < 0)
        return 0;
    return now_unix + poll_every - poll_every / 20 * (chance % 1001) / 1000;
}

int64_t poll_after_silence(unsigned echo)
{
    // 15 s and 90 s after the ping.
    static const int64_t delays[POLL_ECHOES] = { 15 * 1000, 75 * 1000 };
    assert(echo < POLL_ECHOES);
    return delays[echo];
}

bool poll_modified_is_weak(const char *last_modified, int64_t date_ms)
{
    int64_t modified = last_modified ? backoff_http_date(last_modified) : -1;
    return modified < 0 || date_ms <= 0 || date_ms / 1000 - modified < 2;
}
