// SPDX-License-Identifier: MIT

#include "given.h"

#include "config.h"
#include "fetcher/noise.h"
#include "log.h"
#include "metrics.h"
#include "observe_inside.h"
#include "rules.h"

#include <stdlib.h>
#include <string.h>

enum {
    DAY_MS = 24 * 60 * 60 * 1000,
    TRIES_MAX = 4, // with another head each time
};

static void end(struct given *given, enum given_result result)
{
    struct given **at = &given->owner->given;
    while (*at != given)
        at = &(*at)->next;
    *at = given->next;
    if (given->observation)
        observation_free(given->observation);
    given->observation = NULL;
    given->result = result;
    given->done(given);
}

static void begin(struct given *given);

// The head moved meanwhile: what is new has to be found anew (M6).
static void begin_anew(struct given *given)
{
    observation_free(given->observation);
    given->observation = NULL;
    if (++given->tries < TRIES_MAX)
        begin(given);
    else
        end(given, GIVEN_LATER);
}

static void taken(struct given *given)
{
    struct observe *observe = given->owner;
    const struct store_publish *publish = &given->observation->publish;
    LOG(LOG_INFO, "update", LOG_N("topic", publish->topic),
        LOG_N("seq", publish->seq), LOG_N("number", publish->number),
        LOG_T("what", "given"), LOG_N("entries", publish->changed_count));
    metric_add(observe->services.metrics, METRIC_UPDATES, 1);
    given->seq = publish->seq;
    observe_tell(observe, given->observation);
    end(given, GIVEN_TAKEN);
}

static void settled(struct observation *observation, const struct store_op *op)
{
    struct given *given = observation->owner;
    struct observe *observe = given->owner;
    switch (op->status) {
    case STORE_OK:
    case STORE_DUPLICATE:
        taken(given);
        break;
    case STORE_CONFLICT:
        begin_anew(given);
        break;
    case STORE_NOT_FOUND:
        end(given, GIVEN_UNKNOWN);
        break;
    case STORE_FULL:
        metric_add(observe->services.metrics, METRIC_STORE_FULL, 1);
        end(given, GIVEN_FULL);
        break;
    default:
        end(given, GIVEN_LATER);
        break;
    }
    // Others may have waited for this one's pieces.
    observe_resume_given(observe);
}

static void judge(struct given *given, int64_t now)
{
    struct observation *observation = given->observation;
    struct settlements *settlements = &given->owner->settlements;
    const struct config *config = given->owner->services.config;
    if (observation_is_empty(observation)
        || observation_is_lapse(observation)) {
        end(given, GIVEN_REFUSED);
        return;
    }
    if (!observation_judge(observation, now)) {
        end(given, GIVEN_LATER);
        return;
    }
    // A publisher who tells of what is new has to be polled less.
    observation_plan(observation, now, config->poll_min, config->poll_max);
    // He says so, and signed it: nothing to doubt (M6).
    doubts_drop(&given->owner->doubts, observation->topic->id);
    given->waits = settlement_waits(settlements, observation);
    if (observation->publish.verdict == STORE_FETCH_UNCHANGED)
        end(given, GIVEN_TAKEN);
    else if (!given->waits)
        settlement_begin(settlements, observation, settled);
}

void observe_resume_given(struct observe *observe)
{
    struct given *given = observe->given, *next;
    for (; given; given = next) {
        next = given->next;
        if (!given->waits)
            continue;
        given->waits = false;
        observation_free(given->observation);
        given->observation = NULL;
        begin(given);
    }
}

static void read_work(void *context)
{
    struct given *given = context;
    (void)observation_read(given->observation);
}

static void read_done(void *context)
{
    struct given *given = context;
    if (given->observation->document_read)
        judge(given, loop_now().unix);
    else
        end(given, GIVEN_LATER);
}

static void remembered(struct store_op *op)
{
    struct given *given = op->context;
    bool there = op->status == STORE_OK || op->status == STORE_NOT_FOUND;
    given->observation->today = (uint32_t)(op->at / DAY_MS);
    if (!there
        || !loop_job(given->owner->services.loop, read_work, read_done, given))
        end(given, GIVEN_LATER);
}

static void remember(struct given *given)
{
    struct observation *observation = given->observation;
    observation->memory = (struct store_read_entries){
        .op = { .verb = STORE_READ_ENTRIES,
                .done = remembered,
                .context = given },
        .topic = observation->topic->id,
    };
    store_submit(given->owner->services.store, &observation->memory.op);
}

// As a fetch would have brought it. False: out of memory.
static bool fill_in(struct given *given, struct bytes type)
{
    struct exchange *x = &given->observation->exchange;
    x->result = EXCHANGE_ANSWERED;
    x->status = 200;
    x->url = given->observation->topic->url.at;
    x->response = malloc(given->document.len + 1);
    if (!x->response)
        return false;
    if (given->document.len > 0)
        memcpy(x->response, given->document.at, given->document.len);
    x->response[given->document.len] = '\0';
    x->response_len = given->document.len;
    if (type.len == 0)
        return true;
    x->fields = malloc(sizeof *x->fields + type.len + 1);
    if (!x->fields)
        return false;
    char *value = (char *)(x->fields + 1);
    memcpy(value, type.at, type.len);
    value[type.len] = '\0';
    x->fields[0] = (struct exchange_field){ "content-type", value };
    x->field_count = 1;
    return true;
}

static void go_on(struct given *given, struct bytes type)
{
    if (fill_in(given, type))
        remember(given);
    else
        end(given, GIVEN_LATER);
}

static void newest_known(struct store_op *op)
{
    struct given *given = op->context;
    struct bytes type = { "", 0 };
    if (op->status == STORE_OK && given->newest.event_count > 0)
        type = given->newest.items[0].content_type;
    go_on(given, type);
    store_release(op);
}

static void ask_for_type(struct given *given)
{
    const char *type = given->content_type;
    if (type) {
        go_on(given, (struct bytes){ type, strlen(type) });
        return;
    }
    given->position = (struct store_position){
        .topic = given->topic,
        .since = STORE_SINCE_LAST,
        .value = 1,
    };
    given->newest = (struct store_events){
        .op = { .verb = STORE_EVENTS, .done = newest_known, .context = given },
        .positions = &given->position,
        .count = 1,
        .limit = 1,
    };
    store_submit(given->owner->services.store, &given->newest.op);
}

static struct observation *observation_of(struct given *given,
                                          const struct store_topic *topic)
{
    const struct store_claimed item = { .token = 0, .topic = *topic };
    struct observe *observe = given->owner;
    struct observation *observation = observation_new(&item);
    if (!observation)
        return NULL;
    observation->owner = given;
    observation->pinged = true;
    observation->pinged_at = given->began;
    observation->noise = noise_share(observe->noise);
    observation->entries_max =
        (size_t)observe->services.config->remember_entries;
    return observation;
}

static void found(struct store_op *op)
{
    struct given *given = op->context;
    const struct store_topic *topic = &given->topics.items[0];
    enum given_result result = GIVEN_LATER;
    if (op->status == STORE_OK) {
        // What is denied is not passed on, wherever it comes from (R19).
        bool followed = topic->id > 0 && topic->unfollowed_at == 0
                        && rules_allow_topic(given->owner->services.rules,
                                             topic->url.at, topic->url.len);
        given->topic = topic->id;
        given->observation = followed ? observation_of(given, topic) : NULL;
        result = followed ? GIVEN_LATER : GIVEN_UNKNOWN;
    }
    store_release(op);
    if (given->observation)
        ask_for_type(given);
    else
        end(given, result);
}

static void begin(struct given *given)
{
    given->topics = (struct store_topics){
        .op = { .verb = STORE_TOPICS, .done = found, .context = given },
        .keys = &given->key,
        .count = 1,
    };
    store_submit(given->owner->services.store, &given->topics.op);
}

void observe_given(struct observe *observe, struct given *given)
{
    given->owner = observe;
    given->began = loop_now().unix;
    given->next = observe->given;
    observe->given = given;
    begin(given);
}
