// SPDX-License-Identifier: MIT

#include "poll_wording.h"

#include "config.h"
#include "poll_plan.h"
#include "wording.h"

#include <stdio.h>

enum { WEEKS_A_YEAR = 52, RATE_MAX = 64 };

// "about 12 updates a week are": a sentence's beginning.
static void say_rate(double a_week, char out[RATE_MAX])
{
    if (a_week >= 1.5)
        snprintf(out, RATE_MAX, "about %.0f updates a week are", a_week);
    else if (a_week >= 0.75)
        snprintf(out, RATE_MAX, "about one update a week is");
    else if (a_week * WEEKS_A_YEAR >= 1.5)
        snprintf(out, RATE_MAX, "about %.0f updates a year are",
                 a_week * WEEKS_A_YEAR);
    else
        snprintf(out, RATE_MAX, "hardly any update is");
}

static const char *because(enum poll_reason reason)
{
    switch (reason) {
    case POLL_UNKNOWN:
        return "is a guess, since no update has been seen yet";
    case POLL_LEARNT:
        return "is when a poll is worth it";
    case POLL_SHORTEST:
        return "is as soon as poll-min allows";
    case POLL_LONGEST:
        return "is as late as poll-max allows";
    case POLL_FRESH:
        return "is when its server no longer calls it fresh (Cache-Control or "
               "Expires)";
    case POLL_TTL:
        return "is as soon as it wants to be looked at (ttl or "
               "sy:updatePeriod)";
    case POLL_SKIPPED:
        return "is when it no longer wants to be left alone (skipHours or "
               "skipDays)";
    case POLL_PINGS:
        return "is a safety net, since pings have come in time";
    case POLL_REASONS:
        break;
    }
    return "is unknown";
}

const char *poll_wording(const struct store_topic *topic,
                         const struct config *config, int64_t now_unix,
                         char out[POLL_WORDING_MAX])
{
    struct poll_plan plan;
    char rate[RATE_MAX], shortest[WORDING_MAX], longest[WORDING_MAX];
    poll_plan_read(topic->plan, &plan);
    out[0] = '\0';
    if (topic->poll_every < 0)
        snprintf(out, POLL_WORDING_MAX,
                 "An operator has said that it is never polled: it is fetched "
                 "when it is pinged.");
    else if (topic->poll_every > 0)
        snprintf(out, POLL_WORDING_MAX,
                 "An operator has said that it is polled every %s.",
                 wording_span(topic->poll_every, shortest));
    if (topic->poll_every != 0)
        return out;
    if (plan.looks == 0)
        return out;
    say_rate(poll_plan_rate(&plan, now_unix), rate);
    snprintf(out, POLL_WORDING_MAX,
             "That %s; between polls are %s to %s, and %s expected.",
             because(plan.reason), wording_span(config->poll_min, shortest),
             wording_span(config->poll_max, longest), rate);
    return out;
}
