// SPDX-License-Identifier: MIT

#include "admin_json.h"

#include "callback_host.h"
#include "content_name.h"
#include "fetcher/url.h"
#include "json_text.h"
#include "poll_plan.h"
#include "request.h"
#include "signature.h"
#include "wording.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *integer(uint64_t value)
{
    return json_integer((json_int_t)value);
}

// Unix milliseconds; null: never.
static json_t *time_json(int64_t unix_ms)
{
    return unix_ms > 0 ? json_integer(unix_ms) : json_null();
}

json_t *admin_json_voices(const struct pullers_numbers *numbers)
{
    const uint64_t *of = numbers->of_voice;
    return json_pack("{s:o, s:o, s:o, s:o}", "poll",
                     integer(of[VOICE_JSON] + of[VOICE_BY_TOPIC]), "stream",
                     integer(of[VOICE_LINES]), "sse", integer(of[VOICE_EVENTS]),
                     "websocket", integer(of[VOICE_SOCKET]));
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
        "s:b, s:s, s:o, s:b, s:I, s:o, s:o}",
        "id", integer(t->id), "url", json_text(t->url), "self",
        json_text(t->self), "hubs", hubs_json(t->hubs), "head",
        integer(t->head), "baseline", integer(t->baseline), "subscriptions",
        integer(t->subscriptions), "dirty", t->dirty != t->fetched,
        "last_status",
        t->last_status != 0 ? json_integer(t->last_status) : json_null(),
        "last_fetch", time_json(t->last_fetch), "last_update",
        time_json(t->last_update), "fetch_due", time_json(t->fetch_due),
        "failures", integer(t->failures), "followed",
        t->subscriptions > 0 || t->listeners > 0 || t->kept
            || t->pulled_until > now_unix,
        "content", content_name(t->content), "poll", poll_json(t, now_unix),
        "kept", t->kept, "poll_every_ms", (json_int_t)t->poll_every,
        "listeners", integer(t->listeners), "failing_since",
        time_json(t->failing_since));
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
        .headers = { "Cache-Control: no-store",
                     "X-Content-Type-Options: nosniff" },
        .header_count = 2,
    };
    request_reply(request, &reply);
    json_decref(root);
    free(body);
}
