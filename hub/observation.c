// SPDX-License-Identifier: MIT

#include "observation.h"

#include "fetcher/noise.h"
#include "poll.h"
#include "poll_plan.h"
#include "topic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    DAY_MS = 24 * 60 * 60 * 1000,
    BASELINE_MS = 15 * 60 * 1000, // M12
    ENTRIES_MAX = 10000,          // remembered of one topic
    REDIRECTS_MAX = 5,            // R80
    IM_USED = 226,                // RFC 3229 10.4.1
};

struct observation *observation_new(const struct store_claimed *item)
{
    struct observation *observation = calloc(1, sizeof *observation);
    if (!observation)
        return NULL;
    observation->topic = topic_copy(&item->topic);
    if (!observation->topic) {
        free(observation);
        return NULL;
    }
    observation->token = item->token;
    observation->pinged = item->topic.dirty != item->topic.fetched;
    observation->entries_max = ENTRIES_MAX;
    return observation;
}

void observation_free(struct observation *observation)
{
    observation_forget(observation);
    store_release(&observation->memory.op);
    noise_free(observation->noise);
    free(observation->known);
    free(observation->hubs);
    free(observation->entries);
    free(observation->topic);
    free(observation);
}

void observation_forget(struct observation *observation)
{
    exchange_clear(&observation->exchange);
    if (observation->document_read)
        document_clear(&observation->document);
    observation->document_read = false;
    free(observation->first_entry);
    observation->first_entry = NULL;
}

uint8_t observation_day(int64_t now_unix)
{
    return (uint8_t)(1 + now_unix / DAY_MS % UINT8_MAX);
}

void observation_set_out(struct observation *observation, int64_t now_unix)
{
    const struct store_topic *topic = observation->topic;
    struct poll_plan plan;
    if (observation->pinged || observation->echo || topic->moved.len == 0)
        return;
    poll_plan_read(topic->plan, &plan);
    observation->at_moved = plan.moved_day == observation_day(now_unix);
}

// Nobody said that there is something new, and nobody waits for it.
static bool is_poll(const struct observation *observation)
{
    return !observation->pinged && !observation->echo && !observation->whole
           && observation->topic->last_fetch > 0;
}

// A list of what is new alone is made from a tag (RFC 3229 10.5.3), and only a
// poll, which hardly ever finds something, gains by it: whatever is new has to
// be fetched whole.
static void ask_for_differences(struct observation *observation)
{
    struct exchange *x = &observation->exchange;
    if (!is_poll(observation))
        return;
    observation->differences = true;
    x->headers[x->header_count++] = "A-IM: feed";
}

static void ask_conditionally(struct observation *observation)
{
    const struct store_topic *topic = observation->topic;
    char *line = observation->if_none_match;
    size_t max = sizeof observation->if_none_match;

    if (topic->etag.len > 0)
        snprintf(line, max, "If-None-Match: %s", topic->etag.at);
    else if (topic->modified.len > 0
             && !poll_modified_is_weak(topic->modified.at,
                                       topic->modified_seen))
        snprintf(line, max, "If-Modified-Since: %s", topic->modified.at);
    else
        return;
    observation->conditional = true;
    struct exchange *x = &observation->exchange;
    x->headers[x->header_count++] = line;
    if (topic->etag.len > 0)
        ask_for_differences(observation);
}

void observation_ask(struct observation *observation, bool conditional,
                     uint32_t timeout_ms, size_t body_max)
{
    const struct store_topic *topic = observation->topic;
    observation->exchange = (struct exchange){
        .class = EXCHANGE_FETCH,
        .url = observation->at_moved ? topic->moved.at : topic->url.at,
        // R86a: a cache on the way may not have heard of the update yet. Nor
        // may it answer a poll: after a ping that went past it, what it has is
        // older than what we have.
        .headers = { "Cache-Control: no-cache", "Pragma: no-cache" },
        .header_count = 2,
        .redirects_max = REDIRECTS_MAX,
        .decode = true,
        .body_max = body_max,
        .timeout_ms = timeout_ms,
        .connect_timeout_ms = timeout_ms / 2,
        .subscribers = topic->subscriptions,
        .stranger = observation->stranger,
        .owner = observation,
    };
    observation->conditional = false;
    observation->differences = false;
    observation->partial = false;
    if (conditional)
        ask_conditionally(observation);
}

const char *observation_url(const struct observation *observation)
{
    const struct exchange *x = &observation->exchange;
    return x->final_url ? x->final_url : x->url;
}

bool observation_owes_baseline(const struct observation *observation,
                               int64_t now_unix)
{
    const struct store_topic *topic = observation->topic;
    return observation->pinged && topic->baseline_owed
           && topic->head == topic->baseline
           && now_unix - topic->baseline_at < BASELINE_MS;
}

bool observation_misled(const struct observation *observation)
{
    const struct store_topic *topic = observation->topic;
    const char *url = observation_url(observation);
    const char *known = topic->moved.len > 0 ? topic->moved.at : topic->url.at;
    return strcmp(url, known) != 0;
}

const char *observation_field(const struct observation *observation,
                              const char *name)
{
    const struct exchange_field *field =
        exchange_field(&observation->exchange, name, NULL);
    return field && strlen(field->value) <= STORE_HEADER_MAX ? field->value
                                                             : NULL;
}

// Only what was asked for is understood; and who answers so although he was
// not asked (`whole`) has nothing better.
static bool is_difference(const struct observation *observation)
{
    const char *im = observation_field(observation, "im");
    return observation->exchange.status == IM_USED && im
           && strcasecmp(im, "feed") == 0
           && (observation->differences || observation->whole);
}

bool observation_answered(struct observation *observation)
{
    const struct exchange *x = &observation->exchange;
    if (x->result != EXCHANGE_ANSWERED)
        return false;
    observation->partial = is_difference(observation);
    return x->status == 200 || observation->partial;
}
