// SPDX-License-Identifier: MIT

#include "wording.h"

#include "fetcher/engine.h"
#include "reason.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };
#define DAY (24 * (int64_t)HOUR)

static const char *result_phrase(int64_t result)
{
    static const char *const phrases[] = {
        [EXCHANGE_ANSWERED] = "it answered",
        [EXCHANGE_CUT] = "the answer broke off",
        [EXCHANGE_TOO_LARGE] = "the answer was too large",
        [EXCHANGE_BAD_URL] = "its URL cannot be called",
        [EXCHANGE_REFUSED] = "its address may not be called",
        [EXCHANGE_NO_NAME] = "its name did not resolve",
        [EXCHANGE_NO_CONNECT] = "no connection could be made",
        [EXCHANGE_BAD_TLS] = "TLS or its certificate failed",
        [EXCHANGE_TIMEOUT] = "it took too long",
        [EXCHANGE_REDIRECTS] = "it redirected too often",
        [EXCHANGE_BROKEN] = "the answer was no HTTP",
        [EXCHANGE_BUSY] = "not tried: too much was waiting",
        [EXCHANGE_CANCELLED] = "not tried yet: it has to wait",
        [EXCHANGE_LIMITED] = "not tried: too many requests for it",
    };
    const int64_t count = sizeof phrases / sizeof *phrases;
    const char *phrase = result > 0 && result < count ? phrases[result] : NULL;
    return phrase ? phrase : "it failed";
}

const char *wording_status(int32_t status, char out[WORDING_MAX])
{
    const char *phrase = status > 0 ? reason_phrase((unsigned)status) : NULL;
    if (status == 0)
        snprintf(out, WORDING_MAX, "nothing yet");
    else if (status < 0)
        snprintf(out, WORDING_MAX, "%s", result_phrase(-(int64_t)status));
    else if (phrase)
        snprintf(out, WORDING_MAX, "HTTP %d (%s)", (int)status, phrase);
    else
        snprintf(out, WORDING_MAX, "HTTP %d", (int)status);
    return out;
}

// False: never, or beyond what calendars hold.
static bool read_time(int64_t unix_ms, struct tm *out)
{
    time_t seconds = (time_t)(unix_ms / SECOND);
    return unix_ms > 0 && gmtime_r(&seconds, out);
}

const char *wording_time(int64_t unix_ms, char out[WORDING_MAX])
{
    struct tm utc;
    if (!read_time(unix_ms, &utc)
        || strftime(out, WORDING_MAX, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        out[0] = '\0';
    return out;
}

const char *wording_span(int64_t ms, char out[WORDING_MAX])
{
    static const struct {
        int64_t ms;
        const char *name;
    } units[] = {
        { DAY, "day" },
        { HOUR, "hour" },
        { MINUTE, "minute" },
        { SECOND, "second" },
    };
    size_t unit = 0;
    // "100 minutes" says more than "1 hour".
    while (unit + 1 < sizeof units / sizeof *units && ms < 2 * units[unit].ms)
        unit++;
    int64_t count = (ms + units[unit].ms / 2) / units[unit].ms;
    snprintf(out, WORDING_MAX, "%lld %s%s", (long long)count, units[unit].name,
             count == 1 ? "" : "s");
    return out;
}

const char *wording_when(int64_t unix_ms, int64_t now, char out[WORDING_MAX])
{
    char date[WORDING_MAX], span[WORDING_MAX];
    struct tm utc;
    bool past = unix_ms <= now;
    if (!read_time(unix_ms, &utc)
        || strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S UTC", &utc) == 0) {
        snprintf(out, WORDING_MAX, "never");
        return out;
    }
    int64_t apart = past ? now - unix_ms : unix_ms - now;
    if (apart < SECOND)
        snprintf(out, WORDING_MAX, "%.30s (now)", date);
    else
        snprintf(out, WORDING_MAX, "%.30s (%s%.30s%s)", date, past ? "" : "in ",
                 wording_span(apart, span), past ? " ago" : "");
    return out;
}

const char *wording_state(const struct store_subscriber *subscriber)
{
    if (subscriber->suspended)
        return "suspended";
    if (subscriber->paused)
        return "paused";
    if (!subscriber->lagging)
        return "active";
    if (subscriber->waits)
        return "waiting";
    return subscriber->due == 0 ? "stopped" : "lagging";
}
