// SPDX-License-Identifier: MIT

#include "janitor.h"

#include "callback_host.h"
#include "config.h"
#include "log.h"
#include "metrics.h"
#include "pump.h"
#include "services.h"
#include "vigil.h"

#include <stdlib.h>

enum {
    PAGE = 256,
    TRIMS = 2, // topics at a time
    HOLD_MS = 5 * 60 * 1000,
    PAUSE_MS = 1000,
};

struct trimming {
    struct store_trim trim;
    struct janitor *janitor;
};

struct janitor {
    struct services services;
    struct store_expire expire;
    struct vigil vigil; // for leases that are over
    bool draining;
    bool unchecked; // and it was told
    struct pump pump;
    void (*said_goodbye)(void *context);
    void *context;
};

static void log_ended(const struct store_subscriber *subscriber)
{
    char host[CALLBACK_HOST_MAX];
    callback_host(subscriber->callback.at, subscriber->callback.len, host);
    LOG(LOG_INFO, "subscription.ended", LOG_N("topic", subscriber->topic),
        LOG_N("id", subscriber->id), LOG_T("host", host),
        LOG_T("reason", "expired"));
}

static void expired(struct store_op *op)
{
    struct janitor *janitor = op->context;
    const struct store_expire *expire = &janitor->expire;
    int64_t now = loop_now().unix;

    if (op->status != STORE_OK) {
        vigil_failed(&janitor->vigil, now);
        if (!janitor->unchecked)
            LOG(LOG_WARN, "leases.unchecked",
                LOG_T("status", store_status_name(op->status)));
        janitor->unchecked = true;
        store_release(op);
        return;
    }
    janitor->unchecked = false;
    metric_add(janitor->services.metrics, METRIC_EXPIRED, expire->count);
    for (size_t i = 0; i < expire->count; i++)
        log_ended(&expire->items[i]);
    if (expire->goodbye && expire->count > 0)
        janitor->said_goodbye(janitor->context);
    vigil_saw(&janitor->vigil, now, expire->more ? now : expire->next_end);
    store_release(op);
}

static void ask_expire(struct janitor *janitor)
{
    janitor->expire = (struct store_expire){
        .op = { .verb = STORE_EXPIRE, .done = expired, .context = janitor },
        .max = PAGE,
        .goodbye = janitor->services.config->goodbye_on_expiry,
    };
    store_submit(janitor->services.store, &janitor->expire.op);
}

static void trimmed(struct store_op *op)
{
    struct trimming *trimming = op->context;
    const struct store_trim *trim = &trimming->trim;
    struct janitor *janitor = trimming->janitor;
    if (op->status == STORE_OK && (trim->removed > 0 || trim->topic_removed))
        LOG(LOG_INFO, trim->topic_removed ? "topic.removed" : "log.trimmed",
            LOG_N("topic", trim->topic), LOG_N("bodies", trim->removed));
    pump_ended(&janitor->pump);
    pump_due(&janitor->pump,
             op->status == STORE_OK ? 0 : loop_now().unix + PAUSE_MS);
    free(trimming);
}

static void take(void *self, const struct store_claimed *item,
                 struct moment now)
{
    struct janitor *janitor = self;
    const struct config *config = janitor->services.config;
    struct trimming *trimming = calloc(1, sizeof *trimming);
    (void)now;
    if (!trimming) {
        pump_ended(&janitor->pump);
        return;
    }
    trimming->janitor = janitor;
    trimming->trim = (struct store_trim){
        .op = { .verb = STORE_TRIM, .done = trimmed, .context = trimming },
        .topic = item->topic.id,
        .token = item->token,
        .keep_ms = config->retention,
        .keep_updates = (uint64_t)config->retention_updates,
        .keep_bytes = (uint64_t)config->retention_bytes,
    };
    store_submit(janitor->services.store, &trimming->trim.op);
}

struct janitor *janitor_new(const struct services *services,
                            void (*said_goodbye)(void *context), void *context)
{
    struct janitor *janitor = calloc(1, sizeof *janitor);
    if (!janitor)
        return NULL;
    janitor->services = *services;
    janitor->said_goodbye = said_goodbye;
    janitor->context = context;
    pump_init(&janitor->pump, services->store, STORE_DUE_TRIM, TRIMS, HOLD_MS);
    janitor->pump.take = take;
    janitor->pump.self = janitor;
    return janitor;
}

void janitor_free(struct janitor *janitor)
{
    free(janitor);
}

void janitor_lease(struct janitor *janitor, int64_t end)
{
    vigil_due(&janitor->vigil, end);
}

void janitor_grown(struct janitor *janitor)
{
    // The store trims within the hour, or at once if a topic has grown much.
    pump_due(&janitor->pump, loop_now().unix + PAUSE_MS);
}

bool janitor_step(void *self, struct moment now)
{
    struct janitor *janitor = self;
    pump_step(&janitor->pump, now);
    if (!janitor->draining && vigil_begins(&janitor->vigil, now.unix))
        ask_expire(janitor);
    return false;
}

int64_t janitor_patience(void *self, struct moment now)
{
    const struct janitor *janitor = self;
    int64_t patience = pump_patience(&janitor->pump, now);
    if (janitor->draining)
        return patience;
    int64_t left = vigil_patience(&janitor->vigil, now.unix);
    return left < patience ? left : patience;
}

void janitor_drain(struct janitor *janitor)
{
    janitor->draining = true;
    janitor->pump.closed = true;
}

bool janitor_idle(const struct janitor *janitor)
{
    return !janitor->vigil.looking && pump_idle(&janitor->pump);
}
