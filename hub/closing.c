// SPDX-License-Identifier: MIT

#include "closing.h"

#include "config.h"
#include "front.h"
#include "http.h"
#include "log.h"
#include "notify.h"
#include "parts.h"
#include "services.h"
#include "storage/store.h"

enum {
    LOOK_MS = 10,
    GRACE_MS = 500,  // for requests on their way at the very end
    DOORS_MS = 3000, // what closing has of all patience, or half of it
};

static int64_t doors_ms(const struct closing *closing)
{
    int64_t drain = closing->services->config->drain;
    return drain / 2 < DOORS_MS ? drain / 2 : DOORS_MS;
}

void closing_begin(struct closing *closing, struct moment now)
{
    int64_t drain = closing->services->config->drain;
    LOG(LOG_INFO, "stopping", LOG_N("patience_ms", drain));
    notify_stopping(closing->notify, "finishing what is under way");
    closing->phase = CLOSING_FINISHING;
    closing->since = now.mono;
    closing->end = now.mono + drain;
    parts_drain(closing->parts);
    front_soften(closing->front);
    http_soften(closing->http);
    loop_wake(closing->services->loop);
}

// Connections on which there could be another request, but for held ones.
static bool somebody_stays(const struct closing *closing)
{
    struct front_numbers numbers;
    front_numbers(closing->front, &numbers);
    return numbers.open_now > numbers.parked_now
           || http_connections(closing->http) > 0;
}

static void finish(struct closing *closing, struct moment now)
{
    // Who keeps his connection shall come with a request whose answer says
    // that it is the last.
    bool done =
        parts_rested(closing->parts)
        && (now.mono - closing->since >= closing->services->config->drain_idle
            || !somebody_stays(closing));
    if (!done && now.mono < closing->end - doors_ms(closing))
        return;
    closing->phase = CLOSING_DOORS;
    closing->since = now.mono;
    notify_status(closing->notify, "closing connections");
    front_drain(closing->front);
    parts_close(closing->parts, doors_ms(closing) / 2);
}

static bool all_idle(const struct closing *closing)
{
    return parts_idle(closing->parts)
           && http_pending(closing->http) == 0
           // A reply may be out before its operation has come back.
           && store_under_way(closing->services->store) == 0;
}

bool closing_step(void *self, struct moment now)
{
    struct closing *closing = self;
    if (closing->phase == CLOSING_FINISHING)
        finish(closing, now);
    if (closing->phase != CLOSING_DOORS)
        return false;
    // Both are asked: to be asked ends what is idle.
    bool settled = http_settle(closing->http);
    settled = front_settled(closing->front) && settled;
    closing->clean = all_idle(closing);
    if ((closing->clean && (settled || now.mono - closing->since >= GRACE_MS))
        || now.mono >= closing->end)
        loop_stop(closing->services->loop);
    return false;
}

int64_t closing_patience(void *self, struct moment now)
{
    const struct closing *closing = self;
    (void)now;
    return closing->phase == CLOSING_NOT ? LOOP_FOR_EVER : LOOK_MS;
}
