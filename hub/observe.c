// SPDX-License-Identifier: MIT

#include "observe.h"

#include "config.h"
#include "fetcher/noise.h"
#include "log.h"
#include "metrics.h"
#include "observe_inside.h"
#include "rules.h"
#include "timeline.h"

#include <stdlib.h>
#include <string.h>

enum { HOLD_MS = 15 * 60 * 1000 };

void observe_drop(struct observation *observation)
{
    struct observe *observe = observation->owner;
    const struct store_topic *topic = observation->topic;
    const char *led_to = observation->at_moved
                             ? topic->moved.at
                             : observation->exchange.final_url;
    pace_end(observe->pace, topic, observation->counts, led_to,
             observation->end, loop_now());
    if (observation->doubtful)
        places_leave(&observe->places, topic->url_normal.at);
    pump_ended(&observe->pump);
    observation_free(observation);
    observe_resume_given(observe);
}

static void released(struct store_op *op)
{
    // If even this failed, the claim runs out by itself.
    struct observation *observation = op->context;
    struct observe *observe = observation->owner;
    pump_due(&observe->pump, observation->release.due);
    observe_drop(observation);
}

void observe_give_back(struct observation *observation, int64_t due)
{
    struct observe *observe = observation->owner;
    observation->release = (struct store_release_claim){
        .op = { .verb = STORE_RELEASE,
                .done = released,
                .context = observation },
        .kind = STORE_DUE_FETCH,
        .id = observation->topic->id,
        .token = observation->token,
        .due = due,
    };
    store_submit(observe->services.store, &observation->release.op);
}

static bool finds_place(struct observation *observation)
{
    struct observe *observe = observation->owner;
    const struct store_topic *topic = observation->topic;
    if (topic->last_fetch > 0 && topic->failures == 0)
        return true;
    observation->doubtful = places_take(&observe->places, topic->url_normal.at,
                                        topic->failures > 0);
    return observation->doubtful;
}

// S7: whether its origin has to be spared. A pinged topic stays that.
static bool defer(struct observation *observation, struct moment now)
{
    struct observe *observe = observation->owner;
    const struct store_topic *topic = observation->topic;
    if (!finds_place(observation)) {
        observe_give_back(
            observation,
            now.unix + places_wait(&observe->places, now.mono, arc4random()));
        return true;
    }
    observation->echo = echoes_has(&observe->echoes, topic->id);
    enum pace_reason reason = observation->pinged ? PACE_PING
                              : observation->echo ? PACE_ECHO
                                                  : PACE_DUE;
    int64_t wait =
        pace_begin(observe->pace, topic, reason, now, &observation->counts);
    if (wait == 0) {
        observation->stranger =
            pace_is_stranger(topic, observation->counts, now.unix);
        return false;
    }
    metric_add(observe->services.metrics, METRIC_FETCHES_DELAYED, 1);
    // Not all of them at once.
    observe_give_back(observation,
                      now.unix + wait
                          + arc4random_uniform((uint32_t)wait / 4 + 1));
    return true;
}

bool observe_denies(const struct observe *observe, const char *url)
{
    return !rules_allow_topic(observe->services.rules, url, strlen(url));
}

void observe_ask(struct observation *observation, bool conditional)
{
    struct observe *observe = observation->owner;
    const struct config *config = observe->services.config;
    observation_ask(observation, conditional, (uint32_t)config->fetch_timeout,
                    (size_t)config->body_max);
    engine_submit(observe->services.engine, &observation->exchange);
}

static void take(void *self, const struct store_claimed *item,
                 struct moment now)
{
    struct observe *observe = self;
    struct observation *observation = observation_new(item);
    if (!observation) {
        // Out of memory: the claim runs out by itself.
        pump_ended(&observe->pump);
        return;
    }
    observation->owner = observe;
    // A ping makes it due; whatever puts it off later hides when that was.
    if (observation->pinged)
        timeline_pinged(observe->services.timeline, observation->topic->id,
                        observation->topic->fetch_due);
    observation->noise = noise_share(observe->noise);
    observation->entries_max =
        (size_t)observe->services.config->remember_entries;
    if (observe_denies(observe, observation->topic->url.at)) {
        observe_refuse(observation, now);
        return;
    }
    if (defer(observation, now))
        return;
    observation_set_out(observation, now.unix);
    if (observation->at_moved
        && observe_denies(observe, observation->topic->moved.at))
        observation->at_moved = false;
    observe_ask(observation, !observation_owes_baseline(observation, now.unix));
}

// What is under way goes on with what it began with. False: it is as it was.
static bool make_noise(struct observe *observe, const struct config *config)
{
    const char *problem = "";
    struct noise *noise = NULL;
    if (config->ignore.count > 0 || !config->ignore_default) {
        noise =
            noise_new((const char *const *)config->ignore.items,
                      config->ignore.count, config->ignore_default, &problem);
        if (!noise) {
            LOG(LOG_ERROR, "ignore.failed", LOG_T("why", problem));
            return false;
        }
    }
    noise_free(observe->noise);
    observe->noise = noise;
    return true;
}

struct observe *observe_new(const struct services *services,
                            const struct observe_listener *listener)
{
    const struct config *config = services->config;
    struct observe *observe = calloc(1, sizeof *observe);
    if (!observe)
        return NULL;
    observe->pace = pace_new(config->idle_pings, config->poll_min);
    if (!observe->pace || !make_noise(observe, config)) {
        observe_free(observe);
        return NULL;
    }
    observe->services = *services;
    observe->listener = *listener;
    observe->settlements.store = services->store;
    places_init(&observe->places, (size_t)config->fetches);
    pump_init(&observe->pump, services->store, STORE_DUE_FETCH,
              (size_t)config->fetches, HOLD_MS);
    observe->pump.take = take;
    observe->pump.self = observe;
    return observe;
}

void observe_free(struct observe *observe)
{
    if (!observe)
        return;
    pace_free(observe->pace);
    noise_free(observe->noise);
    free(observe);
}

void observe_retune(struct observe *observe)
{
    const struct config *config = observe->services.config;
    pace_set(observe->pace, config->idle_pings, config->poll_min);
    (void)make_noise(observe, config);
}

void observe_poke(struct observe *observe)
{
    pump_due(&observe->pump, 0);
}

bool observe_step(void *self, struct moment now)
{
    struct observe *observe = self;
    pump_step(&observe->pump, now);
    return false;
}

int64_t observe_patience(void *self, struct moment now)
{
    const struct observe *observe = self;
    return pump_patience(&observe->pump, now);
}

void observe_drain(struct observe *observe)
{
    observe->pump.closed = true;
}

bool observe_idle(const struct observe *observe)
{
    return pump_idle(&observe->pump) && !observe->given;
}
