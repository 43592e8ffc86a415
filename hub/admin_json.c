// SPDX-License-Identifier: MIT

#include "admin_json.h"

#include "callback_host.h"
#include "content_name.h"
#include "fetcher/url.h"
#include "json_text.h"
#include "loop.h"
#include "metrics.h"
#include "poll_plan.h"
#include "request.h"
#include "services.h"
#include "signature.h"
#include "wording.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static json_t *integer(uint64_t value)
{
    return json_integer((json_int_t)value);
}

// Unix milliseconds; null: never.
static json_t *time_json(int64_t unix_ms)
{
    return unix_ms > 0 ? json_integer(unix_ms) : json_null();
}

static json_t *store_json(const struct store_numbers *n)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, "
        "s:o, s:o, s:o, s:o}",
        "topics", integer(n->topics), "subscriptions",
        integer(n->subscriptions), "requests", integer(n->requests), "lagging",
        integer(n->lagging), "waiting", integer(n->waiting), "lanes",
        integer(n->lanes), "paused", n->paused, "walks", integer(n->walks),
        "denials", integer(n->denials), "events", integer(n->events),
        "map_bytes", integer(n->map_bytes), "used_bytes",
        integer(n->used_bytes), "commits", integer(n->commits), "operations",
        integer(n->operations), "epoch", integer(n->epoch), "mailboxes",
        integer(n->mailboxes), "tokens", integer(n->tokens));
}

static json_t *classes_json(const uint64_t counts[EXCHANGE_CLASSES])
{
    return json_pack("{s:o, s:o, s:o, s:o}", "fetch",
                     integer(counts[EXCHANGE_FETCH]), "verify",
                     integer(counts[EXCHANGE_VERIFY]), "deliver",
                     integer(counts[EXCHANGE_DELIVER]), "retry",
                     integer(counts[EXCHANGE_RETRY]));
}

static json_t *network_json(const struct engine_numbers *n)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "started",
                     classes_json(n->started), "ended", classes_json(n->ended),
                     "in_flight", classes_json(n->in_flight), "queued",
                     classes_json(n->queued), "slow", integer(n->slow), "cut",
                     integer(n->cut), "connections", integer(n->connections),
                     "refused", integer(n->refused), "lookups",
                     integer(n->lookups));
}

static json_t *front_json(const struct admin_json_status *status)
{
    const struct front_numbers *n = &status->front;
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "accepted",
                     integer(n->accepted), "turned_away",
                     integer(n->turned_away), "handed", integer(n->handed),
                     "parked", integer(n->parked_now), "open",
                     integer(n->open_now), "held", integer(status->held));
}

static json_t *origins_json(const struct lanes_numbers *n)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "known", integer(n->lanes),
                     "open", integer(n->open), "probing", integer(n->probing),
                     "paused", integer(n->paused), "outstanding",
                     integer(n->outstanding));
}

json_t *admin_json_voices(const struct pullers_numbers *numbers)
{
    const uint64_t *of = numbers->of_voice;
    return json_pack("{s:o, s:o, s:o, s:o}", "poll",
                     integer(of[VOICE_JSON] + of[VOICE_BY_TOPIC]), "stream",
                     integer(of[VOICE_LINES]), "sse", integer(of[VOICE_EVENTS]),
                     "websocket", integer(of[VOICE_SOCKET]));
}

static json_t *pulls_json(const struct admin_json_status *status)
{
    const struct metrics *metrics = status->services->metrics;
    return json_pack("{s:o, s:o, s:o}", "held", integer(status->pullers.held),
                     "held_by_voice", admin_json_voices(&status->pullers),
                     "reads", integer(metrics->counts[METRIC_PULLS_READ]));
}

// In bytes; null where the system does not say.
static json_t *memory_json(void)
{
    unsigned long long anon = 0, file = 0, kib;
    char line[128];
    FILE *from = fopen("/proc/self/status", "re");
    while (from && fgets(line, sizeof line, from)) {
        if (sscanf(line, "RssAnon: %llu", &kib) == 1)
            anon = kib * 1024;
        else if (sscanf(line, "RssFile: %llu", &kib) == 1)
            file = kib * 1024;
    }
    if (from)
        fclose(from);
    return json_pack("{s:o, s:o}", "rss_anon", integer(anon), "rss_file",
                     integer(file));
}

static json_t *counters_json(const struct metrics *metrics)
{
    json_t *counters = json_object();
    for (int i = 0; i < METRIC_COUNT; i++)
        json_object_set_new(counters, metric_name((enum metric)i),
                            integer(metrics->counts[i]));
    return counters;
}

json_t *admin_json_status(const struct admin_json_status *status)
{
    const struct services *services = status->services;
    return json_pack(
        "{s:s, s:i, s:o, s:b, s:[s], s:s, s:b, s:o, s:o, s:o, s:o, "
        "s:o, s:{s:o, s:o}, s:o, s:{s:o}, s:o}",
        "version", WEBSUBD_VERSION, "pid", (int)getpid(), "uptime_ms",
        integer((uint64_t)status->uptime_ms), "ready", 1, "listen",
        status->listen, "public_url", services->hub_url, "halted",
        status->halted, "origins", origins_json(&status->origins), "store",
        store_json(status->store), "network", network_json(&status->engine),
        "front", front_json(status), "pulls", pulls_json(status), "loop",
        "slow_steps", integer(loop_slow_steps(services->loop)), "longest_us",
        integer(loop_longest_us(services->loop)), "memory", memory_json(),
        "limits", "descriptors", integer(status->descriptors), "counters",
        counters_json(services->metrics));
}

static json_t *hubs_json(struct bytes hubs)
{
    json_t *list = json_array();
    const char *at = hubs.at, *end = hubs.at + hubs.len;
    while (hubs.len > 0 && at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((stop ? stop : end) - at);
        json_array_append_new(list, json_text((struct bytes){ at, len }));
        at += len + 1;
    }
    return list;
}

// Why the next poll is when it is, and what it expects; null: no plan yet.
static json_t *poll_json(const struct store_topic *topic, int64_t now_unix)
{
    struct poll_plan plan;
    if (topic->plan.len == 0)
        return json_null();
    poll_plan_read(topic->plan, &plan);
    return json_pack("{s:s, s:f}", "why", poll_reason_name(plan.reason),
                     "updates_a_week", poll_plan_rate(&plan, now_unix));
}

json_t *admin_json_topic(const struct store_topic *t, int64_t now_unix)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, "
        "s:b, s:s, s:o}",
        "id", integer(t->id), "url", json_text(t->url), "self",
        json_text(t->self), "hubs", hubs_json(t->hubs), "head",
        integer(t->head), "baseline", integer(t->baseline), "subscriptions",
        integer(t->subscriptions), "dirty", t->dirty != t->fetched,
        "last_status",
        t->last_status != 0 ? json_integer(t->last_status) : json_null(),
        "last_fetch", time_json(t->last_fetch), "last_update",
        time_json(t->last_update), "fetch_due", time_json(t->fetch_due),
        "failures", integer(t->failures), "followed",
        t->subscriptions > 0 || t->pulled_until > now_unix, "content",
        content_name(t->content), "poll", poll_json(t, now_unix));
}

// Of its callback enough to tell it from others of its host, and the origin,
// as lists of origins have it. NULL: out of memory.
static json_t *names_json(struct bytes callback)
{
    struct url *url = malloc(sizeof *url);
    uint8_t key[32];
    json_t *names = NULL;
    if (url && !url_read(callback.at, callback.len, url)) {
        url_key(url, key);
        names = json_pack(
            "{s:o, s:s%}", "callback_hash",
            json_sprintf("%02x%02x%02x%02x", key[0], key[1], key[2], key[3]),
            "origin", url->normal, url->origin_len);
    }
    free(url);
    return names;
}

static const char *method_name(const struct store_profile *profile)
{
    const char *name =
        signature_method_name((enum signature_method)profile->method);
    return name ? name : "none";
}

static json_t *callback_json(const struct admin_json_subscriber *from)
{
    return from->whole ? json_text(from->subscriber->callback) : json_null();
}

static json_t *owed_json(const struct admin_json_subscriber *from)
{
    const struct store_subscriber *s = from->subscriber;
    if (!s->lagging)
        return json_null();
    return json_pack("{s:o, s:o}", "from", integer(s->next), "to",
                     from->head >= s->next ? integer(from->head) : json_null());
}

// The newest ones that came to nothing, newest first.
static json_t *last_json(const struct store_subscriber *s)
{
    json_t *list = json_array();
    char words[WORDING_MAX];
    for (size_t i = 0; s->lagging && i < s->last_count; i++) {
        const struct store_attempt *one = &s->last[i];
        json_array_append_new(list,
                              json_pack("{s:o, s:i, s:s, s:i}", "at",
                                        integer((uint64_t)one->at), "status",
                                        (int)one->status, "outcome",
                                        wording_status(one->status, words),
                                        "latency_ms", (int)one->took_ms));
    }
    return list;
}

static json_t *delivery_json(const struct admin_json_subscriber *from)
{
    const struct store_subscriber *s = from->subscriber;
    bool lags = s->lagging;
    bool failed = lags && s->last_status != 0;
    // Of one that waits it says when its origin was to be looked at, then.
    bool tried = lags && !s->paused && !s->waits;
    char words[WORDING_MAX];
    return json_pack("{s:b, s:b, s:o, s:o, s:i, s:o, s:o, s:o, s:s?, s:o}",
                     "paused", s->paused, "waits", lags && s->waits, "next",
                     lags ? integer(s->next) : json_null(), "owed",
                     owed_json(from), "attempts", lags ? (int)s->attempts : 0,
                     "failing_since", time_json(lags ? s->first_failure : 0),
                     "due", time_json(tried ? s->due : 0), "last_status",
                     failed ? json_integer(s->last_status) : json_null(),
                     "last_outcome",
                     failed ? wording_status(s->last_status, words) : NULL,
                     "last", last_json(s));
}

json_t *admin_json_subscriber(const struct admin_json_subscriber *from)
{
    const struct store_subscriber *s = from->subscriber;
    char host[CALLBACK_HOST_MAX];
    callback_host(s->callback.at, s->callback.len, host);
    int64_t left = s->lease_end - from->now;
    json_t *root = json_pack(
        "{s:o, s:o, s:o, s:s, s:o, s:s, s:i, s:o, s:o, s:o, s:b, s:s, s:s}",
        "id", integer(s->id), "topic_id", integer(s->topic), "topic",
        json_text(s->topic_url), "host", host, "callback", callback_json(from),
        "state", wording_state(s), "rev", (int)s->rev, "start",
        integer(s->start), "lease_end", integer((uint64_t)s->lease_end),
        "lease_left_ms", integer(left > 0 ? (uint64_t)left : 0), "signed",
        s->profile.secret.len > 0, "method", method_name(&s->profile),
        "content", content_name(s->profile.content));
    json_t *names = names_json(s->callback), *delivery = delivery_json(from);
    if (root && names)
        json_object_update(root, names);
    if (root && delivery)
        json_object_update(root, delivery);
    json_decref(names);
    json_decref(delivery);
    return root;
}

json_t *admin_json_request(const struct store_request *r, int64_t now)
{
    int64_t left = r->deadline - now;
    return json_pack(
        "{s:o, s:s, s:o, s:o, s:o, s:i, s:b, s:b}", "id", integer(r->id),
        "mode", r->mode == STORE_SUBSCRIBE ? "subscribe" : "unsubscribe",
        "accepted", integer((uint64_t)r->accepted), "deadline",
        integer((uint64_t)r->deadline), "left_ms",
        integer(left > 0 ? (uint64_t)left : 0), "tries", (int)r->tries,
        "renews", r->renews, "signed", r->profile.secret.len > 0);
}

static void say(void *list, const char *about, const char *sentence)
{
    json_array_append_new(
        list, json_pack("{s:s, s:s}", "about", about, "text", sentence));
}

struct explain_voice admin_json_voice(json_t *list)
{
    return (struct explain_voice){ .say = say, .context = list };
}

json_t *admin_json_census(const struct census *census)
{
    json_t *reasons = json_array();
    char words[WORDING_MAX];
    for (size_t i = 0; i < census->reason_count; i++) {
        const struct census_reason *reason = &census->reasons[i];
        json_array_append_new(
            reasons, json_pack("{s:i, s:s, s:o}", "status", (int)reason->status,
                               "outcome", wording_status(reason->status, words),
                               "count", integer(reason->count)));
    }
    uint64_t behind = census->lagging + census->stopped;
    return json_pack(
        "{s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "counted",
        integer(census->counted), "complete", census->complete, "up_to_date",
        integer(census->counted - behind), "lagging", integer(census->lagging),
        "stopped", integer(census->stopped), "suspended",
        integer(census->suspended), "waiting", integer(census->waiting),
        "paused", integer(census->paused), "reasons", reasons);
}

json_t *admin_json_next(uint64_t next)
{
    return next > 0 ? integer(next) : json_null();
}

void admin_json_say(struct request *request, unsigned status, json_t *root)
{
    char *body = root ? json_dumps(root, JSON_COMPACT) : NULL;
    static const char sorry[] = "{\"error\":\"out of memory\"}";
    struct reply reply = {
        .status = body ? status : 503,
        .content_type = "application/json",
        .body = body ? body : sorry,
        .body_len = body ? strlen(body) : sizeof sorry - 1,
    };
    request_reply(request, &reply);
    json_decref(root);
    free(body);
}
