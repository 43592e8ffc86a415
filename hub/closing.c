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
    GRACE_MS = 500,  // of silence, for who could say something at the very end
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
    closing->since = closing->heard = now.mono;
    notify_status(closing->notify, "closing connections");
    front_drain(closing->front);
    parts_close(closing->parts, doors_ms(closing) / 2);
}

// Nobody will say anything any more, or has had the time for it. What we have
// not read yet, however late we are, is not held against who said it.
static bool has_settled(struct closing *closing, struct moment now)
{
    // In this order: what front has handed over is there by then. To be asked
    // ends what is idle.
    enum settling front = front_settling(closing->front);
    enum settling http = http_settle(closing->http);
    if (front == SETTLING_OURS || http == SETTLING_OURS)
        closing->heard = now.mono;
    return (front == SETTLED && http == SETTLED)
           || now.mono - closing->heard >= GRACE_MS
           || now.mono - closing->since >= doors_ms(closing);
}

static bool all_idle(const struct closing *closing)
{
    struct front_numbers numbers;
    front_numbers(closing->front, &numbers);
    return numbers.asking_now == 0 && http_pending(closing->http) == 0
           && parts_idle(closing->parts)
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
    // First: who is heard meanwhile is somebody's work then.
    bool settled = has_settled(closing, now);
    closing->clean = all_idle(closing);
    if ((closing->clean && settled) || now.mono >= closing->end)
        loop_stop(closing->services->loop);
    return false;
}

int64_t closing_patience(void *self, struct moment now)
{
    const struct closing *closing = self;
    (void)now;
    return closing->phase == CLOSING_NOT ? LOOP_FOR_EVER : LOOK_MS;
}
